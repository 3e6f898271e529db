/*
 * sound.h - is the house in order? What `outpost verify` and `outpost fsck` ask.
 *
 *   I1   no acknowledged write is lost: every receipt kept with a reply has its entry
 *   I3   an open task has one owner, who is at work; I4 no deadline later without a reason;
 *   I5   what is late has climbed, and is told; I6 nothing is told twice (loop.h)
 *   I7   the ledger is whole, and rows are as their last entries left them
 *   I8   each batch's account adds up with what is stored of it, and its rows are those it brought
 *   I9   files that prove tasks are there, and what their rows and entries say
 *   I10  segments of visits are what their packs say
 *   I11  nothing that the vault knows of people stands in clear outside it (vault/clear.h says what
 *        it can see); where somebody should look is told, what was found there is not
 *   I12  the database itself is sound
 *
 * (I2, half a write, would show as a row without its entry: I7.) Further invariants come with the
 * nouns they speak of.
 */
#ifndef SERVE_SOUND_H
#define SERVE_SOUND_H
#include "intake/intake.h"
#include "loop/evidence.h"
#include "ledger/verify.h"
#include "loop/loop.h"
#include "serve/house.h"
#include "trail/trail.h"

struct sound_ask {
	const char *against, *fingerprint; /* as verify_ask */
	bool whole;                        /* also I1 and I12 */
	struct utc_s alive_at;             /* as verify_ask */
};
enum { SOUND_CLEAR_TOLD = 20 };
struct sound_clear {
	uint64_t values;       /* that were looked for */
	uint64_t texts, bytes; /* of tables, of files: looked at */
	uint64_t found;        /* places with an ID number, a telephone or an address */
	uint64_t names;        /* places with a name alone, which may be a word as well */
	char where[SOUND_CLEAR_TOLD][128]; /* "table.column", or a file; the first ones */
};
/* I11 alone. */
MUST_CHECK enum err sound_clear_look(struct house *h, struct sound_clear *ret, struct fault *f);

struct sound_report {
	struct verify_report ledger;
	uint64_t receipts, receipts_lost;
	struct trail_report trail;
	struct intake_report intake;
	struct loop_report loop;
	struct sound_clear clear;
	struct evidence_report evidence;
};
/* ERR_CORRUPT: the database is not sound. */
MUST_CHECK enum err sound_look(struct house *h, const struct sound_ask *ask,
			       struct sound_report *ret, struct fault *f);
#endif
