/*
 * verify_heads.h - one or two files of heads, held against themselves and each other, and then as
 * what was signed of each county in order. Private to the room.
 */
#ifndef LEDGER_VERIFY_HEADS_H
#define LEDGER_VERIFY_HEADS_H
#include "ledger/head.h"
#include "ledger/verify.h"

struct verify_range {
	int64_t n; /* the head; 0: none */
	enum crypt_suite suite;
	bool elsewhere; /* only the other file knows of it */
	struct head_line line;
};

struct verify_heads;
/* What is wrong with the files goes into the report. */
MUST_CHECK enum err verify_heads_new(const struct verify_ask *ask, struct verify_report *r,
				     struct verify_heads **ret, struct fault *f);
void verify_heads_end(struct verify_heads **h);
/* The i-th signed range of a county; false: there are not so many. */
bool verify_heads_range(const struct verify_heads *h, struct area_code county, size_t i,
			struct verify_range *ret);
/* The last head that went back after a restore; 0: there is none. */
int64_t verify_heads_restored(const struct verify_heads *h);
/* The first county after `last` of which something was signed; INT64_MAX: none. */
int64_t verify_heads_county(const struct verify_heads *h, int64_t last);

/* Say it in the report unless something as bad or worse was said before. */
bool verify_say(struct verify_report *r, enum verify_verdict v, const char *zh, const char *en);

#endif
