/*
 * grant.h - leave to be told some names: signed by the house, checked inside the vault.
 *
 * A grant lists whom it is about. It is minted where something was decided (a trace was stored, a
 * task given, a pair put before a reviewer, a break-glass approved by a second person), addressed
 * to one account of one kind of agency, for one matter and purpose, with an end.
 *
 *     OPG1 | what is below, whole | n ids, ascending | signature over all of it before
 *
 * Life:     grant_sign -> bytes, kept with the result or the task -> vault_resolve(bytes).
 * Shapes:   at most GRANT_IDS_MAX ids, 8 bytes each.
 * Errors:   grant_sign: ERR_RANGE says what is missing or too wide. grant_read: ERR_SYNTAX, and
 *           ERR_WARRANT when the signature is not the house's.
 * Threads:  pure.
 * Source:   docs/adr/0015-vault.md; the fields of an agency: grant.c, with their reasons.
 */
#ifndef VAULT_GRANT_H
#define VAULT_GRANT_H
#include "base/base.h"
#include "base/text.h"
#include "crypt/crypt.h"
#include "vault/alike.h"

enum grant_kind {
	GRANT_TRACE = 1,   /* the people of a stored trace result */
	GRANT_TASK,        /* of a task */
	GRANT_REVIEW,      /* two records that may be one person's */
	GRANT_BREAK_GLASS, /* two people of two organisations said so */
	GRANT_KIND_N
};
const char *grant_kind_word(enum grant_kind k);

/* Whose question it is: what a grant to it may carry follows from that. */
enum grant_agency { GRANT_CDC = 1, GRANT_COMMUNITY, GRANT_POLICE, GRANT_TELECOM, GRANT_AGENCY_N };
const char *grant_agency_word(enum grant_agency a);
/* Bits 1 << enum vault_field; and 1 << enum grant_fact of what else may be told beside them. */
enum grant_fact { GRANT_DIAGNOSIS, GRANT_CHAIN, GRANT_PLACES, GRANT_TO_DO, GRANT_FACT_N };
const char *grant_fact_word(enum grant_fact f);
unsigned grant_agency_fields(enum grant_agency a);
unsigned grant_agency_facts(enum grant_agency a);

enum { GRANT_WORD_MAX = 64, GRANT_IDS_MAX = 20000, GRANT_BYTES_MAX = 512 + 8 * GRANT_IDS_MAX };

struct grant {
	enum grant_kind kind;
	enum grant_agency agency;
	int64_t id;      /* of the result, task, pair or break-glass; with kind: used once or not */
	int64_t account; /* who may use it */
	struct str matter, purpose; /* words, as the ledger has them */
	unsigned fields;            /* bits 1 << enum vault_field, within the agency's */
	struct utc_s issued, expires;
	bool single_use;
	const int64_t *ids; /* subjects or pseudonyms */
	size_t n;
	struct str list; /* in a grant that was read: the ids as they lie in the blob */
};

/* The longest life of a kind, in seconds. */
int64_t grant_life_max(enum grant_kind k);

/* Append the blob. Ids may come in any order, and are written sorted. */
MUST_CHECK enum err grant_sign(const struct grant *g, const struct crypt_signer *house,
			       struct buf *out, struct fault *f);
/* Read one and check its signature, not its time. Texts and list point into the blob. */
MUST_CHECK enum err grant_read(struct str blob, const struct crypt_public *house,
			       struct grant *ret);
int64_t grant_id(const struct grant *g, size_t i);
bool grant_lists(const struct grant *g, int64_t id);
/* Now, to this account? ERR_WARRANT with the sentence that says what is wrong. */
MUST_CHECK enum err grant_check(const struct grant *g, int64_t account, struct utc_s now,
				struct fault *f);
#endif
