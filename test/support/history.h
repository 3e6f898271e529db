/*
 * history.h - things that might have happened: ledger entries by dice, and signers.
 */
#ifndef TEST_SUPPORT_HISTORY_H
#define TEST_SUPPORT_HISTORY_H
#include "base/dice.h"
#include "crypt/crypt.h"
#include "ledger/ledger.h"

/* A county of the demo province by number, 0 .. 121; each is another. */
struct area_code history_county(uint32_t i);
/* An entry that passes all rules, seq and all; its texts are constants. */
struct ledger_entry history_entry(struct dice *d, struct area_code county, int64_t seq,
				  struct utc_s at);
bool history_same(const struct ledger_entry *a, const struct ledger_entry *b);
struct crypt_signer *history_signer(enum crypt_suite suite, uint64_t seed);

#endif
