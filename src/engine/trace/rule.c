/* rule.c - see rule.h. */
#include "engine/trace/rule.h"

#include <stdlib.h>
#include <string.h>

#include "engine/trace/stay.h"
#include "base/ban.h"

static const char *const class_words[TRACE_CLASS_N] = {
	[TRACE_CLOSE] = "close",
	[TRACE_SECONDARY] = "secondary",
	[TRACE_GENERAL] = "general",
	[TRACE_COMPANION] = "companion",
};

const char *trace_class_word(enum trace_class c)
{
	assert((unsigned)c < TRACE_CLASS_N);
	return class_words[c];
}

void trace_rules_window(int64_t min_s, int64_t lag_s, struct trace_rules *ret)
{
	static const uint64_t every[1] = { 1 };
	static const struct trace_rule window = { .id = "window",
						  .klass = TRACE_CLOSE,
						  .min_s = -1 };

	*ret = (struct trace_rules){ .lag_s = lag_s,
				     .min_s = min_s,
				     .n = 1,
				     .rule = &window,
				     .n_kinds = 1,
				     .kind_rules = every };
}

uint64_t rule_mask(const struct trace_ask *ask, uint32_t place)
{
	const struct trace_world *w = ask->world;
	size_t kind = w && place < w->n_places ? w->place_kind[place] : 0;

	return kind < ask->rules->n_kinds ? ask->rules->kind_rules[kind] : 0;
}

int64_t rule_min(const struct trace_rules *r, int rule)
{
	int64_t min = r->rule[rule].min_s < 0 ? r->min_s : r->rule[rule].min_s;

	return max_i64(min, 1);
}

int64_t rule_least(const struct trace_rules *r, uint64_t mask)
{
	int64_t least = INT64_MAX;

	for (; mask; mask &= mask - 1)
		least = min_i64(least, rule_min(r, __builtin_ctzll(mask)));
	return least;
}

static const struct trace_seat nobody = { .row = -1 };

static const struct trace_seat *seat_of(const struct trace_ask *ask, uint32_t seat)
{
	return ask->world && seat < ask->world->n_seats ? &ask->world->seat[seat] : &nobody;
}

static int32_t seat_group(int32_t row, int32_t unit)
{
	return row > 0 ? (row - 1) / unit : 0;
}

static bool seats_fit(const struct trace_rule *r, const struct trace_seat *a,
		      const struct trace_seat *b)
{
	if (!r->seat_unit)
		return true;
	if (a->row < 0 || b->row < 0)
		return r->seat_unknown;
	return abs(seat_group(a->row, r->seat_unit) - seat_group(b->row, r->seat_unit)) <=
	       r->seat_within;
}

static bool role_fits(const struct trace_rule *r, const struct trace_seat *contact)
{
	return !r->roles || contact->roles & r->roles;
}

int rule_plain(const struct trace_ask *ask, uint64_t mask, bool *ret_certain)
{
	*ret_certain = true;
	for (; mask; mask &= mask - 1) {
		int i = __builtin_ctzll(mask);
		const struct trace_rule *r = &ask->rules->rule[i];
		const struct trace_seat *none = seat_of(ask, 0);
		if (!seats_fit(r, none, none) || !role_fits(r, none))
			continue;
		*ret_certain = r->stay_s == 0;
		return *ret_certain ? i : RULE_NONE;
	}
	return RULE_NONE;
}

/* Whether somebody was in the place for `stay_s` in all, during the span before `to`. */
static enum err stayed(const struct trace_view *v, const struct trace_rule *r, uint32_t person,
		       uint32_t place, int64_t to, bool *ret)
{
	int64_t total;
	enum err e = stay_total(v, person, place, to - r->stay_within_s, to, &total);

	*ret = !e && total >= r->stay_s;
	return e;
}

enum err rule_pick(const struct trace_view *v, const struct trace_ask *ask, uint64_t mask,
		   const struct rule_case *c, int *ret)
{
	const struct trace_seat *a = seat_of(ask, c->via_seat), *b = seat_of(ask, c->contact_seat);
	enum err e;

	*ret = RULE_NONE;
	for (; mask; mask &= mask - 1) {
		int i = __builtin_ctzll(mask);
		const struct trace_rule *r = &ask->rules->rule[i];
		bool long_enough = true;
		if (!seats_fit(r, a, b) || !role_fits(r, b))
			continue;
		if (r->stay_s) {
			if ((e = stayed(v, r, c->via, c->place, c->to, &long_enough)))
				return e;
			if (!long_enough &&
			    (e = stayed(v, r, c->contact, c->place, c->to, &long_enough)))
				return e;
		}
		if (long_enough) {
			*ret = i;
			return OK;
		}
	}
	return OK;
}
