/*
 * boundary.h - outlines of areas into the house, with an account of every feature.
 *
 * A feature finds its area by its code; a code that has ended leads to what it was merged into.
 * Else by its name, among the areas right below the one that its code lies in or, without a code,
 * that the caller named: a name the area has or had, or the beginning of one area's name alone
 * (张家界 is 张家界市). Whatever finds none is kept with the reason. Several features of one area
 * are one outline, and what an area had before is replaced.
 *
 * Life:     boundary_import_new -> boundary_import_file* -> boundary_import_match (a reading act)
 *           -> boundary_import_thin -> boundary_import_run (a writing act) -> account, refused
 *           -> boundary_import_end.
 * Shapes:   a province of 140 counties takes some 2 MB in files and 0.6 MB in the house.
 * Errors:   of a whole file; a feature that cannot be taken is counted.
 */
#ifndef GRID_BOUNDARY_H
#define GRID_BOUNDARY_H
#include "grid/area_import.h"

enum { BOUNDARY_WORDS_MAX = 200, BOUNDARY_POINTS_MAX = 600 };

struct boundary_import_options {
	struct area_code under; /* features without a code lie right below it */
	int32_t today;
	struct str source, review; /* who drew it; the number of the map's review, or empty */
};

struct boundary_import;
/* ERR_USAGE: no source, or one of the texts is longer than BOUNDARY_WORDS_MAX characters. */
MUST_CHECK enum err boundary_import_new(const struct boundary_import_options *o,
					struct boundary_import **ret, struct fault *f);
void boundary_import_end(struct boundary_import **i); /* for CLEANUP() */
MUST_CHECK enum err boundary_import_file(struct boundary_import *i, const char *path,
					 struct fault *f);
enum err boundary_import_match(struct tx *tx, void *arg, struct fault *f); /* acts: `arg` is */
enum err boundary_import_run(struct tx *tx, void *arg, struct fault *f);   /* the import */
/* Between the two: no outline with more than BOUNDARY_POINTS_MAX points, neighbours together. */
MUST_CHECK enum err boundary_import_thin(struct boundary_import *i);

/* features = accepted + refused */
struct boundary_import_account {
	uint64_t features, accepted, refused, areas;
};
struct boundary_import_account boundary_import_account(const struct boundary_import *i);
/* By file and feature; the first is number 1. */
void boundary_import_refused(const struct boundary_import *i,
			     void (*each)(void *arg, const struct area_import_refusal *r),
			     void *arg);
#endif
