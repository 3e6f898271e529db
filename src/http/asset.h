/*
 * asset.h - the files of the console, packed into the program.
 *
 * The build packs a folder (tools/assets.sh): each file gzipped, with the SHA-256 of its content as
 * ETag. Who accepts gzip gets those bytes as they lie in the program; who does not gets them
 * unpacked. A name with a hash in it may be kept for ever, any other is asked about each time.
 */
#ifndef HTTP_ASSET_H
#define HTTP_ASSET_H
#include "http/http.h"

struct http_asset {
	const char *path; /* "/index.html" */
	const char *type;
	const char *etag; /* SHA-256 of the content, hex, cut to 32 */
	const unsigned char *gzip, *gzip_end;
	size_t bytes; /* of the content, unpacked */
	bool forever; /* the name changes with the content */
};
struct http_assets {
	const struct http_asset *v; /* sorted by path */
	size_t n;
};
extern const struct http_assets http_console; /* what the build packed */

/*
 * Answer a GET from the pack. A path that names no file and looks like a page (no '.' in its last
 * segment) gets /index.html: the console finds its pages itself. ERR_ABSENT for anything else.
 */
MUST_CHECK enum err http_asset_reply(const struct http_assets *from, const struct http_request *rq,
				     struct http_reply *rp);
#endif
