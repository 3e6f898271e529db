/*
 * files.h - rows of a noun into files and out of them at the machine itself, without HTTP: what
 * `outpost import` and `outpost export` do. A file is judged, counted and kept as over the API, and
 * the ledger says so.
 *
 * Shapes:   import: one writing act, so that nobody else writes while it lasts; export: a page of
 *           rows at a time, of which each is a moment of its own.
 * Errors:   ERR_USAGE no such noun; what import.h and table/out.h say. Nothing is half done: not a
 *           row, not a file.
 */
#ifndef RECORD_FILES_H
#define RECORD_FILES_H
#include "db/db.h"
#include "record/record.h"

struct files_ask {
	struct record_book *book;
	struct db *db;
	const char *noun;      /* "organisation" or "organisations" */
	const struct who *who; /* whose areas and sight; account 0: whoever sits at the machine */
	struct utc_s now;
	struct str
		area; /* a code, or empty. In: of rows that say none. Out: only what lies in it */
};

struct files_in {
	const char *file, *mapping; /* paths; mapping, JSON {column: field}, or NULL */
	const char *refused;        /* where refused rows go, as CSV with the reason; NULL */
	bool dry;                   /* nothing is kept but the file of refused rows */
	void (*tell)(void *arg, uint64_t line, const struct fault *why); /* of some refused rows */
	void *arg;
};
struct files_account {
	uint64_t in, accepted, refused, duplicate;
	struct buf receipts; /* a line each; the caller's to release */
};
/* What was kept is told also if the file of refused rows could then not be written. */
MUST_CHECK enum err files_take_in(const struct files_ask *ask, const struct files_in *in,
				  struct files_account *ret, struct fault *f);
/* To `path`, or standard output for "-" (CSV alone). *ret: how many rows. */
MUST_CHECK enum err files_give_out(const struct files_ask *ask, const char *path, bool excel,
				   uint64_t *ret, struct fault *f);

#endif
