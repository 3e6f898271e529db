/*
 * ask.h - a trace over what is stored, for a warrant.
 *
 * The answer is told in pseudonyms and places, in an order that does not depend on how this process
 * happens to number them, and its digest is over exactly what is told.
 *
 * Life:     warrant_read, warrant_check -> trail_ask -> an answer in the caller's arena.
 * Threads:  many at once.
 * Errors:   ERR_FULL more people than the warrant allows: nothing is told, not a part. ERR_ABSENT
 *           no such profile.
 */
#ifndef TRAIL_ASK_H
#define TRAIL_ASK_H
#include "base/memory.h"
#include "engine/trace/trace.h"
#include "profile/profile.h"
#include "trail/trail.h"
#include "trail/warrant.h"

struct trail_encounter {
	int64_t contact, via;
	struct trail_place place;
	struct utc_s from, to;
	struct str rule;
	enum trace_class klass;
};
struct trail_contact {
	int64_t person;
	enum trace_class klass;
	struct str rule; /* that gave the class */
	uint32_t generation;
	uint64_t overlap_s;
	struct utc_s first, last;
	size_t n_encounters;
	const struct trail_encounter *encounter;
};
struct trail_answer {
	struct str profile; /* "id@version" */
	size_t n_contacts, n_encounters;
	const struct trail_contact *contact; /* by generation, person */
	struct crypt_hash digest;
	uint64_t visits;      /* that were looked through */
	struct utc_s horizon; /* the newest time among them */
};

/* `w` was read and checked; it says whose contacts, when, how far and how many. */
MUST_CHECK enum err trail_ask(struct trail *t, const struct trail_warrant *w,
			      const struct profile *p, struct arena *a, struct trail_answer *ret,
			      struct fault *f);
/* Where the person was whom the warrant is about, clipped to its window, by time. */
struct trail_stay {
	struct trail_place place;
	struct str seat, role, kind; /* as written; may be empty */
	struct utc_s from, to;
	struct utc_s begun; /* no visit of it began before: earlier than `from` if that is cut */
};
MUST_CHECK enum err trail_stays(struct trail *t, const struct trail_warrant *w, struct arena *a,
				const struct trail_stay **ret, size_t *ret_n, struct fault *f);
/*
 * What a sender calls the places of stays, as its batches said: ret[i] is empty where none did.
 * Names lie under the days of their visits, so the days of [begun, to) alone are opened, and of
 * these no more than it takes.
 */
MUST_CHECK enum err trail_called(struct trail *t, struct str sender, const struct trail_stay *stay,
				 size_t n, struct arena *a, struct str *ret, struct fault *f);
/* The text that the digest is over, for whoever holds a stored proof against it. */
void trail_answer_text(const struct trail_answer *a, struct buf *out);
/* Each with a blank behind it: there are tens of thousands in an answer. */
void trail_put_numbers(struct buf *out, const int64_t *v, size_t n);
#endif
