/*
 * call.h - what a handler is given, and what it says back.
 *
 * A call is one request that the dispatcher has let through: matched, known, allowed, inside its
 * limits, and for `run` inside a transaction. The handler asks for areas (call_reach, call_scope),
 * records (call_act, call_saw) and answers (call_json). Headers are kept until the commit.
 *
 *     static enum err well_close(struct call *c, struct tx *tx, struct fault *f)
 *     {
 *         struct well w;
 *         enum err e;
 *         if ((e = well_load(tx, call_id(c, "id"), &w, f)))      return e;
 *         if ((e = call_reach(c, w.area, f)))                     return e;
 *         ...
 *         if ((e = call_act(c, tx, &entry, f)))                   return e;
 *         well_tell(call_json(c), &w);
 *         return OK;
 *     }
 *
 * Life:     until the reply is sent. On PostgreSQL `run` may be run again: the dispatcher then
 *           empties the reply and forgets what was recorded.
 * Memory:   everything of the call is in its arena.
 * Threads:  one at a time.
 * Errors:   a handler's error becomes the reply: err_http(e) and the fault. ERR_ABSENT and
 *           ERR_FORBIDDEN give one and the same bytes, whatever the fault says.
 */
#ifndef ACCESS_CALL_H
#define ACCESS_CALL_H
#include "access/role.h"
#include "access/route.h"
#include "access/scope.h"
#include "base/json.h"
#include "base/memory.h"

struct db;
struct ledger_entry;
struct ledger_receipt;
struct tx;

enum who_kind {
	WHO_NOBODY,
	WHO_PERSON, /* an account, by its session */
	WHO_KEY     /* an agency's program, by its API key */
};
enum language { LANGUAGE_ZH, LANGUAGE_EN };

struct who {
	enum who_kind kind;
	int64_t account; /* the actor in the ledger; 0: nobody */
	int64_t session; /* or the number of the API key */
	struct area_code
		home; /* where the account is kept; what is stored of it lies in its county */
	struct str login, name; /* official data: never into a log */
	uint32_t roles;         /* 0 for an API key */
	uint64_t capabilities;
	struct scope scope;
	enum language language;
	bool password_due; /* may do what CAP_SESSION allows, and nothing else */
	bool totp;         /* has a second factor */
};

struct call {
	struct http_request *rq;
	struct http_reply *rs; /* by call_json; its headers only by the functions below */
	const struct http_match *match;
	const struct route *route;
	const struct who *who;
	struct arena *a;
	struct utc_s now;
	struct db *db; /* for `before` and for bodies made while they are sent; NULL in `run` */
	void *house;   /* what the one who set up the dispatcher gave it */
	void *parsed;  /* what `before` left for `run` */
	const struct ledger_receipt *receipt; /* of the last call_act; NULL before */
	struct call_state *state;             /* the dispatcher's */
};

/* ---- what was asked ---- */
int64_t call_id(const struct call *c, const char *name); /* of a {name} in the path */
struct str call_text(const struct call *c, const char *name);
bool call_may(const struct call *c, enum capability need);

/* ---- areas ---- */
/* OK if the caller's areas cover this one, else ERR_FORBIDDEN, which is recorded. */
MUST_CHECK enum err call_reach(struct call *c, struct area_code area, struct fault *f);
/* The caller's areas, for a list to stay inside. */
const struct scope *call_scope(struct call *c);
/* What of them lies in `asked`; ERR_FORBIDDEN, recorded, if nothing does. */
MUST_CHECK enum err call_scope_in(struct call *c, struct area_code asked, struct scope *ret,
				  struct fault *f);
/* There is no such thing: what every handler returns for an id that leads nowhere. */
MUST_CHECK enum err call_absent(struct fault *f);

/* ---- the ledger ---- */
/*
 * Append what is being done. Actor, session, purpose, time and kind are filled in here; the entry
 * says county, object, action and hashes. Fills c->receipt.
 */
MUST_CHECK enum err call_act(struct call *c, struct tx *tx, struct ledger_entry *entry,
			     struct fault *f);
/*
 * Note what is being shown; the dispatcher appends it before the answer leaves. A list is noted
 * once, with the object it is a list of.
 */
MUST_CHECK enum err call_saw(struct call *c, const struct ledger_entry *entry, struct fault *f);

/* ---- the answer ---- */
struct json *call_json(struct call *c); /* writes the body; the same one each time */
void call_receipt_json(struct call *c); /* the key "receipt" with what call_act got */
void call_status(struct call *c, int status);
MUST_CHECK enum err call_etag(struct call *c, struct str tag);
MUST_CHECK enum err call_location(struct call *c, struct str url);
/*
 * Answer with an error and commit all the same: a failed log-in is recorded, and is one. In
 * `before` it ends the call.
 */
void call_refuse(struct call *c, enum err e, const struct fault *f);
/* In `before`: the reply is complete, nothing is left to run. */
void call_done(struct call *c);

#endif
