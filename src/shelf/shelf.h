/*
 * shelf.h - a folder of sealed segments with the names that belong to them.
 *
 * MANIFEST is a text file: a version, the zone, every file with its bytes and digest, and a last
 * line with the digest of all lines before it. Names of files carry a generation number, so that
 * sealing again writes beside what is there; the rename of MANIFEST.new is the moment at which
 * the new state holds. A run killed before it leaves the old state, after it the new one. Files
 * that the manifest does not list are ignored; those of a killed run go at the next sealing.
 *
 * Life:     writer: shelf_begin -> shelf_put_day* -> shelf_put_names -> shelf_seal; shelf_drop.
 *           reader: shelf_open -> segments and names -> shelf_check -> shelf_close.
 * Units:    days are local day numbers in the shelf's zone.
 * Memory:   files are mapped; the reader owns names and segments until shelf_close.
 * Threads:  a writer belongs to one thread. shelf_check only reads, and may run beside queries.
 * Errors:   ERR_EXISTS the folder holds something else, or another writer is at work in it;
 *           ERR_ABSENT no shelf there, or a listed file is missing; ERR_CORRUPT, ERR_VERSION with
 *           the file's name in the fault.
 */
#ifndef SHELF_SHELF_H
#define SHELF_SHELF_H
#include "base/base.h"
#include "base/when.h"
#include "engine/trace/store.h"
#include "names/names.h"

enum { SHELF_VERSION = 1 };

/* The names that belong to a collection of visits. place_kind[i] is a number in kinds. */
struct shelf_names {
	struct names *persons, *places, *kinds,
		*seats;             /* seats: names_pair(seat, role), 0 = none */
	const uint32_t *place_kind; /* one for each place */
	size_t n_places;
};

/* ---- writing ----------------------------------------------------------------------------- */
struct shelf_writer;

/*
 * Make or check the folder, and keep other writers out until shelf_drop. Before shelf_seal nothing
 * in it changes but files nobody lists.
 */
MUST_CHECK enum err shelf_begin(const char *dir, const struct zone *zone, struct shelf_writer **ret,
				struct fault *f);
/* Write and sync one day; takes over image.bytes (mem_drop), also when it fails. */
MUST_CHECK enum err shelf_put_day(struct shelf_writer *w, struct trace_image image,
				  struct fault *f);
MUST_CHECK enum err shelf_put_names(struct shelf_writer *w, const struct shelf_names *names,
				    struct fault *f);
struct shelf_sum {
	uint64_t visits, bytes, files;
	uint32_t days;
};
/* Make the new state hold, then remove the files of older ones. */
MUST_CHECK enum err shelf_seal(struct shelf_writer *w, struct shelf_sum *ret, struct fault *f);
/* For CLEANUP(): frees; removes what was written if it was not sealed. */
void shelf_drop(struct shelf_writer **w);

/* ---- reading ----------------------------------------------------------------------------- */
struct shelf;

MUST_CHECK enum err shelf_open(const char *dir, struct shelf **ret, struct fault *f);
void shelf_close(struct shelf **s);            /* for CLEANUP() */
const char *shelf_zone(const struct shelf *s); /* the zone's name, for zone_open */
struct shelf_sum shelf_sum(const struct shelf *s);
struct utc_s shelf_horizon(const struct shelf *s); /* greatest time; TRACE_NEVER if empty */
struct shelf_names shelf_names(struct shelf *s);   /* belong to the shelf; they may grow */
/* Hand every segment over to the set; once. */
MUST_CHECK enum err shelf_fill(struct shelf *s, struct trace_set *set, struct fault *f);
/* Names in the folder that are neither listed nor leftovers of ours, for a word on stderr. */
size_t shelf_foreign(const struct shelf *s, const char *const **ret);
/* Verify every byte of every listed file against the manifest. */
MUST_CHECK enum err shelf_check(const struct shelf *s, struct fault *f);
#endif
