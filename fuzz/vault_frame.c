/* vault_frame.c - any bytes as frames, identities and their comparable forms. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vault/alike.h"
#include "vault/wire.h"

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* What was read is written as it was. */
static void read_identities(struct str body)
{
	struct wire_in in = { (const uint8_t *)body.p, body.n, false };
	struct alike_form before = { 0 };

	while (in.n && !in.bad) {
		CLEANUP(buf_release) struct buf again = { 0 };
		CLEANUP(buf_release) struct buf keys = { 0 };
		const uint8_t *from = in.p;
		struct vault_identity who;
		struct alike_form form;
		size_t end[ALIKE_KEYS_MAX];

		wire_identity(&in, &who);
		if (in.bad)
			return;
		wire_put_identity(&again, &who);
		check(again.n == (size_t)(in.p - from) && memcmp(again.p, from, again.n) == 0);
		alike_form(&who, &form);
		check(alike_keys(&form, &keys, end) <= ALIKE_KEYS_MAX);
		check(alike_compare(&form, &before).score == alike_compare(&before, &form).score);
		(void)alike_key_of(&who, &keys);
		before = form;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct wire_head head;

	if (n < WIRE_HEAD_BYTES || wire_head(p, &head))
		return 0;
	check(head.bytes <= WIRE_BODY_MAX);
	read_identities((struct str){ (const char *)p + WIRE_HEAD_BYTES, n - WIRE_HEAD_BYTES });
	return 0;
}
