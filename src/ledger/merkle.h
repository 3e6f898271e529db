/*
 * merkle.h - the tree of RFC 6962: one hash for many, and short proofs that one is among them.
 *
 * Leaves are hashes of 32 bytes that somebody else made (with a 0 or a 2 in front, entry.h and
 * head.h); an inner node is H(1 | left | right). The root of nothing is the hash of nothing.
 *
 * Life:     merkle_begin, merkle_add ..., merkle_root at any time between.
 * Shapes:   a hash and a half a leaf; proofs of at most 64 hashes, made in O(n) from all leaves.
 * Threads:  one; the hasher is borrowed and used.
 * Source:   RFC 6962 2.1; the checks as in RFC 9162 2.1.3.2 and 2.1.4.2.
 */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H
#include "crypt/crypt.h"

enum { MERKLE_DEPTH_MAX = 64 };

struct merkle_node { uint8_t v[CRYPT_RAW_BYTES]; };

struct merkle {
	struct crypt_hasher *h;
	uint64_t n;
	struct merkle_node full[MERKLE_DEPTH_MAX]; /* of the whole subtrees of n, largest first */
};
void merkle_begin(struct merkle *m, struct crypt_hasher *h);
void merkle_add(struct merkle *m, const struct merkle_node *leaf);
void merkle_root(const struct merkle *m, struct merkle_node *ret);

struct merkle_path {
	size_t n;
	struct merkle_node v[MERKLE_DEPTH_MAX];
};
/* That leaf i is in the tree of all n. */
void merkle_inclusion(struct crypt_hasher *h, const struct merkle_node *leaves, uint64_t n,
		      uint64_t i, struct merkle_path *ret);
bool merkle_includes(struct crypt_hasher *h, const struct merkle_node *leaf, uint64_t i, uint64_t n,
		     const struct merkle_path *path, const struct merkle_node *root);
/* That the tree of all n begins with that of the first m, 0 < m <= n. */
void merkle_consistency(struct crypt_hasher *h, const struct merkle_node *leaves, uint64_t m,
			uint64_t n, struct merkle_path *ret);
bool merkle_continues(struct crypt_hasher *h, uint64_t m, uint64_t n,
		      const struct merkle_path *path, const struct merkle_node *root_m,
		      const struct merkle_node *root_n);

#endif
