/*
 * warrant.h - leave to trace: what a confirmed case gives, and to whom, and no byte more.
 *
 *     OPW1 | every field of struct trail_warrant, whole | the house's signature over all before it
 *
 * It is minted in the transaction that confirms a case and nowhere else, signed with the house's
 * key, and told to the officer it names. Whoever asks for a trace presents it; what was altered by
 * any byte is no warrant. The engine's own warrant (engine/trace) is filled from it and from
 * nothing else: no function of this room takes a person.
 *
 * Life:     warrant_mint -> bytes or text -> warrant_read -> warrant_check -> trail_ask.
 * Units:    instants; the window is half-open.
 * Errors:   warrant_mint: ERR_RANGE, what is wider than the limits (limit.h). Else ERR_WARRANT,
 *           with the sentence that says what is wrong and what to do.
 * Threads:  pure.
 * Source:   docs/adr/0017-warrant.md
 */
#ifndef TRAIL_WARRANT_H
#define TRAIL_WARRANT_H
#include "base/area.h"
#include "base/text.h"
#include "crypt/crypt.h"
#include "record/field.h"

enum { WARRANT_WORD_MAX = 48, WARRANT_BYTES_MAX = 400 };

struct trail_warrant {
	struct record_id id, case_id;
	struct area_code area; /* the case's */
	int64_t officer;       /* the account that may use it */
	int64_t index;         /* pseudonym of the person the case is about; 0: no visits known */
	struct utc_s from, to; /* window */
	int64_t generations, people;
	struct utc_s issued, expires;
	struct str basis;   /* the legal ground, a word: "infectious-disease-law-40" */
	struct str profile; /* "id@version" whose window and rules it is for */
};

/* Append the blob. */
MUST_CHECK enum err warrant_mint(const struct trail_warrant *w, const struct crypt_signer *house,
				 struct buf *out, struct fault *f);
/* Read one and check the signature, not its time. Texts point into the blob. */
MUST_CHECK enum err warrant_read(struct str blob, const struct crypt_public *house,
				 struct trail_warrant *ret, struct fault *f);
/* As text: base64url. */
void warrant_text(struct str blob, struct buf *out);
MUST_CHECK enum err warrant_of_text(struct str text, struct buf *ret, struct fault *f);

/* What somebody wants to do with it. 0 and {0}: as far as the warrant goes. */
struct warrant_use {
	struct record_id case_id;
	struct area_code area; /* the case's, as it is stored now */
	int64_t officer;
	struct utc_s now;
	struct utc_s from, to;
	int64_t generations;
};
/* Within it? Narrows *w to what is asked. */
MUST_CHECK enum err warrant_check(struct trail_warrant *w, const struct warrant_use *use,
				  struct fault *f);
#endif
