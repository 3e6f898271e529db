/* read_profile.c - one profile: its numbers, and whether they agree. */
#include <string.h>

#include "profile/read.h"

#include "base/ban.h"

enum {
	DAYS_MAX = 365,
	VERSION_MAX = 999999,
	LAG_MIN_MAX = 7 * 24 * 60,
	OVERLAP_MIN_MAX = 14 * 24 * 60,
	CUMULATIVE_HOURS_MAX = 14 * 24,
	LABEL_BYTES_MAX = 200,
	NOTE_BYTES_MAX = 2000,
	SOURCE_BYTES_MAX = 500,
	SOURCES_MAX = 32,
	FIELD_BYTES_MAX = 64
};

const char *const profile_anchor_words[2] = { "onset", "positive" };

static const char *const profile_keys[] = { "id",
					    "version",
					    "label",
					    "note",
					    "sources",
					    "valid_from",
					    "valid_to",
					    "anchors",
					    "until_isolation",
					    "lag_min",
					    "min_overlap_min",
					    "cumulative_hours",
					    "incubation",
					    "serial_interval",
					    "tests_from",
					    "follow_up",
					    "kinds",
					    "roles",
					    "rules",
					    "tag",
					    "tags",
					    NULL };

bool profile_like(const json_t *v)
{
	for (size_t i = 0; profile_keys[i]; i++)
		if (json_object_get(v, profile_keys[i]))
			return true;
	return false;
}

static void read_names(struct profile_reader *r, const struct profile_at *at, struct profile *ret)
{
	struct profile_at id = { at, "id", 0, json_object_get(at->v, "id") };
	struct str text = STR("");

	if (profile_text(r, at, "id", PROFILE_MUST, PROFILE_ID_BYTES_MAX, &text) &&
	    profile_name_here(r, &id, text.p, ".-_", PROFILE_ID_BYTES_MAX))
		ret->id = text;
	(void)profile_int(r, at, "version", PROFILE_MUST, 1, VERSION_MAX, &ret->version);
	(void)profile_both(r, at, "label", PROFILE_MUST, LABEL_BYTES_MAX, &ret->label_zh,
			   &ret->label_en);
	(void)profile_both(r, at, "note", PROFILE_MAY, NOTE_BYTES_MAX, &ret->note_zh,
			   &ret->note_en);
}

static void read_sources(struct profile_reader *r, const struct profile_at *up, struct profile *ret)
{
	static const char zh[] = "一个列表，逐条写明数字的出处",
			  en[] = "a list that names where the numbers come from";
	struct profile_at at;
	struct str *v;
	bool there;

	if (!profile_step(r, up, "sources", PROFILE_MUST, zh, en, &at, &there) || !there ||
	    !profile_list(r, &at, 1, SOURCES_MAX))
		return;
	v = profile_take(r, json_array_size(at.v), sizeof(*v));
	if (!v)
		return;
	ret->sources.v = v;
	for (size_t i = 0; i < json_array_size(at.v); i++) {
		struct profile_at item = profile_item(&at, i);

		if (profile_text_here(r, &item, SOURCE_BYTES_MAX, &v[ret->sources.n]))
			ret->sources.n++;
	}
}

static void read_validity(struct profile_reader *r, const struct profile_at *at,
			  struct profile *ret)
{
	struct profile_at to = { at, "valid_to", 0, json_object_get(at->v, "valid_to") };
	bool fine;

	fine = profile_date(r, at, "valid_from", &ret->valid_from);
	fine &= profile_date(r, at, "valid_to", &ret->valid_to);
	if (fine && ret->valid_to != PROFILE_DAY_OPEN && ret->valid_from > ret->valid_to)
		profile_wrong(r, &to, "早于 valid_from；请改正其中一个日期。",
			      "lies before valid_from; correct one of the two dates.");
}

static bool read_anchor(struct profile_reader *r, const struct profile_at *at,
			struct profile_anchor *ret)
{
	static const char *const keys[] = { "at", "pre_days", "post_days", NULL };
	bool fine = profile_object(r, at, keys);
	size_t i = 0;

	ret->post_days = PROFILE_UNSET;
	if (!json_is_object(at->v))
		return false;
	fine &= profile_word(r, at, "at", PROFILE_MUST, profile_anchor_words,
			     ARRAY_LEN(profile_anchor_words), &i);
	ret->at = i == PROFILE_ONSET ? PROFILE_ONSET : PROFILE_POSITIVE;
	fine &= profile_int(r, at, "pre_days", PROFILE_MUST, 0, DAYS_MAX, &ret->pre_days);
	fine &= profile_int(r, at, "post_days", PROFILE_MUST_OR_NULL, 0, DAYS_MAX, &ret->post_days);
	return fine;
}

static void read_window(struct profile_reader *r, const struct profile_at *up, struct profile *ret)
{
	static const char zh[] = "一个列表，如 [{\"at\": \"onset\", \"pre_days\": 2, "
				 "\"post_days\": null}]",
			  en[] = "a list such as [{\"at\": \"onset\", \"pre_days\": 2, "
				 "\"post_days\": null}]";
	struct profile_at at;
	bool there, fine;

	fine = profile_bool(r, up, "until_isolation", PROFILE_MUST, &ret->until_isolation);
	if (!profile_step(r, up, "anchors", PROFILE_MUST, zh, en, &at, &there) || !there ||
	    !profile_list(r, &at, 1, PROFILE_ANCHORS_MAX))
		return;
	ret->n_anchors = json_array_size(at.v);
	for (size_t i = 0; i < ret->n_anchors; i++) {
		struct profile_at item = profile_item(&at, i);
		struct profile_at post = { &item, "post_days", 0,
					   json_object_get(item.v, "post_days") };

		if (read_anchor(r, &item, &ret->anchors[i])) {
			if (fine && !ret->until_isolation &&
			    ret->anchors[i].post_days == PROFILE_UNSET)
				profile_wrong(r, &post,
					      "until_isolation 为 false 时窗口没有终点；请写天数。",
					      "with until_isolation false the window has no end; "
					      "write a number of days.");
		} else {
			fine = false;
		}
	}
	if (fine && ret->n_anchors == 2 && ret->anchors[0].at == ret->anchors[1].at)
		profile_wrong(r, &at, "两项是同一个起点；请删去其中一项。",
			      "both items are the same anchor; remove one of them.");
}

static void read_places(struct profile_reader *r, const struct profile_at *at, struct profile *ret)
{
	(void)profile_int(r, at, "lag_min", PROFILE_MUST, 0, LAG_MIN_MAX, &ret->lag_min);
	(void)profile_int(r, at, "min_overlap_min", PROFILE_MUST, 0, OVERLAP_MIN_MAX,
			  &ret->min_overlap_min);
	(void)profile_int(r, at, "cumulative_hours", PROFILE_MAY, 1, CUMULATIVE_HOURS_MAX,
			  &ret->cumulative_hours);
}

static void read_incubation(struct profile_reader *r, const struct profile_at *up,
			    struct profile *ret)
{
	static const char *const keys[] = { "min_days", "max_days", "mean_days", NULL };
	int32_t least = PROFILE_UNSET, most = PROFILE_UNSET;
	struct profile_at at;
	bool there, fine;

	if (!profile_step(r, up, "incubation", PROFILE_MAY, "", "", &at, &there) || !there)
		return;
	fine = profile_object(r, &at, keys);
	if (!json_is_object(at.v))
		return;
	fine &= profile_int(r, &at, "min_days", PROFILE_MUST, 0, DAYS_MAX, &least);
	fine &= profile_int(r, &at, "max_days", PROFILE_MUST, 0, DAYS_MAX, &most);
	fine &= profile_days_mean(r, &at, "mean_days", PROFILE_MAY, &ret->incubation_mean_days);
	ret->incubation_min_days = least;
	ret->incubation_max_days = most;
	if (fine && least > most)
		profile_wrong(r, &at, "min_days %d 大于 max_days %d；请改正其中一个。",
			      "min_days %d is above max_days %d; correct one of them.", (int)least,
			      (int)most);
}

static void read_serial(struct profile_reader *r, const struct profile_at *up, struct profile *ret)
{
	static const char *const keys[] = { "mean_days", "sd_days", NULL };
	struct profile_at at;
	bool there;

	if (!profile_step(r, up, "serial_interval", PROFILE_MAY, "", "", &at, &there) || !there ||
	    (!profile_object(r, &at, keys) && !json_is_object(at.v)))
		return;
	(void)profile_days_mean(r, &at, "mean_days", PROFILE_MUST, &ret->serial_mean_days);
	(void)profile_days_mean(r, &at, "sd_days", PROFILE_MAY, &ret->serial_sd_days);
}

/* Go down a path such as "anchors[0].pre_days"; NULL if it leads nowhere. */
static const json_t *down(const json_t *v, const char *path)
{
	char key[FIELD_BYTES_MAX + 1];

	while (*path && v) {
		size_t n = strcspn(path, ".[");

		if (*path == '[') {
			size_t i = 0;

			for (n = 1; path[n] >= '0' && path[n] <= '9' && i < 1000; n++)
				i = i * 10 + (size_t)(path[n] - '0');
			if (n == 1 || path[n] != ']')
				return NULL;
			v = json_array_get(v, i);
			path += n + 1;
			path += *path == '.' && path[1] ? 1 : 0;
			continue;
		}
		if (n == 0 || n > FIELD_BYTES_MAX)
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		v = json_object_get(v, key);
		path += n;
		path += *path == '.' && path[1] ? 1 : 0;
	}
	return v;
}

/* Whether a tag may speak of it: a part of the profile that states how the disease behaves. */
static bool tellable(const struct profile_at *at, const char *path)
{
	static const char *const parts[] = { "anchors",         "until_isolation",  "lag_min",
					     "min_overlap_min", "cumulative_hours", "incubation",
					     "serial_interval", "tests_from",       "follow_up" };
	const json_t *v = down(at->v, path);
	size_t n = strcspn(path, ".[");

	for (size_t i = 0; v && !json_is_null(v) && i < ARRAY_LEN(parts); i++)
		if (strlen(parts[i]) == n && memcmp(parts[i], path, n) == 0)
			return true;
	return false;
}

static void read_tags(struct profile_reader *r, const struct profile_at *up, size_t n_before,
		      struct profile *ret)
{
	static const char *const words[] = { "S", "K", "L" };
	struct profile_at at;
	struct profile_tag *tags;
	const char *field;
	json_t *v;
	bool there;

	(void)profile_tag(r, up, PROFILE_MUST, &ret->tag);
	if (!profile_step(r, up, "tags", PROFILE_MAY, "", "", &at, &there) || !there)
		return;
	if (!json_is_object(at.v)) {
		(void)profile_refuse(r, &at, "一个对象，如 {\"lag_min\": \"K\"}",
				     "an object such as {\"lag_min\": \"K\"}");
		return;
	}
	tags = profile_take(r, json_object_size(at.v), sizeof(*tags));
	if (!tags)
		return;
	ret->tags = tags;
	json_object_foreach((json_t *)(uintptr_t)at.v, field, v)
	{
		struct profile_at child = { &at, field, 0, v };
		struct profile_tag *tag = &tags[ret->n_tags];
		size_t i = 0;

		/* While the profile has other faults, what a tag speaks of may be one of them. */
		if (r->n_faults == n_before && !tellable(up, field))
			profile_wrong(r, &child, "这个档案里没有这一项；请改正或删去。",
				      "names no part of this profile; correct or remove it.");
		else if (profile_word(r, &at, field, PROFILE_MUST, words, ARRAY_LEN(words), &i) &&
			 profile_copy(r, field, &tag->field)) {
			tag->tag = words[i][0];
			ret->n_tags++;
		}
	}
}

static void use_list(struct profile_reader *r, const struct profile_at *at,
		     const struct profile_around *around, struct profile *ret)
{
	struct str name = str_of(json_string_value(at->v));

	for (size_t i = 0; i < around->lists.n; i++)
		if (str_eq(around->lists.v[i].name, name)) {
			ret->rules = around->lists.v[i].rules;
			ret->n_rules = around->lists.v[i].n;
			return;
		}
	if (around->lists.fine)
		(void)profile_refuse(r, at, "“rule_lists”里的一个名称，或规则的列表",
				     "the name of one of the \"rule_lists\", or a list of rules");
}

void profile_read_one(struct profile_reader *r, const struct profile_at *at,
		      const struct profile_around *around, struct profile *ret)
{
	struct profile_scope scope;
	size_t n_before = r->n_faults;
	struct profile_at rules;
	bool there;

	*ret = (struct profile){ .id = STR(""),
				 .label_zh = STR(""),
				 .label_en = STR(""),
				 .note_zh = STR(""),
				 .note_en = STR(""),
				 .valid_from = PROFILE_DAY_OPEN,
				 .valid_to = PROFILE_DAY_OPEN,
				 .incubation_min_days = PROFILE_UNSET,
				 .incubation_max_days = PROFILE_UNSET };
	(void)profile_object(r, at, profile_keys);
	if (!json_is_object(at->v))
		return;
	read_names(r, at, ret);
	read_sources(r, at, ret);
	read_validity(r, at, ret);
	read_window(r, at, ret);
	read_places(r, at, ret);
	read_incubation(r, at, ret);
	read_serial(r, at, ret);
	profile_read_follow_up(r, at, ret);
	profile_read_scope(r, at, &around->scope, &scope);
	ret->n_kind_groups = scope.n_kinds;
	ret->kind_groups = scope.kinds;
	ret->n_role_groups = scope.n_roles;
	ret->role_groups = scope.roles;
	if (profile_step(r, at, "rules", PROFILE_MUST, "规则的列表", "a list of rules", &rules,
			 &there) &&
	    there) {
		if (json_is_string(rules.v))
			use_list(r, &rules, around, ret);
		else
			profile_read_rules(r, &rules, &scope, &ret->rules, &ret->n_rules);
	}
	read_tags(r, at, n_before, ret);
}
