/*
 * clocks.h - how long what may take, and how it climbs when it is late: dated data with sources.
 *
 * A clock says by when a kind of task must be done, who says so, since when, and how well that is
 * known; and in which *way* it is accepted, warned about, checked and climbs. The shipped ones lie
 * in data/clocks.json inside the program; anyone may write their own file. This room reads and
 * checks such files and gives the spans that engine/flow wants. No number of a rule is in the code.
 *
 * Life:     clocks_load_builtin or clocks_load_file -> clocks_find -> rule->clock.
 * Shapes:   a file of at most CLOCKS_FILE_BYTES_MAX, at most CLOCKS_MAX clocks.
 * Units:    the file in minutes, struct flow_clock in seconds; days are local day numbers.
 * Memory:   a set and all that hangs on it live in the arena given when it was loaded.
 * Threads:  a loaded set is read-only and may be read by many.
 * Errors:   ERR_SYNTAX a file with faults, every fault of it listed; ERR_ABSENT no such clock, or
 *           none valid on that day; ERR_MEMORY the arena is out of budget.
 * Source:   each clock names its own; docs/reference/clocks.md explains every field.
 */
#ifndef CLOCKS_CLOCKS_H
#define CLOCKS_CLOCKS_H
#include "base/base.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/flow/flow.h"

enum {
	CLOCKS_FILE_BYTES_MAX = 1 << 20,
	CLOCKS_MAX = 1000,
	CLOCKS_DAY_OPEN = INT32_MIN /* valid_from, valid_to without a date */
};

/* UTF-8 in both languages, NUL-ended too; empty if the file has none. */
struct clocks_both {
	struct str zh, en;
};

struct clocks_rule {
	struct str id;
	int32_t version;
	int32_t valid_from, valid_to; /* local days, both included, or CLOCKS_DAY_OPEN */
	struct clocks_both label;     /* what must be done */
	struct clocks_both who;       /* by whom, as the source says it */
	struct clocks_both starts;    /* from when it is reckoned */
	struct clocks_both note;      /* what it covers, or how the number came about */
	struct str way;               /* name of the way in which it climbs */
	struct flow_clock clock;      /* done by the source, the rest by the way */
	char tag;                     /* of done: S source read, K known, L local or ours */
	size_t n_sources;
	const struct str *sources;
};

struct clocks_set {
	size_t n;
	const struct clocks_rule *rules; /* in the order of the file */
};

/* One thing wrong with a file: where, and a sentence that says what and what to do. */
struct clocks_fault {
	struct str path; /* "clocks[2].done_min"; "" for the file as a whole */
	struct str zh, en;
};
struct clocks_faults {
	size_t n;
	const struct clocks_fault *v;
};

/* data/clocks.json as it lies in the program (src/clocks/builtin.S). */
struct str clocks_builtin_text(void);
MUST_CHECK enum err clocks_load_builtin(struct arena *a, struct clocks_set *ret, struct fault *f);
/* On ERR_SYNTAX *reterr lists all that is wrong. */
MUST_CHECK enum err clocks_load_file(const char *path, struct arena *a, struct clocks_set *ret,
				     struct clocks_faults *reterr, struct fault *f);
MUST_CHECK enum err clocks_load_bytes(struct str bytes, struct arena *a, struct clocks_set *ret,
				      struct clocks_faults *reterr, struct fault *f);

bool clocks_valid_on(const struct clocks_rule *rule, int32_t day);
/* The clock of that id which is valid on the day. */
MUST_CHECK enum err clocks_find(const struct clocks_set *s, struct str id, int32_t day,
				const struct clocks_rule **ret, struct fault *f);
#endif
