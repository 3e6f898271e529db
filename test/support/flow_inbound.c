/* flow_inbound.c - see flow_inbound.h: the receiving end, as a table. */
#include "support/flow_inbound.h"

#include "engine/flow/table.h"

static const struct {
	uint8_t from, on, to, then;
} table[] = {
	{ FLOW_IN_NONE, FLOW_IN_ON_PUSH, FLOW_IN_RECEIVED, FLOW_IN_DO_NOTICE },
	{ FLOW_IN_RECEIVED, FLOW_IN_ON_TAKE, FLOW_IN_TAKEN, FLOW_IN_DO_ANSWER },
	{ FLOW_IN_RECEIVED, FLOW_IN_ON_DENY, FLOW_IN_DENIED, FLOW_IN_DO_ANSWER },
	/* Decided. A word of the end may overtake the push itself. */
	{ FLOW_IN_TAKEN, FLOW_IN_ON_GRANTED, FLOW_IN_OURS, FLOW_IN_DO_NOTHING },
	{ FLOW_IN_NONE, FLOW_IN_ON_ENDED, FLOW_IN_OVER, FLOW_IN_DO_NOTHING },
	{ FLOW_IN_RECEIVED, FLOW_IN_ON_ENDED, FLOW_IN_OVER, FLOW_IN_DO_NOTHING },
	{ FLOW_IN_TAKEN, FLOW_IN_ON_ENDED, FLOW_IN_OVER, FLOW_IN_DO_DROP },
	{ FLOW_IN_DENIED, FLOW_IN_ON_ENDED, FLOW_IN_OVER, FLOW_IN_DO_NOTHING },
};

bool flow_inbound_asks(const struct flow_inbound *in)
{
	return in->phase != FLOW_IN_NONE && in->phase != FLOW_IN_OURS && in->phase != FLOW_IN_OVER;
}

static bool is_message(enum flow_inbound_on on)
{
	return on == FLOW_IN_ON_PUSH || on == FLOW_IN_ON_GRANTED || on == FLOW_IN_ON_ENDED;
}

enum err flow_inbound_step(struct flow_inbound *in, enum flow_inbound_on on, uint32_t offer,
			   struct flow_inbound_effects *ret)
{
	struct flow_inbound next = *in;
	unsigned drop = FLOW_IN_DO_NOTHING;

	*ret = (struct flow_inbound_effects){ 0 };
	if (is_message(on) && offer > in->offer && in->phase != FLOW_IN_OURS) {
		/* The sender speaks of a later offer, so all before it are over. */
		drop = in->phase == FLOW_IN_TAKEN ? FLOW_IN_DO_DROP : FLOW_IN_DO_NOTHING;
		next = (struct flow_inbound){ FLOW_IN_NONE, offer };
	}
	if (offer != next.offer) {
		ret->again = is_message(on);
		ret->why = ret->again ? NULL : &flow_needs[FLOW_NEEDS_OFFERED].why;
		return ret->again ? OK : ret->why->err;
	}
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (table[i].from != next.phase || table[i].on != on)
			continue;
		next.phase = table[i].to;
		*in = next;
		ret->then = drop | table[i].then;
		return OK;
	}
	ret->again = is_message(on);
	ret->why = ret->again ? NULL : &flow_why_phase;
	return ret->again ? OK : ret->why->err;
}

enum flow_push flow_push_stands(const struct flow_task *t, uint32_t offer)
{
	if (offer != t->n_offers)
		return FLOW_WITHDRAWN;
	return t->push == FLOW_WAITING || t->push == FLOW_TAKEN ? (enum flow_push)t->push
								: FLOW_WITHDRAWN;
}
