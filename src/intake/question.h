/*
 * question.h - who was at these places at these times: what a feed of visits is asked for a case.
 *
 * The question travels, not the data. Who asks has a case's warrant (src/epidemic); whoever holds
 * the feed's API key sees a token, places that it named itself, whole hours, and until when; its
 * answer is a batch of visits like any other, pushed with that token. What the answer says of other
 * places and times is refused, row by row, and a longer visit is clipped. Where the case was lies
 * sealed under the keys of its days, and goes when the question is over.
 *
 * Whoever is asked knows that a confirmed case was there in those hours. It brought the case's own
 * visits itself, so it can narrow down whose they were: to all whom it holds at each of the places
 * in each of the hours; with several places that may be one.
 *
 * An answer comes in as many batches as its sender likes. The question is closed by the one that
 * says it is the last (`last=true`), by one without rows ("nobody", or nobody else), and by its
 * time. A batch that waits for a person closes it as if it had come in; one that goes, whyever,
 * opens it again. One whose rows were all refused has said nothing: it does neither.
 *
 * Life:     question_called before the act, question_ask in it; question_of_* -> question_fits,
 *           question_answer.
 * Memory:   in the arena that is given.
 * Errors:   question_of_token: ERR_ABSENT, this feed was not asked; ERR_CONFLICT, it is closed.
 * Source:   docs/adr/0031-question.md; trust.md P9
 */
#ifndef INTAKE_QUESTION_H
#define INTAKE_QUESTION_H
#include "intake/feed.h"
#include "trail/ask.h"

struct call;
struct intake;
struct tx;

enum question_state { QUESTION_OPEN = 1, QUESTION_CLOSED, QUESTION_STATE_N };

/* ---- asking ---- */
struct question_ask {
	const struct feed *feed;
	int64_t case_id, warrant, asked_by;
	int64_t subject; /* whom the case is about: told when the feed is (look/look.h) */
	struct utc_s now, due;
	const struct trail_stay *stay; /* where the case was */
	const struct str *called;      /* each one's place, by the feed; empty: not by it */
	size_t n;
};
struct question_asked {
	int64_t id, places, left_out; /* left out: of places that the feed has not named */
};
/* The whole hour that is not before this instant: to the second, a time names a warrant. */
struct utc_s question_hour(struct utc_s at);
MUST_CHECK enum err question_feed(const struct intake *in, struct tx *tx, int64_t id,
				  struct arena *a, struct feed **ret, struct fault *f);
/* What a feed calls the places of these stays. */
MUST_CHECK enum err question_called(const struct intake *in, int64_t feed,
				    const struct trail_stay *stay, size_t n, struct arena *a,
				    const struct str **ret, struct fault *f);
/* ERR_CONFLICT: it is asked already, or there is nothing that could be asked. */
MUST_CHECK enum err question_ask(const struct intake *in, struct tx *tx,
				 const struct question_ask *q, struct question_asked *ret,
				 struct fault *f);
/* The case is none any more: its questions are over. */
MUST_CHECK enum err question_end(struct call *c, struct tx *tx, int64_t case_id, struct fault *f);
/* As JSON, `items`, and `more` than that: what became of those of a case, newest first. */
MUST_CHECK enum err question_tell_case(struct call *c, struct tx *tx, int64_t case_id,
				       struct fault *f);

/* ---- answering ---- */
struct question_place {
	struct trail_place place;
	struct utc_s from, to;
	struct str called; /* by the feed */
};
struct question {
	int64_t id;
	struct area_code county;
	size_t n;
	const struct question_place *place;
};
MUST_CHECK enum err question_of_token(const struct intake *in, struct tx *tx,
				      const struct feed *feed, struct str token, struct utc_s now,
				      struct arena *a, const struct question **ret,
				      struct fault *f);
/* What a held batch answers; NULL: nothing. ERR_CONFLICT: it is over. */
MUST_CHECK enum err question_of_batch(const struct intake *in, struct tx *tx,
				      struct area_code county, int64_t batch, struct utc_s now,
				      struct arena *a, const struct question **ret,
				      struct fault *f);
/* Is this visit of what was asked? If so, it is clipped to the asked window. Pure. */
enum question_fit {
	QUESTION_FITS,
	QUESTION_FITS_NONE,
	QUESTION_FITS_MANY /* of more than one window: what lies between them was not asked */
};
enum question_fit question_fits(const struct question *q, struct trail_visit *v);
/* One batch of its answer. ERR_CONFLICT: it is closed. */
struct question_answer {
	const struct question *q;
	int64_t batch;
	bool last, held; /* held: it waits for a person */
};
MUST_CHECK enum err question_answer(struct tx *tx, const struct question_answer *x,
				    struct utc_s now, struct fault *f);
/* A batch that is stored already comes again: the state of the question that its token names. */
struct question_again {
	struct str token;
	int64_t batch;
	bool said,
		last; /* the batch has said something; the last one is what its sender says now */
	enum question_state state; /* of the question now */
	int64_t closed;            /* the question, if it is closed by this; else 0 */
};
/* ERR_ABSENT: this feed was not asked. ERR_CONFLICT: the batch answers another one, or none. */
MUST_CHECK enum err question_again(struct tx *tx, const struct feed *feed, struct question_again *x,
				   struct utc_s now, struct fault *f);
/* What was held comes in. ERR_CONFLICT: the question is over. */
MUST_CHECK enum err question_let_in(struct tx *tx, const struct question *q, int64_t batch,
				    struct utc_s now, struct fault *f);
/* A held batch that said nothing goes, and its question stays as it is. */
MUST_CHECK enum err question_forget(struct tx *tx, struct area_code county, int64_t batch,
				    struct fault *f);
/* What a batch answered is open again: it was recalled, or turned away. */
MUST_CHECK enum err question_reopen(struct call *c, struct tx *tx, struct area_code county,
				    int64_t batch, struct fault *f);

/* Places and times of questions that are over are deleted; each minute or so. */
MUST_CHECK enum err question_expire(const struct intake *in, struct utc_s now, struct fault *f);
#endif
