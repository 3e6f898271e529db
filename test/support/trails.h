/*
 * trails.h - a trail over a test's database, what it shows, and the same as a plain list.
 */
#ifndef TEST_SUPPORT_TRAILS_H
#define TEST_SUPPORT_TRAILS_H
#include "base/dice.h"
#include "support/chance.h"
#include "support/database.h"
#include "support/paths.h"
#include "trail/trail.h"

enum { TRAILS_DAY = 20700 }; /* of the first visits, in Asia/Shanghai */

struct trails {
	struct database *d;
	struct path dir;
	char segments[PATHS_BYTES], keys[PATHS_BYTES];
	struct zone *zone;
	struct chance chance;
	struct trail_options options;
	struct trail *t;
	struct fault fault;
};
void trails_begin(struct trails *s, struct database *d, uint64_t seed);
/* In a folder that stays; end with trails_close. */
void trails_begin_in(struct trails *s, struct database *d, uint64_t seed, const struct path *dir);
void trails_close(struct trails *s);
void trails_again(struct trails *s); /* close and open */
void trails_end(struct trails *s);
struct utc_s trails_now(const struct trails *s); /* noon of the day after all visits */

/* Batches of few people, places, seats and times, so that much is the same. */
void trails_visits(struct dice *dice, const struct trails *s, struct trail_visit *ret, size_t n);

struct trails_keep {
	struct trails *s;
	struct trail_batch b;
	const struct trail_visit *v;
	size_t n;
	enum trail_fate *fate;
	bool fail; /* after trail_keep, for the act to be undone */
};
enum err trails_keep_act(struct tx *tx, void *arg, struct fault *f);
/* keep, commit, kept or undone. */
enum err trails_keep(struct trails_keep *k, struct fault *f);
enum err trails_recall(struct trails *s, struct trail_batch b, struct trail_sum *ret,
		       struct fault *f);

void trails_seal(struct trails *s); /* every day */
/* Flip a byte of a file of a sealed day, or remove it. */
void trails_damage(struct trails *s, struct dice *dice);
/* The packs and the manifest, byte for byte, as text. mem_drop it. */
char *trails_stored(struct trails *s);
/* Everything that a trace sees, a line a visit, sorted. mem_drop it. */
char *trails_shown(struct trails *s);
#endif
