/*
 * inside.h - what the files of this room share.
 */
#ifndef EPIDEMIC_INSIDE_H
#define EPIDEMIC_INSIDE_H
#include "access/call.h"
#include "db/db.h"
#include "epidemic/case.h"
#include "epidemic/contact.h"
#include "epidemic/epidemic.h"
#include "loop/loop.h"
#include "profile/profile.h"
#include "trail/ask.h"
#include "trail/warrant.h"

struct epidemic {
	struct epidemic_options o;
};
struct epidemic *epidemic_of(const struct call *c);

/* ---- case.c ---- */
const struct choice *case_results(size_t *ret_n);
/* Another than who reported it, or a laboratory's result: pure. */
bool case_may_confirm(const void *row, const struct who *who, struct utc_s now);
/* ERR_RANGE, of the field, if there is no such profile. */
MUST_CHECK enum err case_profile(struct str name, struct arena *a, const struct profile **ret,
				 struct fault *f);

/* ---- case_http.c ---- */
extern const char *const case_register_keys[], *const case_result_keys[]; /* of their bodies */
route_before case_register_before;
route_run case_register, case_result, case_waiting;
/* The row, if the caller's areas cover it. */
MUST_CHECK enum err case_load(struct call *c, struct tx *tx, struct case_row **ret,
			      struct fault *f);

/* ---- mint.c ---- */
/* Are they two people? Refused if these two accounts seem to be one person's. */
MUST_CHECK enum err case_two_people(struct tx *tx, int64_t who, int64_t other, struct fault *f);
/* A step that confirms mints the warrant. */
MUST_CHECK enum err case_follow(struct call *c, struct tx *tx, const void *before,
				const void *after, struct fault *f);
route_run case_warrants;

/* ---- asked.c ---- */
struct warrant_asked { /* what somebody wants to do with a case's warrant */
	struct call *c;
	const char *const *keys; /* of the body; NULL: asked_keys */
	const char *need;        /* the key that must be there; NULL: none */
	struct str text;
	int64_t feed; /* if there is such a key */
	struct utc_s from, to;
	int64_t generations;
	struct trail_warrant w; /* by asked_check: narrowed to what is asked */
	int64_t spent;          /* people that it brought up before */
};
/* Of these the warrant alone is needed, which is the check's to say. */
extern const char *const asked_keys[];
MUST_CHECK enum err asked_read(struct warrant_asked *k, struct fault *f);
/* A db_act on it: the case is confirmed and within reach, the warrant ours, whole, and not over. */
MUST_CHECK enum err asked_check(struct tx *tx, void *arg, struct fault *f);

/* ---- trace_http.c ---- */
/* What the answer to one trace may take: of as many people as a warrant brings up, and how. */
enum { TRACE_BYTES_MAX = 256 << 20 };
route_before trace_before;
route_run trace_run;
route_after trace_after;

/* ---- stays_http.c ---- */
route_before stays_before;
route_run stays_run;

/* ---- question_http.c ---- */
extern const char *const question_keys[]; /* of the body */
route_before question_before;
route_run question_run, question_list;

/* ---- chain_http.c ---- */
route_run chain_run;

/* ---- trace_names.c ---- */
extern const char *const trace_names_keys[]; /* of the body */
route_before trace_names_before;
route_run trace_names;
route_after trace_names_after;

/* ---- trace_kept.c ---- */
struct trace_told { /* what stands above the contacts */
	int64_t id, case_id, warrant, officer, generations;
	struct utc_s created_at, from, to, horizon;
	int64_t n_contacts, n_encounters, visits;
	struct str profile, digest;          /* the digest in hex */
	const struct contact_change *change; /* what it did to the contacts; NULL: told later */
};
void trace_hash_text(struct str hash, struct buf *out);
/* `proof`: "whole", "expired" in part, or "broken". */
MUST_CHECK enum err trace_tell(struct call *c, const struct trace_told *t,
			       const struct trail_answer *a, const char *proof);
route_run trace_get, trace_list;
/* Each encounter of what a trace told, with the generation of its contact; days that are over are
 * left out (*ret_partly). `x` lives until `each` returns. */
typedef enum err trace_each(void *arg, uint32_t generation, const struct trail_encounter *x);
MUST_CHECK enum err trace_encounters(struct call *c, struct tx *tx, struct area_code county,
				     int64_t id, trace_each *each, void *arg, bool *ret_partly,
				     struct fault *f);

/* ---- contact.c ---- */
const struct choice *contact_pushes(size_t *ret_n);

/* ---- contact_trace.c ---- */
struct contact_change {
	int64_t generations; /* how far the trace looked */
	int64_t added, changed, gone;
};
/*
 * Hold a trace that is being kept against the contacts of its case. `whole`: it looked at all that
 * the warrant is for, so whoever is not in it is none.
 */
MUST_CHECK enum err contact_match(struct call *c, struct tx *tx, const struct case_row *of,
				  int64_t trace, const struct trail_answer *a, bool whole,
				  struct contact_change *ret, struct fault *f);

/* The case was none: nobody is its contact any more, and their open tasks are struck. */
MUST_CHECK enum err contact_case_end(struct call *c, struct tx *tx, const struct case_row *of,
				     struct fault *f);

/* ---- measure.c ---- */
/* Measures that run about contacts of a case that was none end. */
MUST_CHECK enum err measure_case_end(struct call *c, struct tx *tx, int64_t case_id,
				     struct fault *f);

/* ---- contact_http.c ---- */
struct funnel {
	int64_t found, push[FLOW_PUSH_N], located, tracing, released, excluded;
};
void funnel_add(struct funnel *n, enum contact_state state, enum flow_push p, int64_t many);
route_before contact_name_before;
route_run contact_funnel, contact_name;
route_after contact_name_after;

/* ---- contact_told.c ---- */
MUST_CHECK enum err funnel_told(struct tx *tx, struct area_code under, struct utc_s at,
				struct funnel *ret, struct fault *f);
#endif
