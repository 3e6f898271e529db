/* rules.c - reading the ordered rules of a profile, and finding those that can never decide. */
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum {
	KINDS_MAX = 256,
	WORDS_MAX = 512, /* of one rule, its groups written out */
	WORD_BYTES_MAX = 64,
	OVERLAP_MIN_MAX = 14 * 24 * 60,
	SEAT_MAX = 1000,
	STAY_HOURS_MAX = 365 * 24,
	STAY_DAYS_MAX = 365
};

static bool read_texts(struct profile_reader *r, const struct profile_at *at, size_t most,
		       struct profile_texts *ret)
{
	size_t n_before = r->n_faults;
	struct profile_texts t = { 0, NULL };
	struct str *v;

	if (!profile_list(r, at, 1, most))
		return false;
	v = profile_take(r, json_array_size(at->v), sizeof(*v));
	if (!v)
		return false;
	t.v = v;
	for (size_t i = 0; i < json_array_size(at->v); i++) {
		struct profile_at item = profile_item(at, i);
		struct str word;

		if (!profile_text_here(r, &item, WORD_BYTES_MAX, &word))
			continue;
		if (profile_has_word(&t, word))
			profile_wrong(r, &item, "这个词在列表里已经有了；请删去。",
				      "this word is in the list already; remove it.");
		else
			v[t.n++] = word;
	}
	*ret = t;
	return r->n_faults == n_before;
}

static const struct profile_group *group_of(const struct profile_group *v, size_t n,
					    struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (profile_same_word(v[i].name, name))
			return &v[i];
	return NULL;
}

/* Write the groups among the texts out into their words. */
static bool write_out(struct profile_reader *r, const struct profile_at *at,
		      const struct profile_texts *t, const struct profile_scope *scope,
		      struct profile_texts *ret)
{
	size_t n = 0;
	struct str *v;

	for (size_t i = 0; i < t->n; i++) {
		const struct profile_group *g = group_of(scope->kinds, scope->n_kinds, t->v[i]);

		n += g ? g->words.n : 1;
	}
	if (n > WORDS_MAX) {
		profile_wrong(r, at, "把组展开后共有 %zu 个词；最多 %d 个，请分成几条规则。",
			      "with its groups written out this makes %zu words; at most %d may "
			      "be, make several rules of it.",
			      n, (int)WORDS_MAX);
		return false;
	}
	v = profile_take(r, n, sizeof(*v));
	if (!v)
		return false;
	*ret = (struct profile_texts){ 0, v };
	for (size_t i = 0; i < t->n; i++) {
		const struct profile_group *g = group_of(scope->kinds, scope->n_kinds, t->v[i]);
		const struct profile_texts one = { 1, &t->v[i] }, *w = g ? &g->words : &one;

		for (size_t k = 0; k < w->n; k++)
			v[ret->n++] = w->v[k];
	}
	return true;
}

static bool read_kinds(struct profile_reader *r, const struct profile_at *at,
		       const struct profile_scope *scope, struct profile_rule *rule)
{
	static const char zh[] = "一个列表，如 [\"plane\"] 或 [\"*\"]",
			  en[] = "a list such as [\"plane\"] or [\"*\"]";
	struct profile_at kinds, except;
	bool there, fine;

	fine = profile_step(r, at, "kinds", PROFILE_MUST, zh, en, &kinds, &there) && there &&
	       read_texts(r, &kinds, KINDS_MAX, &rule->kinds);
	rule->any_kind = profile_has_word(&rule->kinds, STR("*"));
	if (fine && rule->any_kind && rule->kinds.n > 1) {
		profile_wrong(r, &kinds, "“*”已经包括一切种类；请只写 [\"*\"]，或去掉“*”。",
			      "\"*\" means every kind; write [\"*\"] alone, or take \"*\" out.");
		fine = false;
	}
	if (!rule->any_kind)
		fine &= write_out(r, &kinds, &rule->kinds, scope, &rule->words);
	if (!profile_step(r, at, "except", PROFILE_MAY, zh, en, &except, &there) || !there)
		return fine;
	if (fine && !rule->any_kind) {
		profile_wrong(r, &except, "except 只能与 \"kinds\": [\"*\"] 同用；请删去。",
			      "except goes only with \"kinds\": [\"*\"]; remove it.");
		return false;
	}
	if (!read_texts(r, &except, KINDS_MAX, &rule->except))
		return false;
	return write_out(r, &except, &rule->except, scope, &rule->except_words) && fine;
}

static bool read_class(struct profile_reader *r, const struct profile_at *at,
		       struct profile_rule *rule)
{
	static const char *const words[] = { "close", "general", "companion" };
	static const enum trace_class classes[] = { TRACE_CLOSE, TRACE_GENERAL, TRACE_COMPANION };
	size_t i = 0;

	if (!profile_word(r, at, "class", PROFILE_MUST, words, ARRAY_LEN(words), &i))
		return false;
	rule->klass = classes[i];
	return true;
}

static bool read_seat(struct profile_reader *r, const struct profile_at *at,
		      struct profile_rule *rule)
{
	static const char *const keys[] = { "unit", "within", "if_unknown", NULL };
	struct profile_at seat;
	bool there, fine;

	if (!profile_step(r, at, "seat", PROFILE_MAY, "", "", &seat, &there) || !there)
		return true;
	fine = profile_object(r, &seat, keys);
	if (!json_is_object(seat.v))
		return false;
	rule->seat_unit = 1;
	fine &= profile_int(r, &seat, "unit", PROFILE_MUST, 1, SEAT_MAX, &rule->seat_unit);
	fine &= profile_int(r, &seat, "within", PROFILE_MUST, 0, SEAT_MAX, &rule->seat_within);
	fine &= profile_bool(r, &seat, "if_unknown", PROFILE_MUST, &rule->seat_if_unknown);
	return fine;
}

static bool read_roles(struct profile_reader *r, const struct profile_at *at,
		       const struct profile_scope *scope, struct profile_rule *rule)
{
	struct profile_at roles;
	bool there, fine = true;

	if (!profile_step(r, at, "roles", PROFILE_MAY, "", "", &roles, &there) || !there)
		return true;
	if (!read_texts(r, &roles, PROFILE_ROLE_GROUPS_MAX, &rule->roles))
		return false;
	for (size_t i = 0; i < rule->roles.n; i++) {
		const struct profile_group *g =
			group_of(scope->roles, scope->n_roles, rule->roles.v[i]);
		struct profile_at item = profile_item(&roles, i);

		if (g)
			rule->role_bits |= UINT64_C(1) << (g - scope->roles);
		if (g || !scope->roles_fine)
			continue;
		profile_wrong(r, &item, "没有这个角色组；请在“roles”里定义它，或改正拼写。",
			      "there is no such group of roles; define it under \"roles\", or "
			      "correct its spelling.");
		fine = false;
	}
	return fine;
}

static bool read_stay(struct profile_reader *r, const struct profile_at *at,
		      struct profile_rule *rule)
{
	static const char *const keys[] = { "hours", "within_days", NULL };
	struct profile_at stay;
	bool there, fine;

	if (!profile_step(r, at, "stay", PROFILE_MAY, "", "", &stay, &there) || !there)
		return true;
	fine = profile_object(r, &stay, keys);
	if (!json_is_object(stay.v))
		return false;
	rule->stay_hours = 1;
	fine &= profile_int(r, &stay, "hours", PROFILE_MUST, 1, STAY_HOURS_MAX, &rule->stay_hours);
	fine &= profile_int(r, &stay, "within_days", PROFILE_MUST, 1, STAY_DAYS_MAX,
			    &rule->stay_days);
	if (!fine || rule->stay_hours <= rule->stay_days * 24)
		return fine;
	profile_wrong(r, &stay, "%d 小时多于 %d 天；请减少 hours 或增加 within_days。",
		      "%d hours are more than %d days; lower hours or raise within_days.",
		      (int)rule->stay_hours, (int)rule->stay_days);
	return false;
}

/* Returns whether all of it is in order, so that it may be compared with the others. */
static bool read_rule(struct profile_reader *r, const struct profile_at *at,
		      const struct profile_scope *scope, struct profile_rule *rule)
{
	static const char *const keys[] = { "id",   "kinds", "except", "class", "min_overlap_min",
					    "seat", "roles", "stay",   "tag",   NULL };
	struct profile_at id = { at, "id", 0, json_object_get(at->v, "id") };
	bool fine = profile_object(r, at, keys);

	rule->min_overlap_min = PROFILE_UNSET;
	if (!json_is_object(at->v))
		return false;
	if (!profile_text(r, at, "id", PROFILE_MUST, TRACE_RULE_ID_BYTES - 1, &rule->id) ||
	    !profile_name_here(r, &id, rule->id.p, "-", TRACE_RULE_ID_BYTES - 1)) {
		rule->id = STR("");
		fine = false;
	}
	fine &= read_kinds(r, at, scope, rule);
	fine &= read_class(r, at, rule);
	fine &= profile_int(r, at, "min_overlap_min", PROFILE_MAY, 0, OVERLAP_MIN_MAX,
			    &rule->min_overlap_min);
	fine &= read_seat(r, at, rule);
	fine &= read_roles(r, at, scope, rule);
	fine &= read_stay(r, at, rule);
	fine &= profile_tag(r, at, PROFILE_MAY, &rule->tag);
	return fine;
}

bool profile_rule_meets(const struct profile_rule *rule, struct str kind)
{
	if (rule->any_kind)
		return !profile_has_word(&rule->except_words, kind);
	return profile_has_word(&rule->words, kind);
}

/* Asks for nothing but the kind of place, so that later rules never see what it takes. */
static bool unconditional(const struct profile_rule *rule)
{
	return rule->seat_unit == 0 && rule->roles.n == 0 && rule->stay_hours == 0;
}

/* Whether `earlier` leaves nothing of a rule for every kind. */
static bool swallows_any(const struct profile_rule *earlier, const struct profile_rule *rule)
{
	if (!earlier->any_kind)
		return false;
	for (size_t i = 0; i < earlier->except_words.n; i++)
		if (profile_rule_meets(rule, earlier->except_words.v[i]))
			return false;
	return true;
}

static bool taken(const struct profile_rule *rules, size_t n, struct str word)
{
	for (size_t i = 0; i < n; i++)
		if (unconditional(&rules[i]) && profile_rule_meets(&rules[i], word))
			return true;
	return false;
}

static bool never_reached(const struct profile_rule *rules, size_t n)
{
	const struct profile_rule *rule = &rules[n];

	if (rule->any_kind) {
		for (size_t i = 0; i < n; i++)
			if (unconditional(&rules[i]) && swallows_any(&rules[i], rule))
				return true;
		return false;
	}
	for (size_t k = 0; k < rule->words.n; k++)
		if (!taken(rules, n, rule->words.v[k]))
			return false;
	return true;
}

static void check_ids(struct profile_reader *r, const struct profile_at *at,
		      const struct profile_rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct profile_at item = profile_item(at, i);
		struct profile_at id = { &item, "id", 0, json_object_get(item.v, "id") };
		size_t k = 0;

		if (rules[i].id.n == 0)
			continue;
		while (k < i && !str_eq(rules[k].id, rules[i].id))
			k++;
		if (k < i)
			profile_wrong(r, &id, "规则名“%s”在前面第 %zu 条已经用过；请换一个。",
				      "the rule id \"%s\" is that of rule %zu before it; choose "
				      "another.",
				      rules[i].id.p, k);
	}
}

void profile_read_rules(struct profile_reader *r, const struct profile_at *at,
			const struct profile_scope *scope, const struct profile_rule **ret,
			size_t *ret_n)
{
	struct profile_rule *rules;
	bool fine = scope->kinds_fine && scope->roles_fine;
	size_t n;

	if (!profile_list(r, at, 1, TRACE_RULES_MAX))
		return;
	n = json_array_size(at->v);
	rules = profile_take(r, n, sizeof(*rules));
	if (!rules)
		return;
	for (size_t i = 0; i < n; i++) {
		struct profile_at item = profile_item(at, i);

		fine &= read_rule(r, &item, scope, &rules[i]);
	}
	check_ids(r, at, rules, n);
	for (size_t i = 0; fine && i < n; i++) {
		struct profile_at item = profile_item(at, i);
		struct profile_at kinds = { &item, "kinds", 0, json_object_get(item.v, "kinds") };

		if (never_reached(rules, i))
			profile_wrong(r, &kinds,
				      "这条规则永远轮不到：前面的规则已无条件地包括了这些种类；"
				      "请把它移到前面，或删去。",
				      "this rule is never reached: rules before it take all of its "
				      "kinds without a condition; move it up, or remove it.");
	}
	*ret = rules;
	*ret_n = n;
}
