/*
 * rules.c - from --profile and its overrides to rules the engine can follow.
 */
#include "cli/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#include "base/ban.h"

#define RULES_BUDGET_BYTES ((size_t)4 << 30)
enum { PATH_BYTES = 4096 };

void rules_end(struct rules *r)
{
	arena_free(r->arena);
	r->arena = NULL;
}

/* ---- choosing a profile --------------------------------------------------------------------- */

bool rules_is_file(const char *path)
{
	CLEANUP(file_end) struct file *fl = NULL;
	size_t n = strlen(path);

	if (n > 5 && strcmp(path + n - 5, ".json") == 0)
		return true;
	return strcmp(path, "-") != 0 && file_open(path, FILE_READ, &fl, NULL) == OK;
}

enum err rules_file(struct cli *c, const char *path, struct arena *a, struct profile_set *ret)
{
	struct profile_faults faults = { 0 };
	enum err e = profile_load_file(path, a, ret, &faults, &c->fault);

	for (size_t i = 0; e && i < faults.n; i++) {
		const struct profile_fault *x = &faults.v[i];
		struct str text = c->lang == CLI_ZH ? x->zh : x->en;

		if (x->path.n)
			cli_say(c, "%s：%.*s：%.*s", "%s: %.*s: %.*s", path, (int)x->path.n,
				x->path.p, (int)text.n, text.p);
		else
			cli_say(c, "%s：%.*s", "%s: %.*s", path, (int)text.n, text.p);
	}
	return e;
}

/* FILE, FILE#ID, or ID. */
static enum err choose(struct cli *c, struct rules *r)
{
	const char *value = c->args.text[CLI_PROFILE], *hash = strrchr(value, '#');
	char path[PATH_BYTES];
	struct profile_set set;
	enum err e;

	if (rules_is_file(value)) {
		if ((e = rules_file(c, value, r->arena, &set)))
			return e;
		return profile_find(&set, STR(""), &r->profile, &c->fault);
	}
	if (hash && (size_t)(hash - value) < sizeof(path)) {
		snprintf(path, sizeof(path), "%.*s", (int)(hash - value), value);
		if (rules_is_file(path)) {
			if ((e = rules_file(c, path, r->arena, &set)))
				return e;
			return profile_find(&set, str_of(hash + 1), &r->profile, &c->fault);
		}
	}
	if ((e = profile_load_builtin(r->arena, &set, &c->fault)))
		return e;
	return profile_find(&set, str_of(value), &r->profile, &c->fault);
}

static int32_t override_of(const struct cli *c, enum cli_option o)
{
	int64_t v = c->args.number[o];

	return v == CLI_UNSET ? PROFILE_UNSET : (int32_t)v;
}

enum err rules_begin(struct cli *c, struct rules *ret)
{
	enum err e;

	memset(ret, 0, sizeof(*ret));
	if ((e = arena_new(RULES_BUDGET_BYTES, &ret->arena)))
		return e;
	ret->overrides = (struct profile_overrides){
		.min_overlap_min = override_of(c, CLI_MIN_OVERLAP),
		.lag_min = override_of(c, CLI_LAG),
		.pre_days = override_of(c, CLI_PRE_DAYS),
	};
	if (c->args.text[CLI_PROFILE])
		return choose(c, ret);
	if (ret->overrides.pre_days != PROFILE_UNSET)
		return fault_set(&c->fault, ERR_USAGE, "--pre-days 需要 --profile",
				 "--pre-days needs --profile");
	return OK;
}

enum err rules_window(void *arg, struct load_case *k, struct fault *f)
{
	const struct rules *r = arg;
	struct profile_facts facts = {
		.has_onset = k->has_onset,
		.has_positive = k->has_positive,
		.has_isolated = k->has_isolated,
		.onset = k->onset.day,
		.positive = k->positive.day,
		.isolated = k->isolated,
	};

	return profile_window(r->profile, &r->overrides, &facts, r->zone, &k->from, &k->to, f);
}

load_window *rules_window_if_any(const struct rules *r)
{
	return r->profile ? rules_window : NULL;
}

/* ---- what the engine is given --------------------------------------------------------------- */

static enum err bind_kinds(struct rules *r, const struct load *l, struct fault *f)
{
	uint32_t n_kinds = names_count(l->names.kinds);
	struct str *kinds = arena_take(r->arena, n_kinds, sizeof(*kinds));
	uint16_t *place_kind = arena_take(r->arena, l->names.n_places + 1, sizeof(*place_kind));

	if (!kinds || !place_kind)
		return ERR_MEMORY;
	if (n_kinds > UINT16_MAX)
		return fault_set(f, ERR_FULL, "场所种类超过 %d 种", "more than %d kinds of places",
				 UINT16_MAX);
	for (uint32_t i = 0; i < n_kinds; i++)
		kinds[i] = names_text(l->names.kinds, i);
	for (size_t i = 0; i < l->names.n_places; i++) {
		if (l->names.place_kind[i] >= n_kinds)
			return fault_set(f, ERR_CORRUPT, "封存数据里有未知的场所种类",
					 "the sealed data hold a kind of place that has no name");
		place_kind[i] = (uint16_t)l->names.place_kind[i];
	}
	r->world.n_places = l->names.n_places;
	r->world.place_kind = place_kind;
	return profile_bind(r->profile, &r->overrides, kinds, n_kinds, r->arena, &r->rules, f);
}

static enum err bind_seats(struct rules *r, const struct load *l)
{
	uint32_t n = names_count(l->names.seats);
	struct trace_seat *seats = arena_take(r->arena, n, sizeof(*seats));

	if (!seats)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < n; i++) {
		struct str seat, role;
		enum err e = names_unpair(names_text(l->names.seats, i), &seat, &role);

		if (e)
			return e;
		seats[i].row = profile_seat_row(seat);
		seats[i].roles = profile_roles(r->profile, role);
	}
	r->world.n_seats = n;
	r->world.seat = seats;
	return OK;
}

static enum err bind_named(struct rules *r, const struct load *l)
{
	struct trace_named *named = arena_take(r->arena, l->named.n + 1, sizeof(*named));

	if (!named)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->named.n; i++)
		named[i] = (struct trace_named){ l->named.v[i].a, l->named.v[i].b,
						 l->named.v[i].from, l->named.v[i].to };
	r->ask.named = named;
	r->ask.n_named = l->named.n;
	return OK;
}

static void bind_window(struct rules *r)
{
	const struct profile_overrides *o = &r->overrides;
	int64_t min_s = o->min_overlap_min == PROFILE_UNSET ? 0 : o->min_overlap_min * INT64_C(60);
	int64_t lag_s = o->lag_min == PROFILE_UNSET ? 0 : o->lag_min * INT64_C(60);

	trace_rules_window(min_s, lag_s, &r->rules);
}

/* What was overridden is said; with a profile the profile column of the result says it too. */
static void say_overrides(struct rules *r, struct cli *c)
{
	const struct profile_overrides *o = &r->overrides;

	snprintf(c->profile, sizeof(c->profile), "%s", r->rules.profile);
	if (o->min_overlap_min != PROFILE_UNSET)
		cli_say(c, "最短重叠改为 %d 分钟", "minimum overlap overridden: %d min",
			o->min_overlap_min);
	if (o->lag_min != PROFILE_UNSET)
		cli_say(c, "滞留时间改为 %d 分钟", "lag overridden: %d min", o->lag_min);
	if (o->pre_days != PROFILE_UNSET)
		cli_say(c, "窗口提前天数改为 %d", "days before overridden: %d", o->pre_days);
}

enum err rules_bind(struct rules *r, struct load *l)
{
	enum err e;

	if (!r->profile) {
		bind_window(r);
	} else {
		if ((e = bind_kinds(r, l, &l->c->fault)))
			return e;
		if ((e = bind_seats(r, l)))
			return e;
		r->ask.world = &r->world;
	}
	r->ask.rules = &r->rules;
	r->ask.proof = true;
	say_overrides(r, l->c);
	return bind_named(r, l);
}

struct str rules_word(const struct rules *r, uint16_t rule)
{
	if (rule < r->rules.n)
		return str_of(r->rules.rule[rule].id);
	return rule == TRACE_RULE_NAMED && r->profile ? STR("named") : STR("window");
}
