/* read_follow_up.c - how long and when the contacts of each class are followed up. */
#include "profile/read.h"

#include "base/ban.h"

enum { DAYS_MAX = 365, TESTS_MAX = 64, NOTE_BYTES_MAX = 2000 };

const char *const profile_where_words[3] = { "central", "home", "watch" };

static void read_tests(struct profile_reader *r, const struct profile_at *up,
		       struct profile_phase *ret)
{
	struct profile_at at;
	int32_t *v;
	bool there;

	if (!profile_step(r, up, "test_days", PROFILE_MAY, "", "", &at, &there) || !there ||
	    !profile_list(r, &at, 1, TESTS_MAX))
		return;
	v = profile_take(r, json_array_size(at.v), sizeof(*v));
	if (!v)
		return;
	ret->tests = v;
	for (size_t i = 0; i < json_array_size(at.v); i++) {
		struct profile_at item = profile_item(&at, i);
		int32_t day = 0, least = ret->n_tests ? v[ret->n_tests - 1] + 1 : 1;

		if (!profile_int_here(r, &item, PROFILE_MUST, 1, ret->days, &day))
			continue;
		if (day < least)
			profile_wrong(r, &item, "检测日必须依次增大；请按先后排列，每天只写一次。",
				      "test days must go up; put them in order, each day once.");
		else
			v[ret->n_tests++] = day;
	}
}

static void read_phase(struct profile_reader *r, const struct profile_at *at,
		       struct profile_phase *ret)
{
	static const char *const keys[] = { "where", "days", "test_days", NULL };
	size_t i = 0;

	if (!profile_object(r, at, keys) && !json_is_object(at->v))
		return;
	if (profile_word(r, at, "where", PROFILE_MUST, profile_where_words,
			 ARRAY_LEN(profile_where_words), &i))
		ret->where = (enum profile_where)i;
	ret->days = DAYS_MAX; /* so that a missing number is one fault and not one per test day */
	(void)profile_int(r, at, "days", PROFILE_MUST, 1, DAYS_MAX, &ret->days);
	read_tests(r, at, ret);
}

static void read_class(struct profile_reader *r, const struct profile_at *at,
		       struct profile_follow_up *ret)
{
	static const char *const keys[] = { "phases", "note", NULL };
	static const char zh[] = "一个列表，如 [{\"where\": \"home\", \"days\": 14}]",
			  en[] = "a list such as [{\"where\": \"home\", \"days\": 14}]";
	struct profile_at phases;
	bool there;

	if (!profile_object(r, at, keys) && !json_is_object(at->v))
		return;
	(void)profile_both(r, at, "note", PROFILE_MAY, NOTE_BYTES_MAX, &ret->note_zh,
			   &ret->note_en);
	if (!profile_step(r, at, "phases", PROFILE_MUST, zh, en, &phases, &there) || !there ||
	    !profile_list(r, &phases, 1, PROFILE_PHASES_MAX))
		return;
	ret->present = true;
	ret->n_phases = json_array_size(phases.v);
	for (size_t i = 0; i < ret->n_phases; i++) {
		struct profile_at item = profile_item(&phases, i);

		read_phase(r, &item, &ret->phases[i]);
	}
}

void profile_read_follow_up(struct profile_reader *r, const struct profile_at *up,
			    struct profile *ret)
{
	static const char *const keys[] = { "close", "secondary", "general", "companion", NULL };
	static const char *const from[] = { "last_exposure", "isolation" };
	struct profile_at at;
	size_t i = 0;
	bool there;

	(void)profile_word(r, up, "tests_from", PROFILE_MAY, from, ARRAY_LEN(from), &i);
	ret->tests_from_isolation = i == 1;
	if (!profile_step(r, up, "follow_up", PROFILE_MAY, "", "", &at, &there) || !there)
		return;
	if (!profile_object(r, &at, keys) && !json_is_object(at.v))
		return;
	for (size_t c = 0; c < TRACE_CLASS_N; c++) {
		struct profile_at child;

		ret->follow_up[c].note_zh = ret->follow_up[c].note_en = STR("");
		if (profile_step(r, &at, keys[c], PROFILE_MAY, "", "", &child, &there) && there)
			read_class(r, &child, &ret->follow_up[c]);
	}
}
