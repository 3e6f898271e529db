/* chance.c - random bytes that a test owns. */
#include "support/chance.h"

#include <stdlib.h>
#include <string.h>

const enum crypt_suite chance_suites[2] = { CRYPT_WORLD, CRYPT_SM };

static void fill(void *arg, void *p, size_t n)
{
	struct chance *c = arg;
	uint8_t *to = p;

	for (size_t i = 0; i < n; i++)
		if (c->n_given) {
			to[i] = *c->given++;
			c->n_given--;
		} else {
			to[i] = (uint8_t)(dice_next(&c->dice) >> 32);
		}
}

void chance_begin(struct chance *c, uint64_t seed)
{
	*c = (struct chance){ .dice = { seed }, .random = { fill, c } };
}

void chance_give(struct chance *c, const uint8_t *p, size_t n)
{
	c->given = p;
	c->n_given = n;
}

size_t chance_hex(const char *hex, uint8_t *ret, size_t max)
{
	size_t n = 0;

	for (;;) {
		char two[3] = { 0 }, *end;

		hex += strspn(hex, " ");
		if (!*hex)
			return n;
		memcpy(two, hex, strnlen(hex, 2));
		if (n == max)
			abort();
		ret[n++] = (uint8_t)strtoul(two, &end, 16);
		if (end != two + 2)
			abort();
		hex += 2;
	}
}
