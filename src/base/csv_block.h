/*
 * csv_block.h - the inside of a block of records, for csv.c, which fills it, and csv_block.c.
 */
#ifndef BASE_CSV_BLOCK_H
#define BASE_CSV_BLOCK_H
#include "base/base.h"
#include "base/csv.h"

struct csv_block {
	char *text;
	size_t room, least;    /* bytes: that fit; that are worth it */
	size_t n, at;          /* bytes: that are there; that were handed out */
	uint64_t number, line; /* of the record at `at` */
	bool high;             /* bytes over 127 are there: check each record */
	char delimiter;
	uint32_t *mark;       /* where delimiters and line feeds are */
	const uint32_t *next; /* of them, the first not used; NULL: not looked for yet */
	struct str fields[CSV_FIELDS_MAX];
};

struct csv_plain {
	bool high_may; /* in: bytes over 127 are welcome */
	size_t bytes;  /* whole lines */
	uint64_t lines;
	bool high;
};

/* How far the lines at the front of s are plain. `s` begins where a line does. */
void csv_plain_front(struct str s, struct csv_plain *p);
#endif
