/* bind.c - a profile as the engine wants it: rules with numbers, and a mask per kind of place. */
#include <stdio.h>
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static enum err check(const struct profile_overrides *o, struct fault *f)
{
	if (o->lag_min < PROFILE_UNSET || o->lag_min > PROFILE_OVERRIDE_MIN_MAX ||
	    o->min_overlap_min < PROFILE_UNSET || o->min_overlap_min > PROFILE_OVERRIDE_MIN_MAX)
		return fault_set(f, ERR_RANGE, "分钟数应在 0 到 %d 之间",
				 "minutes must lie between 0 and %d",
				 (int)PROFILE_OVERRIDE_MIN_MAX);
	if (o->pre_days < PROFILE_UNSET || o->pre_days > PROFILE_OVERRIDE_DAYS_MAX)
		return fault_set(f, ERR_RANGE, "天数应在 0 到 %d 之间",
				 "days must lie between 0 and %d", (int)PROFILE_OVERRIDE_DAYS_MAX);
	return OK;
}

static void put_override(char *text, const char *name, int32_t v)
{
	size_t n = strlen(text);

	if (v != PROFILE_UNSET)
		(void)snprintf(text + n, TRACE_PROFILE_BYTES - n, " %s=%d", name, (int)v);
}

static void put_name(const struct profile *p, const struct profile_overrides *o, char *text)
{
	(void)snprintf(text, TRACE_PROFILE_BYTES, "%s@%d", p->id.p, (int)p->version);
	put_override(text, "lag", o->lag_min);
	put_override(text, "min-overlap", o->min_overlap_min);
	put_override(text, "pre-days", o->pre_days);
}

static int64_t minimum_s(const struct profile *p, const struct profile_overrides *o,
			 const struct profile_rule *rule)
{
	int32_t min = p->min_overlap_min;

	if (rule->min_overlap_min != PROFILE_UNSET)
		min = rule->min_overlap_min;
	if (o->min_overlap_min != PROFILE_UNSET && rule->klass != TRACE_COMPANION)
		min = o->min_overlap_min;
	return (int64_t)min * MINUTE_S;
}

static void bind_rule(const struct profile *p, const struct profile_overrides *o,
		      const struct profile_rule *rule, struct trace_rule *ret)
{
	*ret = (struct trace_rule){
		.klass = rule->klass,
		.min_s = minimum_s(p, o, rule),
		.seat_unit = rule->seat_unit,
		.seat_within = rule->seat_within,
		.seat_unknown = rule->seat_if_unknown,
		.roles = rule->role_bits,
		.stay_s = (int64_t)rule->stay_hours * HOUR_S,
		.stay_within_s = (int64_t)rule->stay_days * DAY_S,
	};
	assert(rule->id.n < sizeof(ret->id));
	memcpy(ret->id, rule->id.p, rule->id.n);
}

static uint64_t mask_of(const struct profile *p, struct str kind)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < p->n_rules; i++)
		if (profile_rule_meets(&p->rules[i], kind))
			mask |= UINT64_C(1) << i;
	return mask;
}

enum err profile_bind(const struct profile *p, const struct profile_overrides *o,
		      const struct str *kinds, size_t n_kinds, struct arena *a,
		      struct trace_rules *ret, struct fault *f)
{
	struct trace_rules r = { .n = p->n_rules, .n_kinds = n_kinds };
	struct trace_rule *rules;
	uint64_t *masks;
	enum err e;

	assert(p->n_rules <= TRACE_RULES_MAX);
	if (!o)
		o = &profile_no_overrides;
	e = check(o, f);
	if (e)
		return e;
	rules = arena_take(a, max_size(p->n_rules, 1), sizeof(*rules));
	masks = arena_take(a, max_size(n_kinds, 1), sizeof(*masks));
	if (!rules || !masks)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	for (size_t i = 0; i < p->n_rules; i++)
		bind_rule(p, o, &p->rules[i], &rules[i]);
	for (size_t i = 0; i < n_kinds; i++)
		masks[i] = mask_of(p, kinds[i]);
	put_name(p, o, r.profile);
	r.lag_s = (int64_t)(o->lag_min != PROFILE_UNSET ? o->lag_min : p->lag_min) * MINUTE_S;
	r.min_s = (int64_t)(o->min_overlap_min != PROFILE_UNSET ? o->min_overlap_min
								: p->min_overlap_min) *
		  MINUTE_S;
	r.cumulative_s = (int64_t)p->cumulative_hours * HOUR_S;
	r.rule = rules;
	r.kind_rules = masks;
	*ret = r;
	return OK;
}

uint64_t profile_roles(const struct profile *p, struct str role)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < p->n_role_groups; i++)
		if (profile_has_word(&p->role_groups[i].words, role))
			bits |= UINT64_C(1) << i;
	return bits;
}

int32_t profile_seat_row(struct str seat)
{
	int64_t row = 0;
	size_t i = 0;

	for (; i < seat.n && seat.p[i] >= '0' && seat.p[i] <= '9'; i++) {
		row = row * 10 + (seat.p[i] - '0');
		if (row > INT32_MAX)
			return PROFILE_UNSET;
	}
	return i ? (int32_t)row : PROFILE_UNSET;
}
