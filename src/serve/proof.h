/*
 * proof.h - are visits that the ledger says have ended really gone? `outpost expiry verify` asks.
 *
 * For every day that was ended: no key of it in the key file, no pack in the database, no segment
 * on disk; and in the raw bytes of every file of the house and of each backup given, no place whose
 * hash is the print of its key. What is left of it in an old backup is bytes that nothing opens.
 *
 * Errors:   what the rooms say; what is left over is no error but stands in the report.
 */
#ifndef SERVE_PROOF_H
#define SERVE_PROOF_H
#include "base/memory.h"
#include "serve/house.h"

struct proof_day {
	int32_t day;
	struct utc_s at; /* when it was ended */
	char print[40];  /* of its key; "none" */
	uint64_t packs, visits;
	bool key_left, packs_left, segment_left;
};
struct proof {
	VEC(struct proof_day) days; /* newest first */
	uint64_t bytes, keys_found, backups;
	bool gone; /* nothing of any of them is left */
};
void proof_end(struct proof *p); /* for CLEANUP() */
/* What the entry of an ended day says. */
struct ledger_entry;
MUST_CHECK enum err proof_day_of(const struct ledger_entry *en, struct proof_day *ret);
/* The days that were ended, as the ledger has them. Of `tx` alone. */
MUST_CHECK enum err proof_list(struct tx *tx, struct area_code county, struct proof *ret,
			       struct fault *f);
MUST_CHECK enum err proof_look(struct house *h, const char *const *backup, size_t n_backups,
			       struct proof *ret, struct fault *f);
#endif
