/* window.c - from what is known of a case to instants, and from an exposure to days. */
#include "profile/profile.h"

#include "base/ban.h"

const struct profile_overrides profile_no_overrides = { PROFILE_UNSET, PROFILE_UNSET,
							PROFILE_UNSET };

/* Years 1 to 9999, with the room that time zones need at both ends. */
static bool on_calendar(int64_t day)
{
	return day > date_day(1, 1, 1) && day < date_day(WHEN_YEAR_MAX, 12, 30);
}

static enum err outside(struct fault *f)
{
	return fault_set(f, ERR_RANGE, "日期超出日历范围（公元 1 年到 9999 年）",
			 "the date lies outside the calendar (years 1 to 9999)");
}

/* The first anchor whose fact is known. NULL if there is none. */
static const struct profile_anchor *anchor_of(const struct profile *p,
					      const struct profile_facts *facts, int32_t *ret_day)
{
	for (size_t i = 0; i < p->n_anchors; i++) {
		bool onset = p->anchors[i].at == PROFILE_ONSET;

		if (onset ? !facts->has_onset : !facts->has_positive)
			continue;
		*ret_day = onset ? facts->onset : facts->positive;
		return &p->anchors[i];
	}
	return NULL;
}

enum err profile_window(const struct profile *p, const struct profile_overrides *o,
			const struct profile_facts *facts, const struct zone *z,
			struct utc_s *ret_from, struct utc_s *ret_to, struct fault *f)
{
	struct utc_s from, to = { TRACE_STILL };
	const struct profile_anchor *a;
	int32_t day = 0, pre;
	int64_t end;

	a = anchor_of(p, facts, &day);
	if (!a)
		return fault_set(
			f, ERR_ABSENT, "病例没有疾病档案 %s 可用的起点；请填写 onset%s",
			"the case has nothing that profile %s reckons from; fill in onset%s",
			p->id.p, p->n_anchors > 1 ? " / positive" : "");
	pre = o && o->pre_days != PROFILE_UNSET ? o->pre_days : a->pre_days;
	end = (int64_t)day + max_i64(a->post_days, 0) + 1;
	if (pre < 0 || pre > PROFILE_OVERRIDE_DAYS_MAX || !on_calendar((int64_t)day - pre) ||
	    !on_calendar(end))
		return outside(f);
	from = zone_day_start(z, day - pre);
	if (a->post_days != PROFILE_UNSET)
		to = zone_day_start(z, (int32_t)end);
	if (p->until_isolation && facts->has_isolated)
		to.v = min_i64(to.v, facts->isolated.v);
	if (to.v <= from.v)
		return fault_set(
			f, ERR_RANGE,
			"隔离早于传染期的开始，没有可追踪的时间；请核对 isolated 与 onset、"
			"positive",
			"the isolation comes before the infectious window opens, so there is "
			"no time to trace; check isolated against onset and positive");
	*ret_from = from;
	*ret_to = to;
	return OK;
}

enum err profile_incubation_window(const struct profile *p, int32_t onset, const struct zone *z,
				   struct utc_s *ret_from, struct utc_s *ret_to, struct fault *f)
{
	int64_t first = (int64_t)onset - p->incubation_max_days;
	int64_t end = (int64_t)onset - p->incubation_min_days + 1;

	if (p->incubation_max_days == PROFILE_UNSET)
		return fault_set(
			f, ERR_ABSENT, "疾病档案 %s 没有写明潜伏期，无法推算感染时间",
			"profile %s states no incubation, so there is no window of infection",
			p->id.p);
	if (!on_calendar(first) || !on_calendar(end))
		return outside(f);
	*ret_from = zone_day_start(z, (int32_t)first);
	*ret_to = zone_day_start(z, (int32_t)end);
	return OK;
}

static enum err no_follow_up(const struct profile *p, enum trace_class c, struct fault *f)
{
	return fault_set(f, ERR_ABSENT, "疾病档案 %s 没有为 %s 一类写明随访",
			 "profile %s states no follow-up for the class %s", p->id.p,
			 trace_class_word(c));
}

enum err profile_follow_up_end(const struct profile *p, enum trace_class c, int32_t last_exposure,
			       int32_t *ret, struct fault *f)
{
	const struct profile_follow_up *u = &p->follow_up[c];
	int64_t day = last_exposure;

	if (!u->present)
		return no_follow_up(p, c, f);
	for (size_t i = 0; i < u->n_phases; i++)
		day += u->phases[i].days;
	if (!on_calendar(last_exposure) || !on_calendar(day))
		return outside(f);
	*ret = (int32_t)day;
	return OK;
}

enum err profile_test_days(const struct profile *p, enum trace_class c, int32_t last_exposure,
			   int32_t isolated, struct arena *a, const struct profile_test **ret,
			   size_t *ret_n, struct fault *f)
{
	const struct profile_follow_up *u = &p->follow_up[c];
	struct profile_test *v;
	size_t n = 0;
	int64_t zero = last_exposure; /* the day before day 1 of the phase at hand */

	if (!u->present)
		return no_follow_up(p, c, f);
	if (p->tests_from_isolation && isolated != PROFILE_DAY_OPEN)
		zero = (int64_t)isolated - 1;
	for (size_t i = 0; i < u->n_phases; i++)
		n += u->phases[i].n_tests;
	if (!on_calendar(zero) ||
	    !on_calendar(zero + (int64_t)PROFILE_PHASES_MAX * PROFILE_OVERRIDE_DAYS_MAX))
		return outside(f);
	v = arena_take(a, max_size(n, 1), sizeof(*v));
	if (!v)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	n = 0;
	for (size_t i = 0; i < u->n_phases; i++) {
		for (size_t k = 0; k < u->phases[i].n_tests; k++)
			v[n++] = (struct profile_test){ (int32_t)(zero + u->phases[i].tests[k]),
							u->phases[i].where };
		zero += u->phases[i].days;
	}
	*ret = v;
	*ret_n = n;
	return OK;
}
