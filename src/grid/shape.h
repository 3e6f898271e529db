/*
 * shape.h - outlines of areas: read from GeoJSON, thinned so that neighbours keep their common
 * border, written as GeoJSON. Pure: no database, no files, no clock.
 *
 * A file's features are kept as rings of whole numbers. What a map on a screen needs is far less
 * than a survey has; shapes_thin takes points away where the line hardly bends. A border that two
 * areas share is cut where a third begins, and each piece is thinned by itself, in one direction:
 * so both areas get the same points, and no gap opens between them.
 *
 * Life:     shapes_new -> shapes_read* -> shapes_group, shapes_thin -> shapes_write -> shapes_end.
 * Shapes:   a file of SHAPE_FILE_BYTES_MAX; 8 bytes a point afterwards, 24 more while thinning.
 * Units:    SHAPE_DEGREE to the degree (11 m on the equator); longitude, then latitude, WGS 84.
 * Errors:   of a whole file: what json_read says, ERR_SYNTAX if it is no GeoJSON. A feature that
 *           cannot be drawn is kept with its reason.
 * Source:   RFC 7946; Douglas and Peucker 1973.
 */
#ifndef GRID_SHAPE_H
#define GRID_SHAPE_H
#include "base/area.h"
#include "base/base.h"
#include "base/text.h"

enum { SHAPE_DEGREE = 10000, SHAPE_FILE_BYTES_MAX = 64 << 20 };

struct shapes;
MUST_CHECK enum err shapes_new(struct shapes **ret);
void shapes_end(struct shapes **s); /* for CLEANUP() */

/* All features of one document, behind those that are there. On an error none of them. */
MUST_CHECK enum err shapes_read(struct shapes *s, struct str geojson, struct fault *f);

struct shape {
	bool coded;
	struct area_code code;           /* property code, adcode or id, or the feature's id */
	struct str name;                 /* property zh, name or shapeName; may be empty */
	const char *unfit_zh, *unfit_en; /* why it cannot be drawn; NULL: it can */
};
size_t shapes_n(const struct shapes *s);
struct shape shapes_at(const struct shapes *s, size_t i); /* lives as long as s */
size_t shapes_points(const struct shapes *s, size_t i);

/* Which features are drawn side by side: those of one group are thinned together. 0: none. */
void shapes_group(struct shapes *s, size_t i, int group);
/* Take points away from a group until none of it has more than so many. */
MUST_CHECK enum err shapes_thin(struct shapes *s, int group, size_t points_max);

/* The geometry of the features `i` of v[0..n), as one. */
MUST_CHECK enum err shapes_write(const struct shapes *s, const size_t *v, size_t n,
				 struct buf *out);
#endif
