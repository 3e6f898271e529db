/*
 * entry.h - the bytes of an entry, and the hash that chains it.
 *
 *     version 1 | county | seq | at | kind | actor | session | purpose | matter | object |
 *     object_id | action | version | before | after | detail
 *
 * Numbers are eight bytes, big-endian; kind and the lengths of texts one, that of detail two; a
 * hash is its suite and 32 bytes, or one zero. One entry has one form: what reads back is what
 * would be written.
 *
 *     hash = H(0 | hash of the entry before, or 33 zeros | bytes)
 *
 * The leading 0 makes this the leaf hash of RFC 6962 too: the chain and the tree share one hash.
 *
 * Memory:   texts of a parsed entry point into the bytes.
 * Errors:   ERR_CORRUPT; ERR_VERSION a later form; ERR_RANGE (entry_check) what may not be said.
 */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H
#include "ledger/ledger.h"

/* The rules of every field. */
MUST_CHECK enum err entry_check(const struct ledger_entry *en, struct fault *f);
/* Of a checked entry; how many bytes. */
size_t entry_write(const struct ledger_entry *en, uint8_t ret[LEDGER_ENTRY_BYTES_MAX]);
MUST_CHECK enum err entry_parse(struct str bytes, struct ledger_entry *ret);
/* prev: LEDGER_NO_HASH for the first of a chain. */
void entry_hash(struct crypt_hasher *h, const struct crypt_hash *prev, struct str bytes,
		struct crypt_hash *ret);

#endif
