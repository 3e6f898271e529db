/*
 * vaulted.h - a vault for tests: its process, a way to it, a house that signs, a clock to turn.
 *
 * It lies in the folder "house" of the test's own folder, and stays there when it is closed.
 */
#ifndef TEST_SUPPORT_VAULTED_H
#define TEST_SUPPORT_VAULTED_H
#include "vault/grant.h"
#include "vault/vault.h"

enum { VAULTED_NOW = 1790000000 };

struct vaulted {
	struct vault_process *process;
	struct vault *v;
	struct crypt_signer *signer;
	int64_t *now_s; /* seen by the vault's process, too */
	struct clock wall;
	struct fault fault;
};
/* Begins it, or fails the test. */
void vaulted_open(struct vaulted *h, enum crypt_suite suite);
void vaulted_close(struct vaulted *h);
/* The process that is the vault itself, to kill; 0 while it is being begun anew. */
int vaulted_pid(const struct vaulted *h);

/* A grant of this kind for account 7, all fields of the centre, an hour. */
struct grant vaulted_grant(const struct vaulted *h, enum grant_kind kind, const int64_t *ids,
			   size_t n);
struct str vaulted_sign(struct vaulted *h, const struct grant *g, struct buf *out);

struct vault_identity vaulted_person(const char *name, const char *id_number, const char *phone);
/* A valid ID number for the n-th person. */
void vaulted_id_number(uint64_t n, char ret[19]);
#endif
