/*
 * campaign_inside.h - what the files of campaigns share. For src/loop alone.
 */
#ifndef LOOP_CAMPAIGN_INSIDE_H
#define LOOP_CAMPAIGN_INSIDE_H
#include "base/memory.h"
#include "loop/campaign.h"
#include "loop/inside.h"

/* ---- things in scope, campaign_scope.c ---- */
struct thing {
	struct area_code area;
	int64_t id;
	struct str label;
};
struct things {
	struct arena *a;     /* of the labels */
	VEC(struct thing) v; /* by area, then id, each once */
	const char *about;   /* the noun they are of: "organisation", "area" */
};
void campaign_things_release(struct things *t); /* for CLEANUP() */
/* `who`: whose sight the query may use; NULL: all. */
MUST_CHECK enum err campaign_things(struct loop *l, struct tx *tx, const struct campaign *c,
				    const struct who *who, struct utc_s now, struct things *ret,
				    struct fault *f);
/* Is the scope one? ERR_RANGE of "scope" or "query". */
MUST_CHECK enum err campaign_scope_check(struct loop *l, const struct campaign *c,
					 const struct who *who, struct fault *f);
route_run campaign_file; /* the things of a file: campaign_file.c */

/* ---- tasks of many, campaign_raise.c ---- */
struct campaign_act {
	struct loop *l;
	struct call *c; /* NULL: the clock */
	struct tx *tx;
	const struct campaign *campaign;
	struct flow_party sender;
	struct utc_s now;
	struct fault *f;
};
/* A task for each; ERR_CONFLICT if for some nobody answers. */
MUST_CHECK enum err campaign_raise(const struct campaign_act *a, const char *about,
				   const struct thing *v, size_t n);

/* ---- how it stands, campaign_count.c ---- */
enum campaign_slot {
	SLOT_OPEN,
	SLOT_RETURNED,
	SLOT_ACCEPTED,
	SLOT_STARTED,
	SLOT_PROVED,
	SLOT_DONE,
	SLOT_STRUCK, /* cancelled, or folded into another */
	SLOT_LATE,   /* of those that are not closed */
	SLOT_N
};
struct campaign_tally {
	int64_t n[SLOT_N];
};
/* Into which slots a task counts; none before it is raised. */
void campaign_tally_of(const struct flow_task *t, struct campaign_tally *ret);
/* A task of the campaign has gone from `before` to `after`. */
MUST_CHECK enum err campaign_counted(struct tx *tx, int64_t campaign, struct area_code area,
				     const struct flow_task *before, const struct flow_task *after,
				     struct fault *f);
MUST_CHECK enum err campaign_count_add(struct tx *tx, int64_t campaign, struct area_code node,
				       const struct campaign_tally *t, struct fault *f);
/*
 * Tallies of areas that come in the order of their codes: `done` is told of each area and each one
 * above it up to the county, once all that lies below it has come by.
 */
struct campaign_node {
	struct area_code area;
	struct campaign_tally t;
};
struct campaign_nodes {
	struct campaign_node v[AREA_LEVEL_N];
	size_t n;
	enum err (*done)(void *arg, struct area_code area, const struct campaign_tally *t);
	void *arg;
};
MUST_CHECK enum err campaign_nodes_add(struct campaign_nodes *n, struct area_code area,
				       const struct campaign_tally *t);
MUST_CHECK enum err campaign_nodes_end(struct campaign_nodes *n);
/* How many counts differ from those of the tasks, and of which campaign the first is. */
MUST_CHECK enum err campaign_fsck(struct tx *tx, uint64_t *ret_wrong, int64_t *ret_first,
				  struct fault *f);
/* The area above a node of counts, up to its county; 0 above that. */
struct area_code campaign_node_above(struct area_code node);

/* ---- what the program says of it, campaign_run.c ---- */
struct campaign_run {
	struct flow_party sender;
	struct utc_s started_at, next_at; /* FIELD_NONE: not */
	int64_t things;
	int64_t before; /* the campaign that this one repeats; 0 none */
};
MUST_CHECK enum err campaign_run_get(struct tx *tx, const struct campaign *c,
				     struct campaign_run *ret, struct fault *f);
MUST_CHECK enum err campaign_run_put(struct tx *tx, const struct campaign *c,
				     const struct campaign_run *r, struct fault *f);
/* Cancel one of its tasks, by the house and with a reason. */
MUST_CHECK enum err campaign_strike(const struct campaign_act *a, int64_t task, struct str reason);
enum err campaign_follow(struct call *c, struct tx *tx, const void *before, const void *after,
			 struct fault *f);
enum err campaign_tell(struct call *c, struct tx *tx, const void *row, struct fault *f);
/* Campaigns that begin again. */
MUST_CHECK enum err campaign_tick(struct loop *l, struct utc_s now, struct fault *f);
/* ---- the scope again, campaign_rescope.c ---- */
extern const char *const campaign_rescope_keys[]; /* of the body of: */
route_run campaign_differs, campaign_rescope;     /* what has changed in scope; apply it */
/* The same into the open map of an answer, key "difference", with the things `over` lists. */
MUST_CHECK enum err campaign_differs_over(struct call *c, struct tx *tx,
					  const struct campaign *over, struct fault *f);
/* {id}, with the area right for those below it as well. */
MUST_CHECK enum err campaign_of_path(struct call *c, struct tx *tx, bool to_change,
				     struct campaign **ret, struct fault *f);

extern const struct route_list loop_routes_campaign; /* campaign_http.c */
#endif
