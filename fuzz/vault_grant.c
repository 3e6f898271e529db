/* vault_grant.c - any bytes as a grant: none is believed that the house did not sign. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "vault/grant.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct crypt_public house = { { CRYPT_WORLD, 1 } };
	struct grant g;

	if (grant_read((struct str){ (const char *)p, n }, &house, &g) == OK)
		abort();
	return 0;
}
