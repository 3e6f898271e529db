/*
 * area_http.h - the routes of the tree and of the responsibility matrix.
 */
#ifndef GRID_AREA_HTTP_H
#define GRID_AREA_HTTP_H
#include "access/access.h"

extern const struct route_list area_routes;

/* The keys zh and en of an area, in an open JSON map; for dispatch_options.area_tell. */
enum err area_http_tell(void *house, struct tx *tx, struct area_code a, struct json *j,
			struct fault *f);
#endif
