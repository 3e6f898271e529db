/*
 * clear.h - does anything that the vault knows of a person stand in clear somewhere else? For fsck.
 *
 * Every name, ID number, telephone and address in the vault is opened once, made a digest under a
 * key drawn for this run, and wiped. Text from elsewhere is then cut into what could be one of
 * them, and digests are compared: no name leaves this room, and what is asked stays where it was.
 *
 *     an ID number   15 or 18 signs without a digit beside them
 *     a telephone    7 digits or more, blanks and dashes among them left out
 *     a name         of three or more Han characters anywhere; of two, with nothing Han beside it
 *     an address     a whole text, when that is what is given (`whole`)
 *
 * So it can be wrong: a name of two characters inside a sentence is not seen, nor one in Latin
 * letters, and a name that is also a word is. It says where somebody should look.
 *
 * Life:     clear_open -> clear_text, clear_piece -> clear_end. The vault may be at work meanwhile.
 * Shapes:   8 bytes and one opening (10 us) a value; 2 us a Han character of text.
 * Threads:  one at a time.
 * Errors:   ERR_ABSENT there is no vault in the house; those of its database and keys.
 */
#ifndef VAULT_CLEAR_H
#define VAULT_CLEAR_H
#include "base/base.h"
#include "base/text.h"
#include "vault/alike.h"

struct clear;
MUST_CHECK enum err clear_open(const char *dir, struct clear **ret, struct fault *f);
void clear_end(struct clear **c);             /* wipes; for CLEANUP() */
uint64_t clear_values(const struct clear *c); /* that are looked for */

/* One text of its own, as a cell of a table. *ret: bits 1 << enum vault_field of what was found. */
MUST_CHECK enum err clear_text(struct clear *c, struct str text, unsigned *ret);
/* The next bytes of something long, of which a value may lie across two pieces; empty: it ends. */
MUST_CHECK enum err clear_piece(struct clear *c, struct str bytes, unsigned *ret);
#endif
