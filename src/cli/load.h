/*
 * load.h - files into numbers: visits, cases, named contacts, and the account of every row.
 *
 * Every row of every input is accepted, refused (with a reason, to --refused) or a duplicate.
 * Visits go to a builder as they come; names are given numbers as they come; nothing is kept of
 * a row but its visit. Cases and named contacts are kept whole.
 *
 * Life:     load_begin (opens --segments) -> load_cases, load_named_file -> load_view, or
 *           load_visits into a builder -> load_refused_close -> load_end.
 * Memory:   a few batches of some thousand rows on their way; names as names.h says.
 * Threads:  load_visits reads on a second thread of its own when --threads allows it.
 */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H
#include "base/base.h"
#include "base/memory.h"
#include "base/when.h"
#include "cli/cli.h"
#include "engine/trace/store.h"
#include "engine/trace/trace.h"
#include "names/names.h"
#include "shelf/shelf.h"
#include "table/table.h"

#define LOAD_BUDGET_BYTES ((size_t)2560 << 20) /* of visits held before they are spilled */

struct load_case {
	uint32_t name; /* in load.case_names: the case's own id */
	struct person_id person;
	bool has_window, has_onset, has_positive, has_isolated;
	struct utc_s from, to; /* with has_window */
	struct when onset, positive;
	struct utc_s isolated;
};

struct load_named {
	struct person_id a, b;
	struct utc_s from, to; /* TRACE_NEVER both: undated */
	bool infected;         /* a infected b */
};

struct load {
	struct cli *c;
	bool straight;            /* a result goes where it cannot be taken back, as to a pipe */
	struct zone *zone;        /* of --tz */
	struct shelf *shelf;      /* with --segments */
	struct zone *shelf_zone;  /* and what its days are */
	struct shelf_names names; /* the shelf's, or own ones */
	VEC(uint32_t) place_kind; /* own; NAMES_NONE: no row has said it yet */
	bool want_visitors;       /* set before the visits are read: count those below */
	uint64_t n_visitors;      /* persons with visits */
	VEC(uint64_t) visitor;    /* a bit for each person of --visits */
	struct trace_set *set;
	const struct trace_view *view;
	struct table_refused *refused;
	VEC(struct load_case) cases;
	struct names *case_names;
	bool cases_told_time;  /* a time was read from the cases file */
	bool cases_in_seconds; /* and the first one was an integer */
	VEC(struct load_named) named;
};

/* Whether the words of `trace` and `sources` fit together. */
MUST_CHECK enum err load_usage(struct cli *c, enum table_format *ret_format);

MUST_CHECK enum err load_begin(struct cli *c, struct load *ret);
void load_end(struct load *l); /* for CLEANUP() */

/* Every --visits file into the builder; sets n_visitors and the kinds of places. */
MUST_CHECK enum err load_visits(struct load *l, struct trace_builder *b);
/* --visits or --segments as a view; an empty one if neither was given. */
MUST_CHECK enum err load_view(struct load *l);
/*
 * Works out the window of a case that does not bring its own; ERR_RANGE or ERR_ABSENT with a
 * sentence refuses the row. Any other error ends the run.
 */
typedef enum err load_window(void *arg, struct load_case *k, struct fault *f);
/* `window` NULL: there is no profile, and every row must bring its window. */
MUST_CHECK enum err load_cases(struct load *l, load_window *window, void *arg);
MUST_CHECK enum err load_named_file(struct load *l);
/* Write the --refused file, if one was asked for, up to the last step; then publish it. */
MUST_CHECK enum err load_refused_settle(struct load *l);
MUST_CHECK enum err load_refused_close(struct load *l);

/* ---- for the readers of this room ----------------------------------------------------------- */
/* Two results in one file would leave neither, and a result over its source would lose that. */
MUST_CHECK enum err load_check_paths(struct cli *c, bool *ret_straight);

struct load_reason {
	const char *zh, *en;
};

/* Open a table, say which columns nobody knows. */
MUST_CHECK enum err load_open(struct load *l, const char *path, const struct table_column *known,
			      size_t n_known, struct table **ret, struct fault *f);
/* Count the row as refused and write it to --refused. */
MUST_CHECK enum err load_refuse(struct load *l, struct cli_count *count, const char *which,
				const struct csv_record *row, struct load_reason why);
/* The cell of known column `i`, or "" if the file has no such column. */
struct str load_cell(const struct table *t, const struct csv_record *row, size_t i);
/* Read one time; false if it is none. */
bool load_when(struct str s, const struct zone *z, struct when *ret);
#endif
