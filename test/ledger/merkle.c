/*
 * merkle.c - the tree against its definition, and against published roots.
 *
 * The eight leaves and roots are those of the reference tests of Certificate Transparency
 * (google/certificate-transparency, merkletree/merkle_tree_test.cc).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "ledger/merkle.h"
#include "support/chance.h"

static void published_leaf(struct crypt_hasher *h, const char *hex, struct merkle_node *ret)
{
	uint8_t bytes[32] = { 0 };
	size_t n = 1 + chance_hex(hex, bytes + 1, sizeof bytes - 1);
	struct crypt_hash got;

	crypt_hasher_add(h, bytes, n);
	crypt_hasher_take(h, &got);
	memcpy(ret->v, got.v + 1, sizeof ret->v);
}

static void roots_are_the_published_ones(void **state)
{
	static const char *const LEAVES[] = { "",
					      "00",
					      "10",
					      "2021",
					      "3031",
					      "40414243",
					      "5051525354555657",
					      "606162636465666768696a6b6c6d6e6f" };
	static const char *const ROOTS[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
	};
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
	struct merkle m;

	(void)state;
	assert_int_equal(crypt_hasher_new(CRYPT_WORLD, &h), OK);
	merkle_begin(&m, h);
	for (size_t n = 0; n < ARRAY_LEN(ROOTS); n++) {
		struct merkle_node leaf, root;
		uint8_t want[CRYPT_RAW_BYTES];

		chance_hex(ROOTS[n], want, sizeof want);
		merkle_root(&m, &root);
		assert_memory_equal(root.v, want, sizeof want);
		if (n < ARRAY_LEN(LEAVES)) {
			published_leaf(h, LEAVES[n], &leaf);
			merkle_add(&m, &leaf);
		}
	}
}

/* RFC 6962 2.1, word for word. */
static struct merkle_node slow_root(struct crypt_hasher *h, const struct merkle_node *leaf,
				    size_t n)
{
	uint8_t all[65] = { 1 };
	struct crypt_hash got;
	struct merkle_node ret, left, right;
	size_t k = 1;

	if (n == 1)
		return leaf[0];
	while (k * 2 < n)
		k *= 2;
	left = slow_root(h, leaf, k);
	right = slow_root(h, leaf + k, n - k);
	memcpy(all + 1, left.v, 32);
	memcpy(all + 33, right.v, 32);
	crypt_hasher_add(h, all, sizeof all);
	crypt_hasher_take(h, &got);
	memcpy(ret.v, got.v + 1, 32);
	return ret;
}

enum { MANY = 70 };

static void some_leaves(struct merkle_node *leaf, size_t n)
{
	struct dice d = { 1 };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof leaf->v; k++)
			leaf[i].v[k] = (uint8_t)dice_next(&d);
}

static void roots_are_what_the_definition_gives(void **state)
{
	static struct merkle_node leaf[300];

	(void)state;
	some_leaves(leaf, ARRAY_LEN(leaf));
	for (size_t s = 0; s < ARRAY_LEN(chance_suites); s++) {
		CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;
		struct merkle m;

		assert_int_equal(crypt_hasher_new(chance_suites[s], &h), OK);
		merkle_begin(&m, h);
		for (size_t n = 1; n <= ARRAY_LEN(leaf); n++) {
			struct merkle_node root, want = slow_root(h, leaf, n);

			merkle_add(&m, &leaf[n - 1]);
			merkle_root(&m, &root);
			assert_memory_equal(root.v, want.v, sizeof want.v);
		}
	}
}

static void a_leaf_is_proved_where_it_is_and_nowhere_else(void **state)
{
	static struct merkle_node leaf[MANY];
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;

	(void)state;
	assert_int_equal(crypt_hasher_new(CRYPT_WORLD, &h), OK);
	some_leaves(leaf, MANY);
	for (size_t n = 1; n <= MANY; n++) {
		struct merkle_node root = slow_root(h, leaf, n);

		for (size_t i = 0; i < n; i++) {
			struct merkle_path path;

			merkle_inclusion(h, leaf, n, i, &path);
			assert_true(merkle_includes(h, &leaf[i], i, n, &path, &root));
			for (size_t k = 0; k < n; k++)
				if (k != i) {
					assert_false(
						merkle_includes(h, &leaf[i], k, n, &path, &root));
					assert_false(
						merkle_includes(h, &leaf[k], i, n, &path, &root));
				}
			for (size_t k = 0; k < path.n; k++) {
				path.v[k].v[k] ^= 1;
				assert_false(merkle_includes(h, &leaf[i], i, n, &path, &root));
				path.v[k].v[k] ^= 1;
			}
			path.n++;
			assert_false(merkle_includes(h, &leaf[i], i, n, &path, &root));
			path.n--;
			if (path.n) {
				path.n--;
				assert_false(merkle_includes(h, &leaf[i], i, n, &path, &root));
			}
		}
		assert_false(merkle_includes(h, &leaf[0], n, n, &(struct merkle_path){ 0 }, &root));
	}
}

static void a_tree_is_proved_to_begin_with_each_smaller_one(void **state)
{
	static struct merkle_node leaf[MANY], other[MANY];
	CLEANUP(crypt_hasher_end) struct crypt_hasher *h = NULL;

	(void)state;
	assert_int_equal(crypt_hasher_new(CRYPT_SM, &h), OK);
	some_leaves(leaf, MANY);
	for (size_t n = 1; n <= MANY; n++)
		for (size_t m = 1; m <= n; m++) {
			struct merkle_node old = slow_root(h, leaf, m), new = slow_root(h, leaf, n);
			struct merkle_node false_old;
			struct merkle_path path;

			merkle_consistency(h, leaf, m, n, &path);
			assert_true(merkle_continues(h, m, n, &path, &old, &new));
			memcpy(other, leaf, sizeof leaf);
			other[m / 2].v[0] ^= 1; /* a history that was rewritten */
			false_old = slow_root(h, other, m);
			assert_false(merkle_continues(h, m, n, &path, &false_old, &new));
			for (size_t k = 0; k < path.n; k++) {
				path.v[k].v[3] ^= 1;
				assert_false(merkle_continues(h, m, n, &path, &old, &new));
				path.v[k].v[3] ^= 1;
			}
			path.n++;
			assert_false(merkle_continues(h, m, n, &path, &old, &new));
			assert_false(merkle_continues(h, n + 1, n, &path, &old, &new));
			assert_false(merkle_continues(h, 0, n, &path, &old, &new));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_the_published_ones),
		cmocka_unit_test(roots_are_what_the_definition_gives),
		cmocka_unit_test(a_leaf_is_proved_where_it_is_and_nowhere_else),
		cmocka_unit_test(a_tree_is_proved_to_begin_with_each_smaller_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
