/*
 * profile.h - what is known of a disease, as dated data: windows, distances, classes, follow-up.
 *
 * A profile says when a case is infectious, which encounters count in which kind of place, what
 * class of contact they make, and how long and when a contact is followed up. The shipped ones
 * lie in data/profiles.json inside the program; anyone may write their own file. This room reads
 * and checks such files, finds a profile by name, works out windows in local days, and binds a
 * profile to the numbers that engine/trace understands. No number of a disease is in the code.
 *
 * Life:     profile_load_builtin or profile_load_file -> profile_find -> profile_window,
 *           profile_bind, profile_roles, profile_follow_up_end, ...
 * Shapes:   a file of at most PROFILE_FILE_BYTES_MAX, at most 64 rules a profile.
 * Units:    days are local day numbers (base/when.h); instants UTC seconds; windows half-open.
 * Memory:   a set and all that hangs on it live in the arena given when it was loaded.
 * Threads:  a loaded set is read-only and may be read by many.
 * Errors:   ERR_SYNTAX a file with faults, every fault of it listed; ERR_ABSENT no such profile,
 *           or nothing to anchor a window at; ERR_RANGE a window that is empty or outside the
 *           calendar; ERR_USAGE a name that is none; ERR_MEMORY the arena is out of budget.
 * Source:   each profile names its own; docs/reference/profiles.md explains every field.
 *
 * Long because a profile is a wide value, and every field of it says its unit.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/when.h"
#include "engine/trace/trace.h"

enum {
	PROFILE_FILE_BYTES_MAX = 1 << 20,
	PROFILE_ID_BYTES_MAX = 48,
	PROFILE_ROLE_GROUPS_MAX = 64,
	PROFILE_PHASES_MAX = 4,
	PROFILE_ANCHORS_MAX = 2,
	PROFILE_UNSET = -1,          /* a number that the profile or the caller leaves open */
	PROFILE_DAY_OPEN = INT32_MIN /* valid_from / valid_to without a date */
};

/* The file's own words, in the order of the enums. */
enum profile_anchor_at { PROFILE_ONSET, PROFILE_POSITIVE };
enum profile_where { PROFILE_CENTRAL, PROFILE_HOME, PROFILE_WATCH };
extern const char *const profile_anchor_words[2]; /* "onset", "positive" */
extern const char *const profile_where_words[3];  /* "central", "home", "watch" */

/* UTF-8 texts. Every text in a profile is also NUL-ended. */
struct profile_texts {
	size_t n;
	const struct str *v;
};

/* From which fact the window is reckoned; the first anchor whose fact is known decides. */
struct profile_anchor {
	enum profile_anchor_at at;
	int32_t pre_days;  /* the window opens at 00:00 of (anchor day - pre_days) */
	int32_t post_days; /* and ends at 24:00 of (anchor day + post_days), or PROFILE_UNSET */
};

struct profile_rule {
	struct str id;               /* the `rule` column of results */
	struct profile_texts kinds;  /* as the file says: words, names of groups, or "*" */
	bool any_kind;               /* "*": every kind, the unknown one too */
	struct profile_texts words;  /* kinds with the groups written out; empty for "*" */
	struct profile_texts except; /* what "*" leaves out, as the file says */
	struct profile_texts except_words;
	enum trace_class klass;
	int32_t min_overlap_min;    /* or PROFILE_UNSET: the profile's */
	int32_t seat_unit;          /* 0: seats do not matter; else rows grouped by this many */
	int32_t seat_within;        /* groups apart at most */
	bool seat_if_unknown;       /* whether a missing row fits */
	struct profile_texts roles; /* names of role groups; none: roles do not matter */
	uint64_t role_bits;
	int32_t stay_hours; /* 0, or hours in the place within stay_days */
	int32_t stay_days;
	char tag; /* of the rule's numbers, see struct profile */
};

/* One stretch of follow-up. Days are counted inside the phase, from 1. */
struct profile_phase {
	enum profile_where where;
	int32_t days;
	size_t n_tests;
	const int32_t *tests;
};

struct profile_follow_up {
	bool present;
	size_t n_phases; /* one after the other */
	struct profile_phase phases[PROFILE_PHASES_MAX];
	struct str note_zh, note_en;
};

/*
 * How well a number is known: S source text read, K widely published, L local practice. `field`
 * is a number or a part of the profile: "lag_min", "anchors[1]", "follow_up.secondary".
 */
struct profile_tag {
	struct str field;
	char tag;
};

struct profile_group {
	struct str name;
	struct profile_texts words;
};

struct profile {
	struct str id;
	int32_t version;
	struct str label_zh, label_en;
	int32_t valid_from, valid_to; /* local days, both included, or PROFILE_DAY_OPEN */
	struct profile_texts sources;
	struct str note_zh, note_en; /* empty if there is none */

	size_t n_anchors; /* at least one */
	struct profile_anchor anchors[PROFILE_ANCHORS_MAX];
	bool until_isolation; /* the window ends with the isolation, if that comes first */

	int32_t lag_min, min_overlap_min;
	int32_t cumulative_hours;                         /* 0: each overlap by itself */
	int32_t incubation_min_days, incubation_max_days; /* PROFILE_UNSET both: not stated */
	double incubation_mean_days;                      /* 0: not stated */
	double serial_mean_days, serial_sd_days;          /* serial interval; 0: not stated */

	bool tests_from_isolation; /* test day 1 is the first day of isolation, if it is known */
	struct profile_follow_up follow_up[TRACE_CLASS_N];

	size_t n_rules;
	const struct profile_rule *rules;
	size_t n_kind_groups, n_role_groups;
	const struct profile_group *kind_groups, *role_groups;

	char tag; /* of every number that is not among `tags` */
	size_t n_tags;
	const struct profile_tag *tags;
};

struct profile_set {
	size_t n;
	const struct profile *profiles;
}; /* in the order of the file */

/* One thing wrong with a file: where, and a sentence that says what and what to do. */
struct profile_fault {
	struct str path; /* "profiles[2].rules[0].class"; "" for the file as a whole */
	struct str zh, en;
};
struct profile_faults {
	size_t n;
	const struct profile_fault *v;
};

/* data/profiles.json as it lies in the program (src/profile/builtin.S). */
struct str profile_builtin_text(void);
MUST_CHECK enum err profile_load_builtin(struct arena *a, struct profile_set *ret, struct fault *f);
/* A file: one profile, or {"profiles": [...]}. On ERR_SYNTAX *reterr lists all that is wrong. */
MUST_CHECK enum err profile_load_file(const char *path, struct arena *a, struct profile_set *ret,
				      struct profile_faults *reterr, struct fault *f);
MUST_CHECK enum err profile_load_bytes(struct str bytes, struct arena *a, struct profile_set *ret,
				       struct profile_faults *reterr, struct fault *f);

/*
 * "id" (its newest version), "id@3" (that version) or "id@2021-07-20" (the version valid on that
 * day). "" is the newest version of the only id in the set, ERR_USAGE if there are several.
 */
MUST_CHECK enum err profile_find(const struct profile_set *s, struct str name,
				 const struct profile **ret, struct fault *f);
bool profile_valid_on(const struct profile *p, int32_t day);
/* The tag of one number by its field, e.g. "anchors[0].pre_days" or "lag_min". */
char profile_tag_of(const struct profile *p, struct str field);

/* --lag, --min-overlap, --pre-days; each PROFILE_UNSET when not given. NULL: none given. */
enum { PROFILE_OVERRIDE_MIN_MAX = 366 * 24 * 60, PROFILE_OVERRIDE_DAYS_MAX = 365 };
struct profile_overrides {
	int32_t min_overlap_min, lag_min, pre_days;
};
extern const struct profile_overrides profile_no_overrides;

/* What is known of a case. Days are struct when's `day`; isolated is an instant. */
struct profile_facts {
	bool has_onset, has_positive, has_isolated;
	int32_t onset, positive;
	struct utc_s isolated;
};

/* [00:00 of (anchor - pre), min(isolation, 24:00 of (anchor + post))); to may be TRACE_STILL. */
MUST_CHECK enum err profile_window(const struct profile *p, const struct profile_overrides *o,
				   const struct profile_facts *facts, const struct zone *z,
				   struct utc_s *ret_from, struct utc_s *ret_to, struct fault *f);
/* Where the case may have caught it: [onset - incubation max, onset - incubation min], days. */
MUST_CHECK enum err profile_incubation_window(const struct profile *p, int32_t onset,
					      const struct zone *z, struct utc_s *ret_from,
					      struct utc_s *ret_to, struct fault *f);

/* Last day of follow-up; the day of the last exposure is day 0. ERR_ABSENT: none for the class. */
MUST_CHECK enum err profile_follow_up_end(const struct profile *p, enum trace_class c,
					  int32_t last_exposure, int32_t *ret, struct fault *f);
struct profile_test {
	int32_t day;
	enum profile_where where;
};
/* In order. `isolated`: first day of isolation or PROFILE_DAY_OPEN; see tests_from_isolation. */
MUST_CHECK enum err profile_test_days(const struct profile *p, enum trace_class c,
				      int32_t last_exposure, int32_t isolated, struct arena *a,
				      const struct profile_test **ret, size_t *ret_n,
				      struct fault *f);

/*
 * The profile as the engine wants it, for these kinds of places (kinds[0] is the empty, unknown
 * kind), in the arena. Words are compared with ASCII case folded and '-', ' ' read as '_'. An
 * override of the minimum replaces the profile's and the rules' own, but for companion rules.
 */
MUST_CHECK enum err profile_bind(const struct profile *p, const struct profile_overrides *o,
				 const struct str *kinds, size_t n_kinds, struct arena *a,
				 struct trace_rules *ret, struct fault *f);
/* Bit g for each role group that holds the text. */
uint64_t profile_roles(const struct profile *p, struct str role);
/* "12A" -> 12; no leading digits, or more than INT32_MAX: -1. */
int32_t profile_seat_row(struct str seat);
#endif
