/*
 * read.h - private to this room: reading strict JSON, one clear sentence per fault.
 *
 * A place in the document is a chain of struct profile_at from the value up to the root; a path
 * is only written out when there is a fault to report. Every reader returns false if the value
 * was at fault (and has said so), true otherwise; an optional value that is absent or null is
 * fine and leaves *ret alone. Running out of memory sticks in `failed` and silences the rest.
 */
#ifndef PROFILE_READ_H
#define PROFILE_READ_H
#include <jansson.h>

#include "profile/profile.h"

struct profile_fault_node {
	struct profile_fault fault;
	struct profile_fault_node *next;
};

struct profile_reader {
	struct arena *a;
	struct profile_fault_node *first, *last;
	size_t n_faults;
	enum err failed;
};

struct profile_at {
	const struct profile_at *up;
	const char *key; /* NULL: an item of a list, the i-th */
	size_t i;
	const json_t *v; /* NULL: absent */
};

enum profile_need { PROFILE_MAY, PROFILE_MUST, PROFILE_MUST_OR_NULL };

/* Take from the arena; NULL sets `failed`. */
void *profile_take(struct profile_reader *r, size_t n, size_t each) MUST_CHECK;
bool profile_copy(struct profile_reader *r, const char *text, struct str *ret);
/* Bytes fit to be shown: no control characters, at most `most` bytes, cut between characters. */
enum { PROFILE_SHOWN_BYTES = 64 };
void profile_shown(const char *text, size_t most, char *ret, size_t bytes);

/* Record a fault at this place. Both texts take the same arguments. */
void profile_wrong(struct profile_reader *r, const struct profile_at *at, const char *zh,
		   const char *en, ...) PRINTF(3, 5) PRINTF(4, 5);
/* "is missing; write W" or "is V; write W". Always false. */
bool profile_refuse(struct profile_reader *r, const struct profile_at *at, const char *want_zh,
		    const char *want_en);

struct profile_at profile_item(const struct profile_at *up, size_t i);
/* Step to a key. *ret_there says whether there is a value to read. */
bool profile_step(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, const char *want_zh, const char *want_en,
		  struct profile_at *ret, bool *ret_there);
/* An object with none but these keys (the list ends with NULL). */
bool profile_object(struct profile_reader *r, const struct profile_at *at, const char *const *keys);
bool profile_list(struct profile_reader *r, const struct profile_at *at, size_t least, size_t most);

bool profile_int(struct profile_reader *r, const struct profile_at *up, const char *key,
		 enum profile_need need, int32_t least, int32_t most, int32_t *ret);
bool profile_int_here(struct profile_reader *r, const struct profile_at *at, enum profile_need need,
		      int32_t least, int32_t most, int32_t *ret);
/* A number of days above 0 and at most 365. */
bool profile_days_mean(struct profile_reader *r, const struct profile_at *up, const char *key,
		       enum profile_need need, double *ret);
bool profile_bool(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, bool *ret);
bool profile_text_here(struct profile_reader *r, const struct profile_at *at, size_t bytes_max,
		       struct str *ret);
bool profile_text(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, size_t bytes_max, struct str *ret);
/* {"zh": ..., "en": ...}, both. */
bool profile_both(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, size_t bytes_max, struct str *ret_zh, struct str *ret_en);
/* Lower-case letters, digits and some of ". - _" (as `also` says), beginning with no mark. */
bool profile_name_here(struct profile_reader *r, const struct profile_at *at, const char *text,
		       const char *also, size_t bytes_max);
bool profile_word(struct profile_reader *r, const struct profile_at *up, const char *key,
		  enum profile_need need, const char *const *words, size_t n, size_t *ret);
bool profile_date(struct profile_reader *r, const struct profile_at *up, const char *key,
		  int32_t *ret);
/* All of the bytes are "YYYY-MM-DD" and such a day exists. */
bool profile_read_date(const char *p, size_t n, int32_t *ret);
/* The key "tag". */
bool profile_tag(struct profile_reader *r, const struct profile_at *up, enum profile_need need,
		 char *ret);

/* Groups of words that rules may name, and whether their part of the file was in order. */
struct profile_scope {
	size_t n_kinds, n_roles;
	const struct profile_group *kinds, *roles;
	bool kinds_fine, roles_fine;
};
/* Read "kinds" and "roles" of an object and add them to what `outer` holds (NULL: nothing). */
void profile_read_scope(struct profile_reader *r, const struct profile_at *at,
			const struct profile_scope *outer, struct profile_scope *ret);

struct profile_rule_list {
	struct str name;
	size_t n;
	const struct profile_rule *rules;
};
struct profile_rule_lists {
	size_t n;
	const struct profile_rule_list *v;
	bool fine;
};

void profile_read_rules(struct profile_reader *r, const struct profile_at *at,
			const struct profile_scope *scope, const struct profile_rule **ret,
			size_t *ret_n);
/* What is around a profile in its file. */
struct profile_around {
	struct profile_scope scope;
	struct profile_rule_lists lists;
};
/* Fills what could be read. */
void profile_read_one(struct profile_reader *r, const struct profile_at *at,
		      const struct profile_around *around, struct profile *ret);
void profile_read_follow_up(struct profile_reader *r, const struct profile_at *up,
			    struct profile *ret);
/* Whether the object has a key of a profile: else it is no profile at all. */
bool profile_like(const json_t *v);

/* Equal but for ASCII case, with '-' and ' ' read as '_'. */
bool profile_same_word(struct str a, struct str b);
bool profile_has_word(const struct profile_texts *t, struct str word);
/* Whether the rule speaks of this kind of place. */
bool profile_rule_meets(const struct profile_rule *rule, struct str kind);
#endif
