/*
 * inside.h - what a trail is made of, for this room alone.
 *
 * A day is a segment and a tail: packs that came after it was sealed. A batch between keep and the
 * commit is `pending`; what it brought is nobody's yet. Whatever could not be brought about in
 * memory (no room, a commit of which nobody knows) marks its days stale, and a stale day is made
 * anew from its packs before anything is asked.
 *
 * Threads:  everything in here under `lock`; making a day anew under `sealing`, which comes first.
 */
#ifndef TRAIL_INSIDE_H
#define TRAIL_INSIDE_H
#include <pthread.h>

#include "base/file.h"
#include "db/db.h"
#include "engine/trace/store.h"
#include "trail/daykey.h"
#include "trail/numbers.h"
#include "trail/pack.h"
#include "trail/seen.h"
#include "trail/trail.h"

struct pack_key {
	int64_t county, batch, seq;
};
int pack_key_cmp(const void *a, const void *b);

/* One pack in the engine's numbers; digest[i] is of visit[i]. */
struct tail_pack {
	int32_t day;
	struct pack_key key;
	size_t n;
	struct visit *visit;
	uint64_t *digest;
	uint32_t *kind; /* of each visit's place, a word */
	bool *sealed;   /* is it in the segment that the day had then? */
	uint64_t seals; /* which one that was */
};
void tail_pack_drop(struct tail_pack *p);
MUST_CHECK enum err tail_pack_take(struct tail_pack *p, size_t n);

struct place_kind {
	uint32_t place, word;
};
struct dayfile_id {
	int64_t id;
	uint32_t number;
	uint32_t word; /* of a place: its kind */
};
typedef VEC(struct place_kind) place_kinds;
/* What is in the segment of a day. */
struct sealed {
	size_t n_digests, n_keys, n_places;
	const uint64_t *digest;         /* of every visit, rising */
	const struct pack_key *key;     /* of every pack, rising */
	const struct dayfile_id *place; /* with what was said of it */
	uint64_t content;               /* of all digests: what a day is, whoever sealed it */
	void *owned;                    /* either the bytes are in memory, */
	struct file_map map;            /* or in a file */
	char name[48];                  /* of the files; "" for none */
};
void sealed_free(struct sealed *s);
bool sealed_has(const struct sealed *s, uint64_t digest);
/* Of n at once: while the memory of one is on its way, the next is asked for. */
void sealed_has_each(const struct sealed *s, const uint64_t *digest, size_t n, bool *ret);
bool sealed_covers(const struct sealed *s, const struct pack_key *k);

struct trail_day {
	int32_t day;
	bool stale;
	size_t tail_then;      /* at the last tick */
	unsigned quiet;        /* ticks since a pack came */
	struct sealed *sealed; /* NULL: no segment */
	uint64_t seals;        /* another number for each that is put in */
	struct seen seen;      /* digests of the tail */
	VEC(struct tail_pack) tail;
};

struct pending {
	struct trail_batch batch;
	bool withdraws; /* else keeps */
	bool outdated;  /* its numbers are not those of today's: its days are made anew */
	bool doubt;     /* whether it was committed must be looked up */
	struct seen seen;
	VEC(struct tail_pack) pack; /* of a withdrawal: days alone */
};

/* Kinds of places as the engine wants them; copied on write. */
struct ask_world {
	unsigned holders;
	uint64_t version;
	size_t n_places, n_kinds;
	uint16_t *place_kind; /* by place; 0: not known */
	uint32_t *kind;       /* the word of each */
};
void trail_world_drop(struct trail *t);

struct trail {
	struct trail_options o;
	pthread_mutex_t lock, sealing, telling;
	struct daykeys keys;
	struct names *words;   /* names_pair(seat, role), names_pair(kind, ""); 0 is none */
	VEC(uint32_t) kind;    /* of each place: the least word that a visit said; 0: none did */
	bool kinds_stale;      /* words may be in it that nobody says any more */
	uint64_t kind_version; /* one more when something in it changed */
	struct ask_world *world;
	struct numbers persons, places;
	struct trace_set *set;
	VEC(struct trail_day *) days; /* rising */
	VEC(struct pending *) pending;
	bool lost; /* a stale day could not be noted */
	uint64_t seals;
};

MUST_CHECK enum err trail_words_new(struct names **ret);
struct trail_day *trail_day_of(struct trail *t, int32_t day); /* NULL */
MUST_CHECK enum err trail_day_make(struct trail *t, int32_t day, struct trail_day **ret);
void trail_day_free(struct trail_day *d);
void trail_stale(struct trail *t, int32_t day);
/* Somebody says that a place is of this kind: the least word of all that is said stays. */
MUST_CHECK enum err trail_kind_said(struct trail *t, uint32_t place, uint32_t word);
/* A day's key, or ERR_CORRUPT that says which day lacks one. Wipe it. */
MUST_CHECK enum err trail_key(struct trail *t, int32_t day, struct crypt_key *ret, struct fault *f);

/* ---- rows.c ---- */
struct keep_row {
	struct pack_row r;
	int32_t day;
	uint32_t i; /* in the input */
	uint64_t digest;
};
/* By day, then as pack_cmp, then by input; *row is another block afterwards. */
MUST_CHECK enum err keep_rows_order(const struct names *words, struct keep_row **row, size_t n);
bool keep_row_same_but_seat(const struct keep_row *a, const struct keep_row *b);
/* Rising, each once; how many are left. */
MUST_CHECK enum err trail_numbers_once(uint64_t *v, size_t n, size_t *ret);

/* ---- keep.c ---- */
void pending_free(struct pending *p);
/* Take it out of the list; NULL if it is not there. */
struct pending *pending_take(struct trail *t, struct trail_batch b);
/* The batch of a pending act is stored now, or is not: what follows from that. Takes the lock. */
void trail_decide(struct trail *t, struct trail_batch b, bool there);
/* Put packs of a committed batch into the tails; what fails makes days stale. Takes `p` over. */
void trail_arrive(struct trail *t, struct pending *p);

/* ---- called.c ---- */
/* One place of a day after the other, rising; an empty name is left out. */
void called_add(struct buf *out, int64_t place, struct str name);
MUST_CHECK enum err called_put(struct tx *tx, struct trail_batch b, int32_t day,
			       const struct crypt_key *key, struct str plain, struct fault *f);

/* ---- ask.c ---- */
struct trail_warrant;
struct trail_answer;
struct profile;
/* What the engine says of the set as it is. */
MUST_CHECK enum err ask_now(struct trail *t, const struct trail_warrant *w, const struct profile *p,
			    struct arena *a, struct trail_answer *ret, struct fault *f);

/* ---- start.c ---- */
/* What is on disk, as far as it is what the packs say; the rest is stale, or in the tail. */
MUST_CHECK enum err trail_start(struct trail *t, struct fault *f);

/* ---- day.c ---- */
/* A day as its packs tell it. */
struct day_read {
	int32_t day;
	struct names *words; /* own numbers, of row[].seat and kind */
	pack_rows rows;      /* pack by pack, repeats and all */
	VEC(struct pack_key) key;
	VEC(size_t) first; /* of each pack, in rows */
};
void day_read_end(struct day_read *r); /* for CLEANUP() */
MUST_CHECK enum err day_read(struct trail *t, struct tx *tx, int32_t day, struct day_read *ret,
			     struct fault *f);
MUST_CHECK enum err day_read_pack(struct trail *t, struct tx *tx, int32_t day,
				  const struct pack_key *k, struct day_read *ret, struct fault *f);
/*
 * Into the engine's numbers: one visit a row, and what was said of places, each once, rising. Takes
 * the lock by itself, for moments.
 */
MUST_CHECK enum err day_visits(struct trail *t, const struct day_read *r, struct visit *ret,
			       place_kinds *ret_kinds);
/* After a day could not even be noted as stale: all days are. */
MUST_CHECK enum err trail_find_lost(struct trail *t, struct fault *f);
/* ---- seal.c ---- */
MUST_CHECK enum err day_seal(struct trail *t, int32_t day, struct fault *f);
/* Every stale day, and every batch in doubt. After it, what is asked is what is stored. */
MUST_CHECK enum err trail_settle(struct trail *t, struct fault *f);

#endif
