/*
 * inside.h - what the dispatcher knows of a call and a handler does not. For src/access alone.
 */
#ifndef ACCESS_INSIDE_H
#define ACCESS_INSIDE_H
#include "access/bearer.h"
#include "access/call.h"
#include "access/dispatch.h"
#include "access/idempotency.h"
#include "base/json_read.h"
#include "http/path.h"
#include "ledger/ledger.h"

struct dispatch {
	struct dispatch_options o;
};

enum { CALL_SAW_MAX = 4 };

/* Made anew each time `run` is run. */
struct call_answer {
	struct json json;
	enum err refused; /* answer with this, and commit */
	struct fault refusal;
	bool done;               /* `before` has answered */
	bool reached;            /* areas were asked about */
	struct area_code area;   /* the one that was asked about last, if one by one */
	bool acted;              /* the ledger has it */
	struct ledger_entry act; /* as call_act appended it last, looks left out; kind 0: none */
	struct ledger_receipt receipt;
	bool told; /* it stands in the body: what is acted besides keeps its own to itself */
	struct ledger_entry saw[CALL_SAW_MAX];
	size_t n_saw;
};

struct call_state {
	struct dispatch *d;
	struct call call;
	struct http_match match;
	struct who who;
	struct bearer bearer;
	bool claimed;  /* there is a bearer that may be true */
	bool admitted; /* who_may was said in a transaction */
	bool touch_due;
	struct call_answer answer;
	bool keyed; /* it carries an Idempotency-Key */
	struct idempotency idempotency;
};

/* Who asks, and may they: ERR_LOGIN, ERR_PASSWORD, ERR_ROLE. */
MUST_CHECK enum err admit(struct tx *tx, struct call_state *s, struct fault *f);
/* Pure: may somebody do what a row says? */
MUST_CHECK enum err admit_may(const struct who *w, const struct route *r,
			      const struct policy_choice *p, struct fault *f);
/* What the request carries that may say who it is from. */
void admit_claim(struct call_state *s);

/* Forget what was answered and recorded. */
void call_reset(struct call_state *s);
/* After a handler said OK: did it do what its row owes? ERR_BUG if not. */
MUST_CHECK enum err call_owes(const struct call_state *s, struct fault *f);
/* "areas" of a body: a list of codes inside the caller's own. */
MUST_CHECK enum err account_http_areas(struct call *c, const struct json_node *map,
				       struct scope *ret, struct fault *f);

/* The commonplace parts of an entry: who, why, when. */
void call_sign(const struct call *c, struct ledger_entry *e);

#endif
