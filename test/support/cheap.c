/*
 * cheap.c - passwords that are hashed at hardly any cost, since most tests only need somebody to be
 * logged in. A hash carries its cost, so whoever verifies one spends as little.
 *
 * Linked into the programs of tests, in place of libsodium's function, and into nothing else:
 * build/outpost hashes as it ships, in a test, too. The tests of passwords themselves go without
 * it (cmake/tests.cmake).
 */
#include <sodium.h>

int __real_crypto_pwhash_str_alg(char *ret, const char *password, unsigned long long n,
				 unsigned long long passes, size_t memory_bytes, int alg);
int __wrap_crypto_pwhash_str_alg(char *ret, const char *password, unsigned long long n,
				 unsigned long long passes, size_t memory_bytes, int alg);

int __wrap_crypto_pwhash_str_alg(char *ret, const char *password, unsigned long long n,
				 unsigned long long passes, size_t memory_bytes, int alg)
{
	(void)passes;
	(void)memory_bytes;
	return __real_crypto_pwhash_str_alg(ret, password, n, crypto_pwhash_argon2id_OPSLIMIT_MIN,
					    crypto_pwhash_argon2id_MEMLIMIT_MIN, alg);
}
