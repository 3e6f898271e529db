/*
 * sound.h - is the house in order? What `outpost verify` and `outpost fsck` ask.
 *
 *   I1   no acknowledged write is lost: every receipt kept with a reply has its entry
 *   I3   an open task has one owner, who is at work; I4 no deadline later without a reason;
 *   I5   what is late has climbed, and is told; I6 nothing is told twice (loop.h)
 *   I7   the ledger is whole, and rows are as their last entries left them
 *   I8   each batch's account adds up with what is stored of it, and its rows are those it brought
 *   I10  segments of visits are what their packs say
 *   I12  the database itself is sound
 *
 * (I2, half a write, would show as a row without its entry: I7.) Further invariants come with the
 * nouns they speak of.
 */
#ifndef SERVE_SOUND_H
#define SERVE_SOUND_H
#include "intake/intake.h"
#include "ledger/verify.h"
#include "loop/loop.h"
#include "serve/house.h"
#include "trail/trail.h"

struct sound_ask {
	const char *against, *fingerprint; /* as verify_ask */
	bool whole;                        /* also I1 and I12 */
	struct utc_s alive_at;             /* as verify_ask */
};
struct sound_report {
	struct verify_report ledger;
	uint64_t receipts, receipts_lost;
	struct trail_report trail;
	struct intake_report intake;
	struct loop_report loop;
};
/* ERR_CORRUPT: the database is not sound. */
MUST_CHECK enum err sound_look(struct house *h, const struct sound_ask *ask,
			       struct sound_report *ret, struct fault *f);
#endif
