/*
 * call.h - what a handler is given, and what it says back.
 *
 * A call is one request that the dispatcher has let through: matched, known, allowed, inside its
 * limits, and for `run` inside a transaction. The handler asks for areas (call_reach, call_scope),
 * records (call_act, call_saw) and answers (call_json). Nothing of it leaves before the commit.
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
#include "access/who.h"
#include "base/json.h"
#include "base/memory.h"

struct db;
struct ledger_entry;
struct ledger_receipt;
struct tx;

struct call {
	struct http_request *rq;
	struct http_reply *rs; /* the body by call_json */
	const struct http_match *match;
	const struct route *route;
	const struct who *who;
	struct arena *a;
	struct utc_s now;
	struct db *db; /* for `before`, `after`, and bodies made while they are sent; else NULL */
	void *house;   /* what the one who set up the dispatcher gave it */
	void *parsed;  /* what `before` left for `run` */
	const struct ledger_receipt *receipt; /* of the last call_act until it is told */
	struct call_state *state;             /* the dispatcher's */
};

/* ---- what was asked ---- */
int64_t call_id(const struct call *c, const char *name); /* of a {name} in the path */
struct str call_text(const struct call *c, const char *name);
bool call_has(const struct call *c, const char *name);     /* for what serves several paths */
bool call_may(const struct call *c, enum capability also); /* besides what the row asks for */
/*
 * A word behind the question mark that is yes or no: true, 1, false or 0; not there is no. What is
 * only to be tried must not be done by a slip of the pen: any other is ERR_RANGE.
 */
MUST_CHECK enum err call_flag(const struct call *c, const char *name, bool *ret, struct fault *f);

/* ---- areas ---- */
/* OK if the caller's areas cover this one, else ERR_FORBIDDEN, which is recorded. */
MUST_CHECK enum err call_reach(struct call *c, struct area_code area, struct fault *f);
/* The same for what is also read from below: the area may lie on the way up from theirs. */
MUST_CHECK enum err call_reach_up(struct call *c, struct area_code area, struct fault *f);
/* The caller's areas, for a list to stay inside. */
const struct scope *call_scope(struct call *c);
/* What of them lies in `asked`; ERR_FORBIDDEN, recorded, if nothing does. */
MUST_CHECK enum err call_scope_in(struct call *c, struct area_code asked, struct scope *ret,
				  struct fault *f);
/* There is no such thing: what every handler returns for an id that leads nowhere. */
MUST_CHECK enum err call_absent(struct fault *f);

/* ---- the ledger ---- */
/*
 * Append what is being done. Actor, session, purpose, time and kind are filled in here, and the
 * county made one; the entry says the area, object, action, version and hashes.
 */
MUST_CHECK enum err call_act(struct call *c, struct tx *tx, struct ledger_entry *entry,
			     struct fault *f);
/*
 * Note what is being shown: area, object and number; the dispatcher appends it before the answer
 * leaves, filled in as above. A list is noted once, by the object it is a list of. Texts must live
 * as long as the call.
 */
MUST_CHECK enum err call_saw(struct call *c, const struct ledger_entry *entry, struct fault *f);

/* ---- the answer ---- */
struct json *call_json(struct call *c);                /* writes the body; the same one each time */
void call_id_json(struct call *c, int64_t id);         /* ids are text, as browsers count to 2^53 */
void call_time_json(struct call *c, struct utc_s t);   /* RFC 3339, with the offset of the house */
void call_receipt_json(struct call *c);                /* "receipt": it is the header's, too */
MUST_CHECK enum err call_receipt_only(struct call *c); /* {receipt}, for acts without an item */
void call_status(struct call *c, int status);
MUST_CHECK enum err call_etag(struct call *c, struct str tag);
MUST_CHECK enum err call_location(struct call *c, struct str url);
/*
 * Answer with an error and commit all the same: a failed log-in is recorded, and is one. In
 * `before` it ends the call.
 */
void call_refuse(struct call *c, enum err e, const struct fault *f);
/* The cookie of a session; age 0 takes it away. */
MUST_CHECK enum err call_cookie(struct call *c, struct str value, int64_t age_s);
/* In `before`: the reply is complete, nothing is left to run. */
void call_done(struct call *c);

#endif
