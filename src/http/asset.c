/* asset.c - see asset.h. */
#include "http/asset.h"
#include "http/inside.h"
#include "http/parse.h"

#include <string.h>
#include <zlib.h>

#include "base/ban.h"

enum { WINDOW_OF_GZIP = 15 + 16 };

static const struct http_asset *find(const struct http_assets *from, struct str path)
{
	size_t low = 0, high = from->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = str_cmp(str_of(from->v[mid].path), path);

		if (c == 0)
			return &from->v[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static bool looks_like_a_page(struct str path)
{
	for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--)
		if (path.p[i - 1] == '.')
			return false;
	return true;
}

static enum err unpack(const struct http_asset *a, struct buf *out)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)a->gzip,
		       .avail_in = (unsigned)(a->gzip_end - a->gzip) };
	int e;

	out->p = mem_take(a->bytes + 1, 1);
	if (!out->p || inflateInit2(&z, WINDOW_OF_GZIP) != Z_OK)
		return ERR_MEMORY;
	out->cap = a->bytes + 1;
	z.next_out = (unsigned char *)out->p;
	z.avail_out = (unsigned)out->cap;
	e = inflate(&z, Z_FINISH);
	out->n = z.total_out;
	inflateEnd(&z);
	return e == Z_STREAM_END && out->n == a->bytes ? OK
	       : e == Z_MEM_ERROR                      ? ERR_MEMORY
						       : ERR_BUG;
}

enum err http_asset_reply(const struct http_assets *from, const struct http_request *rq,
			  struct http_reply *rp)
{
	struct http_exchange *ex = rp->exchange;
	const struct http_asset *a;
	char tag[HTTP_ETAG_BYTES_MAX];
	size_t n;
	enum err e;

	if (rq->method != HTTP_GET)
		return ERR_ABSENT;
	a = find(from, rq->path);
	if (!a && looks_like_a_page(rq->path))
		a = find(from, STR("/index.html"));
	if (!a)
		return ERR_ABSENT;
	rp->type = a->type;
	rp->cache = a->forever ? HTTP_CACHE_FOREVER : HTTP_CACHE_CHECK;
	n = strlen(a->etag);
	assert(n > 0 && n + 2 < sizeof tag);
	memcpy(tag, a->etag, n);
	e = http_line_add(ex, "Vary", STR("Accept-Encoding"));
	if (!e && http_parse_accepts(http_header(rq, "Accept-Encoding"), STR("gzip"))) {
		ex->fixed = (struct str){ (const char *)a->gzip, (size_t)(a->gzip_end - a->gzip) };
		e = http_line_add(ex, "Content-Encoding", STR("gzip"));
	} else if (!e) {
		/* Other bytes, another tag. */
		tag[n++] = '-';
		tag[n++] = 'u';
		e = unpack(a, &rp->body);
	}
	return e ? e : http_etag(rp, (struct str){ tag, n });
}
