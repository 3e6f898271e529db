/* merkle.c - the tree of RFC 6962. */
#include "ledger/merkle.h"

#include <string.h>

#include "base/ban.h"

enum { NODE = 1 };

static void node_of(struct crypt_hasher *h, const struct merkle_node *left,
		    const struct merkle_node *right, struct merkle_node *ret)
{
	uint8_t all[1 + 2 * CRYPT_RAW_BYTES] = { NODE };
	struct crypt_hash got;

	memcpy(all + 1, left->v, CRYPT_RAW_BYTES);
	memcpy(all + 1 + CRYPT_RAW_BYTES, right->v, CRYPT_RAW_BYTES);
	crypt_hasher_add(h, all, sizeof all);
	crypt_hasher_take(h, &got);
	memcpy(ret->v, got.v + 1, CRYPT_RAW_BYTES);
}

static bool same(const struct merkle_node *a, const struct merkle_node *b)
{
	return memcmp(a->v, b->v, CRYPT_RAW_BYTES) == 0;
}

/* ---- the root, leaf by leaf ---- */

void merkle_begin(struct merkle *m, struct crypt_hasher *h)
{
	m->h = h;
	m->n = 0;
}

static int n_full(uint64_t n)
{
	return __builtin_popcountll(n);
}

void merkle_add(struct merkle *m, const struct merkle_node *leaf)
{
	int top = n_full(m->n);

	m->full[top] = *leaf;
	/* Each bit that the count carries over joins the last two subtrees, which are as large. */
	for (uint64_t carry = m->n; carry & 1; carry >>= 1, top--)
		node_of(m->h, &m->full[top - 1], &m->full[top], &m->full[top - 1]);
	m->n++;
}

void merkle_root(const struct merkle *m, struct merkle_node *ret)
{
	int top = n_full(m->n);
	struct crypt_hash nothing;

	if (top == 0) {
		crypt_hasher_take(m->h, &nothing);
		memcpy(ret->v, nothing.v + 1, CRYPT_RAW_BYTES);
		return;
	}
	*ret = m->full[--top];
	while (top-- > 0)
		node_of(m->h, &m->full[top], ret, ret);
}

/* ---- proofs ---- */

static void root_of(struct crypt_hasher *h, const struct merkle_node *leaves, uint64_t n,
		    struct merkle_node *ret)
{
	struct merkle m;

	merkle_begin(&m, h);
	for (uint64_t i = 0; i < n; i++)
		merkle_add(&m, &leaves[i]);
	merkle_root(&m, ret);
}

/* The largest power of two below n, n > 1: where RFC 6962 splits. */
static uint64_t split(uint64_t n)
{
	return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

static void turn_over(struct merkle_path *p)
{
	for (size_t i = 0; i < p->n / 2; i++) {
		struct merkle_node t = p->v[i];

		p->v[i] = p->v[p->n - 1 - i];
		p->v[p->n - 1 - i] = t;
	}
}

void merkle_inclusion(struct crypt_hasher *h, const struct merkle_node *leaves, uint64_t n,
		      uint64_t i, struct merkle_path *ret)
{
	assert(i < n);
	ret->n = 0;
	/* From the root down, always keeping the side on which i is not. */
	while (n > 1) {
		uint64_t k = split(n);

		if (i < k) {
			root_of(h, leaves + k, n - k, &ret->v[ret->n++]);
			n = k;
		} else {
			root_of(h, leaves, k, &ret->v[ret->n++]);
			leaves += k;
			i -= k;
			n -= k;
		}
	}
	turn_over(ret); /* a proof begins at the leaf */
}

bool merkle_includes(struct crypt_hasher *h, const struct merkle_node *leaf, uint64_t i, uint64_t n,
		     const struct merkle_path *path, const struct merkle_node *root)
{
	struct merkle_node at = *leaf;
	uint64_t last = n - 1;

	if (n == 0 || i >= n)
		return false;
	for (size_t k = 0; k < path->n; k++) {
		if (last == 0)
			return false;
		if ((i & 1) || i == last) {
			node_of(h, &path->v[k], &at, &at);
			while (!(i & 1) && i) {
				i >>= 1;
				last >>= 1;
			}
		} else {
			node_of(h, &at, &path->v[k], &at);
		}
		i >>= 1;
		last >>= 1;
	}
	return last == 0 && same(&at, root);
}

void merkle_consistency(struct crypt_hasher *h, const struct merkle_node *leaves, uint64_t m,
			uint64_t n, struct merkle_path *ret)
{
	bool whole = true; /* the first m are still a whole tree by themselves, which all know */

	assert(m > 0 && m <= n);
	ret->n = 0;
	while (m < n) {
		uint64_t k = split(n);

		if (m <= k) {
			root_of(h, leaves + k, n - k, &ret->v[ret->n++]);
			n = k;
		} else {
			root_of(h, leaves, k, &ret->v[ret->n++]);
			leaves += k;
			m -= k;
			n -= k;
			whole = false;
		}
	}
	if (!whole)
		root_of(h, leaves, m, &ret->v[ret->n++]);
	turn_over(ret);
}

bool merkle_continues(struct crypt_hasher *h, uint64_t m, uint64_t n,
		      const struct merkle_path *path, const struct merkle_node *root_m,
		      const struct merkle_node *root_n)
{
	struct merkle_node old, new;
	uint64_t at = m - 1, last = n - 1;
	size_t k = 0;

	if (m == 0 || m > n)
		return false;
	if (m == n)
		return path->n == 0 && same(root_m, root_n);
	/* A power of two is a node of the larger tree, and its root need not be told. */
	if ((m & (m - 1)) == 0)
		old = *root_m;
	else if (path->n == 0)
		return false;
	else
		old = path->v[k++];
	while (at & 1) {
		at >>= 1;
		last >>= 1;
	}
	new = old;
	for (; k < path->n; k++) {
		if (last == 0)
			return false;
		if ((at & 1) || at == last) {
			node_of(h, &path->v[k], &old, &old);
			node_of(h, &path->v[k], &new, &new);
			while (!(at & 1) && at) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			node_of(h, &new, &path->v[k], &new);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && same(&old, root_m) && same(&new, root_n);
}
