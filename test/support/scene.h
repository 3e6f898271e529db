/*
 * scene.h - a house in which things happen: a database, a ledger in it, a keeper of heads, a clock.
 *
 * scene_act does something to a toy object (table scene_thing, rows hashed as those of a noun);
 * scene_head lets a minute pass and signs. scene_raw is what the attacker with the database's own
 * tools can do: any SQL, past every guard of ours.
 */
#ifndef TEST_SUPPORT_SCENE_H
#define TEST_SUPPORT_SCENE_H
#include "ledger/heads.h"
#include "ledger/verify.h"
#include "support/database.h"
#include "support/history.h"
#include "support/paths.h"

struct scene {
	struct database *d;
	struct dice dice;
	struct utc_s now;
	struct crypt_signer *signer;
	struct heads *heads;
	enum crypt_suite suite;
	struct path folder; /* heads, copies */
	char heads_path[PATHS_BYTES + 16], copy_folder[PATHS_BYTES + 16];
	char copy_path[PATHS_BYTES + 64];
	struct ledger_receipt last; /* of the last act */
};

/* Steps of the program and the toy's; call before the tests run. */
void scene_steps(void);
void scene_begin(struct scene *s, struct database *d, enum crypt_suite suite, uint64_t seed);
void scene_end(struct scene *s); /* for CLEANUP() */
/* Make or edit toy object `id` of a county; take it away for good; read it. */
void scene_act(struct scene *s, uint32_t county, int64_t id);
void scene_remove(struct scene *s, uint32_t county, int64_t id);
void scene_read(struct scene *s, uint32_t county, int64_t id);
/* A file that an entry holds the hash of: <folder>/file-<id>. */
void scene_file(struct scene *s, uint32_t county, int64_t id, const char *text);
void scene_many(struct scene *s, size_t n); /* n acts and reads, among three counties */
void scene_head(struct scene *s);           /* a minute later */
/* How its keeper was opened; texts lie in the scene. */
struct heads_options scene_options(struct scene *s);
/* Close and open the keeper, as a restart does. */
enum err scene_restart(struct scene *s, struct fault *f);

void scene_raw(struct scene *s, const char *sql, ...) PRINTF(2, 3);
/* What `outpost verify` would say; against NULL: without another file. */
struct verify_report scene_verify(struct scene *s, const char *against);

/* One entry as it lies in the table, for attackers that compute. */
struct scene_row {
	size_t n;
	uint8_t bytes[LEDGER_ENTRY_BYTES_MAX];
	struct crypt_hash hash;
};
struct scene_row scene_row(struct scene *s, uint32_t county, int64_t seq);
/* Put bytes and hash in the place of those that are there, and the columns that go with them. */
void scene_put_row(struct scene *s, uint32_t county, int64_t seq, const struct scene_row *row);
/* Chain everything anew from seq to the end, and set the end: the thorough attacker. */
void scene_chain_anew(struct scene *s, uint32_t county, int64_t seq);
int64_t scene_end_of(struct scene *s, uint32_t county);

/* Whole files, and whole databases, put aside and put back. */
void scene_copy_file(const char *from, const char *to);
void scene_keep_database(struct scene *s, const char *name);
void scene_put_back_database(struct scene *s, const char *name);

#endif
