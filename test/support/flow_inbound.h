/*
 * flow_inbound.h - a push from another house, as the receiving house sees it: a model. The product
 * pushes to nobody outside it; what a task needs for that (flow.h: `away`) is held against this.
 *
 * Two houses cannot change one row together, so the sender's row decides: a push is taken when the
 * *sender's* task says so (flow.h, OFFER and TAKE), and until then it is the sender's. The receiver
 * answers and waits to be told how the answer was decided, asking again as long as it takes. Any
 * message may be lost, doubled, or come in another order.
 *
 *     sender's house                    receiver's house
 *     OFFER n        ------ push ----->  RECEIVED
 *                    <----- answer ----  TAKEN or DENIED, a person's; work may begin
 *     TAKE or REFUSE
 *     of offer n     ------ decided -->  OURS or OVER
 *
 * A push that is withdrawn is decided too. Whoever asks about an offer that was decided is told so
 * again (flow_push_stands), so both ends come to the same word once a question and its answer get
 * through. Between the sender's decision and that moment the receiver owns what it does not yet
 * know to be its own, and works on it: it said yes. Nobody can do better over such a road.
 *
 * Life:     zeros, with the sender's task and house beside it; a later offer of the same task
 *           takes the place of an earlier one.
 * Errors:   as flow_step(). Messages that say nothing new are `again` and change nothing.
 */
#ifndef TEST_SUPPORT_FLOW_INBOUND_H
#define TEST_SUPPORT_FLOW_INBOUND_H
#include "engine/flow/flow.h"

enum flow_inbound_phase {
	FLOW_IN_NONE,
	FLOW_IN_RECEIVED, /* waits for a person of ours */
	FLOW_IN_TAKEN,    /* we said yes, and do not know yet whether it counted */
	FLOW_IN_DENIED,   /* we said no */
	FLOW_IN_OURS,     /* decided: the task is ours */
	FLOW_IN_OVER,     /* decided: it is not */
	FLOW_IN_PHASE_N
};

enum flow_inbound_on {
	FLOW_IN_ON_PUSH,    /* message: you are offered it */
	FLOW_IN_ON_TAKE,    /* a person of ours says yes */
	FLOW_IN_ON_DENY,    /* or no */
	FLOW_IN_ON_GRANTED, /* message: decided, yours */
	FLOW_IN_ON_ENDED,   /* message: decided, not yours */
	FLOW_IN_ON_N
};

struct flow_inbound {
	uint8_t phase;
	uint32_t offer; /* the sender's number of it */
};

/* What the caller does then, joined. */
enum flow_inbound_do {
	FLOW_IN_DO_NOTHING = 0,
	FLOW_IN_DO_NOTICE = 1, /* tell our party that it is offered something */
	FLOW_IN_DO_ANSWER = 2, /* send the answer that stands; after TAKE, raise our own task */
	FLOW_IN_DO_DROP = 4    /* cancel the task that we raised: it is not ours */
};

struct flow_inbound_effects {
	bool again;
	unsigned then;              /* enum flow_inbound_do */
	const struct flow_why *why; /* on errors */
};

MUST_CHECK enum err flow_inbound_step(struct flow_inbound *in, enum flow_inbound_on on,
				      uint32_t offer, struct flow_inbound_effects *ret);
/*
 * Do we not know how it was decided? Then the answer that stands (yes, no, none yet) is sent from
 * time to time; the sender tells how it was decided, if it was.
 */
bool flow_inbound_asks(const struct flow_inbound *in);
/* How the push numbered `offer` stands for whoever asks again: WAITING, TAKEN, else WITHDRAWN. */
enum flow_push flow_push_stands(const struct flow_task *t, uint32_t offer);
#endif
