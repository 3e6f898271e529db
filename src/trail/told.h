/*
 * told.h - visits as rows of the database, for a house that traces by SQL. For src/trail alone.
 *
 * The rows follow from the packs as segments do, and are made again when they are not there: after
 * a crash of the server (they are in no log), after a recall, after an epoch. Which packs are in
 * them is a row for each, so one snapshot tells whether they say what the packs say.
 *
 * Life:     told_settle -> a reading act: told_sound, then the search of ask_sql.c.
 * Shapes:   324 bytes a visit; some 50,000 visits a second.
 * Threads:  told_settle from any; one at a time does the work.
 * Errors:   ERR_CORRUPT a pack that its key does not open.
 * Source:   docs/adr/0027-sql-path.md
 */
#ifndef TRAIL_TOLD_H
#define TRAIL_TOLD_H
#include "trail/inside.h"

struct told {
	int64_t packs; /* in the tables, at least */
	uint64_t visits;
	struct utc_s horizon; /* the newest time among them; TRACE_NEVER: there are none */
};
/* All packs that are there now. */
MUST_CHECK enum err told_settle(struct trail *t, struct told *ret, struct fault *f);
/* Are the tables in this snapshot whole, with what `least` says at least? */
MUST_CHECK enum err told_sound(struct tx *tx, const struct told *least, struct told *ret,
			       bool *ret_sound, struct fault *f);
/* In an act: empty all of them at once, so that the files go. Nothing, if nothing is in them. */
MUST_CHECK enum err told_forget(struct tx *tx, struct fault *f);

/* A list as PostgreSQL reads one: {1,2}. */
void told_list_i64(struct buf *b, int64_t v);
void told_list_bytes(struct buf *b, struct str s);
struct sql_value told_list_end(struct buf *b);

/* ---- ask_sql.c ---- */
struct trail_warrant;
struct trail_answer;
struct profile;
MUST_CHECK enum err ask_sql(struct trail *t, const struct trail_warrant *w, const struct profile *p,
			    struct arena *a, struct trail_answer *ret, struct fault *f);
#endif
