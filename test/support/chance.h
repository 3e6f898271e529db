/*
 * chance.h - random bytes that a test owns, and bytes written as hex.
 *
 * chance_bytes plays given bytes and then goes on with dice; two of the same seed are equal.
 */
#ifndef TEST_SUPPORT_CHANCE_H
#define TEST_SUPPORT_CHANCE_H
#include "base/dice.h"
#include "base/text.h"
#include "crypt/crypt.h"

struct chance {
	struct dice dice;
	const uint8_t *given;
	size_t n_given;
	struct crypt_random random; /* hand this on */
};
void chance_begin(struct chance *c, uint64_t seed);
void chance_give(struct chance *c, const uint8_t *p, size_t n);
/* Hex to at most `max` bytes (spaces are passed over); how many. Anything else ends the test. */
size_t chance_hex(const char *hex, uint8_t *ret, size_t max);

extern const enum crypt_suite chance_suites[2]; /* every test of secrets runs under both */

#endif
