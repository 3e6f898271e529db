/* reply.c - what a handler may say, the one shape of a refusal, and the bytes of both. */
#include "http/inside.h"
#include "http/parse.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "base/json.h"
#include "base/memory.h"
#include "crypt/crypt.h"

enum { RETRY_AFTER_S = 2, SOURCE_BLOCK_BYTES = 64 << 10 };

/* Of a page; of a script, which may be a worker and ask this server alone; of all else: nothing. */
#define POLICY_PAGE \
	"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " \
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
#define POLICY_SCRIPT "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"
#define POLICY_DATA "default-src 'none'; frame-ancestors 'none'"

/* ---- setters ---- */

enum err http_line_add(struct http_exchange *ex, const char *name, struct str value)
{
	char *copy;

	assert(ex->n_lines < HTTP_HEADERS_MAX);
	assert(http_parse_value(value));
	copy = arena_copy(ex->rq.arena, value.n ? value.p : "", value.n);
	if (!copy)
		return ERR_MEMORY;
	ex->line[ex->n_lines++] = (struct http_line){ name, { copy, value.n } };
	return OK;
}

enum err http_location(struct http_reply *rp, struct str url)
{
	return http_line_add(rp->exchange, "Location", url);
}

enum err http_retry_after(struct http_reply *rp, unsigned s)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%u", s);

	return http_line_add(rp->exchange, "Retry-After", (struct str){ text, (size_t)n });
}

enum err http_etag(struct http_reply *rp, struct str tag)
{
	char *copy;

	assert(tag.n > 0 && tag.n <= HTTP_ETAG_BYTES_MAX && !memchr(tag.p, '"', tag.n));
	copy = arena_copy(rp->exchange->rq.arena, tag.p, tag.n);
	if (!copy)
		return ERR_MEMORY;
	rp->exchange->etag = (struct str){ copy, tag.n };
	return OK;
}

/* RFC 8187: what is not plain is percent-encoded; old browsers get the name without it. */
enum err http_download(struct http_reply *rp, struct str file_name)
{
	static const char hex[] = "0123456789ABCDEF";
	CLEANUP(buf_release) struct buf b = { 0 };

	assert(str_utf8(file_name));
	buf_lit(&b, "attachment; filename=\"");
	for (size_t i = 0; i < file_name.n; i++) {
		unsigned char c = (unsigned char)file_name.p[i];

		buf_char(&b, c < 0x20 || c >= 0x7F || strchr("\"\\/%", c) ? '_' : (char)c);
	}
	buf_lit(&b, "\"; filename*=UTF-8''");
	for (size_t i = 0; i < file_name.n; i++) {
		unsigned char c = (unsigned char)file_name.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';

		if (plain) {
			buf_char(&b, (char)c);
			continue;
		}
		buf_char(&b, '%');
		buf_char(&b, hex[c >> 4]);
		buf_char(&b, hex[c & 15]);
	}
	return b.failed ? b.failed
			: http_line_add(rp->exchange, "Content-Disposition", buf_view(&b));
}

enum err http_set_cookie(struct http_reply *rp, const char *name, struct str value,
			 unsigned max_age_s)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < value.n; i++)
		assert(value.p[i] > 0x20 && value.p[i] < 0x7F && !strchr("\",;\\", value.p[i]));
	buf_lit(&b, name);
	buf_char(&b, '=');
	buf_str(&b, value);
	buf_fmt(&b, "; Path=/; Max-Age=%u; HttpOnly; SameSite=Strict", max_age_s);
	if (rp->exchange->rq.tls)
		buf_lit(&b, "; Secure");
	return b.failed ? b.failed : http_line_add(rp->exchange, "Set-Cookie", buf_view(&b));
}

enum err http_receipt(struct http_reply *rp, struct str text)
{
	return http_line_add(rp->exchange, "Outpost-Receipt", text);
}

enum err http_allow(struct http_reply *rp, unsigned methods)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	for (unsigned m = 0; m < HTTP_METHOD_N; m++)
		if (methods >> m & 1 && m != HTTP_OPTIONS) {
			if (b.n)
				buf_lit(&b, ", ");
			buf_lit(&b, http_method_word((enum http_method)m));
			if (m == HTTP_GET)
				buf_lit(&b, ", HEAD");
		}
	buf_lit(&b, b.n ? ", OPTIONS" : "OPTIONS");
	return b.failed ? b.failed : http_line_add(rp->exchange, "Allow", buf_view(&b));
}

void http_body_from(struct http_reply *rp, struct http_source source)
{
	assert(!rp->exchange->source.more);
	rp->exchange->source = source;
}

/* ---- refusals ---- */

enum err http_names(struct http_reply *rp, size_t room)
{
	struct buf *b = &rp->body;
	char *p;

	rp->names = true;
	if (b->cap >= room)
		return OK;
	if (!(p = mem_take(room, 1)))
		return ERR_MEMORY;
	memcpy(p, b->p ? b->p : "", b->n);
	if (b->p)
		crypt_wipe(b->p, b->cap);
	mem_drop(b->p);
	b->p = p;
	b->cap = room;
	return OK;
}

void http_clear(struct http_reply *rp)
{
	struct http_exchange *ex = rp->exchange;
	/* What `Allow` says survives: it is said before the refusal it belongs to. */
	struct http_line allow = { 0 };

	for (size_t i = 0; i < ex->n_lines; i++)
		if (strcmp(ex->line[i].name, "Allow") == 0)
			allow = ex->line[i];
	ex->n_lines = 0;
	if (allow.name)
		ex->line[ex->n_lines++] = allow;
	ex->etag = ex->fixed = (struct str){ 0 };
	if (ex->stream)
		http_stream_gone(ex->stream);
	ex->stream = NULL;
	if (ex->source.end)
		ex->source.end(ex->source.arg);
	ex->source = (struct http_source){ 0 };
	buf_clear(&rp->body);
	rp->status = 200;
	rp->type = NULL;
	rp->cache = HTTP_CACHE_NONE;
}

static void tell(struct buf *out, const char *word, const char *zh, const char *en,
		 const char *field, const char *where)
{
	struct json j;

	json_begin(&j, out);
	json_open(&j, '{');
	json_key(&j, "code");
	json_str(&j, str_of(word));
	json_key(&j, "message_zh");
	json_str(&j, str_of(zh));
	json_key(&j, "message_en");
	json_str(&j, str_of(en));
	json_key(&j, "field");
	json_str(&j, str_of(field));
	json_key(&j, "where");
	json_str(&j, str_of(where));
	json_close(&j, '}');
}

void http_refuse(struct http_reply *rp, enum err e, const struct fault *f)
{
	struct http_exchange *ex = rp->exchange;
	enum err said = e == ERR_FORBIDDEN ? ERR_ABSENT : e;
	int status = err_http(e);

	assert(e != OK);
	http_clear(rp);
	ex->refused = e;
	if (status >= 500 && f && f->code)
		(void)snprintf(ex->why, sizeof ex->why, "%.*s", (int)sizeof ex->why - 1, f->en);
	/*
	 * What is not there and what is not theirs get the same bytes, whatever the fault says. Of
	 * what broke inside, the reply tells the kind alone: the rest is for the log. What is busy
	 * or not there for now is no break: its sentence is for whoever must wait for it. A full
	 * disk waits for somebody: no two seconds help.
	 */
	if (said == ERR_ABSENT || (status >= 500 && e != ERR_BUSY && e != ERR_NO_ROOM))
		f = NULL;
	rp->status = status;
	tell(&rp->body, err_word(said), f && f->code ? f->zh : err_zh(said),
	     f && f->code ? f->en : err_en(said), f ? f->field : "", f ? f->where : "");
	if (status == 503 || status == 429)
		ignore(http_retry_after(rp, RETRY_AFTER_S));
}

/* ---- bytes ---- */

static ssize_t pull(void *arg, uint64_t at, char *to, size_t room)
{
	struct http_exchange *ex = arg;
	size_t n;

	(void)at;
	while (ex->piece_sent == ex->piece.n) {
		if (ex->source_ended)
			return MHD_CONTENT_READER_END_OF_STREAM;
		buf_clear(&ex->piece);
		ex->piece_sent = 0;
		if (ex->source.more(ex->source.arg, &ex->piece, &ex->source_ended) ||
		    ex->piece.failed)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		/* Time runs for a piece, not for the whole: an export may be long. */
		http_conn_enter(ex->conn, HTTP_REPLY,
				http_now_ms(ex->h) + 1000LL * ex->h->o.reply_s);
	}
	n = min_size(room, ex->piece.n - ex->piece_sent);
	memcpy(to, ex->piece.p + ex->piece_sent, n);
	ex->piece_sent += n;
	ex->sent += n;
	return (ssize_t)n;
}

static struct MHD_Response *body_of(struct http_exchange *ex)
{
	struct buf *b = &ex->rp.body;
	struct MHD_Response *r;

	if (ex->stream)
		return http_stream_response(ex);
	if (ex->source.more)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SOURCE_BLOCK_BYTES, pull,
							 ex, NULL);
	if (ex->fixed.p) {
		ex->sent = ex->fixed.n;
		return MHD_create_response_from_buffer(ex->fixed.n, (void *)(uintptr_t)ex->fixed.p,
						       MHD_RESPMEM_PERSISTENT);
	}
	ex->sent = b->n;
	if (ex->rp.names) /* stays ours, to be wiped when it was sent */
		return MHD_create_response_from_buffer(b->n, b->p, MHD_RESPMEM_PERSISTENT);
	r = MHD_create_response_from_buffer_with_free_callback(b->n, b->n ? b->p : NULL, mem_drop);
	if (r && b->n)
		*b = (struct buf){ 0 }; /* it is the response's now */
	return r;
}

static bool put(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

/* What every reply says. */
static bool put_always(const struct http *h, bool tls, const char *policy, struct MHD_Response *r)
{
	return put(r, "Content-Security-Policy", policy) &&
	       put(r, "X-Content-Type-Options", "nosniff") &&
	       put(r, "Referrer-Policy", "no-referrer") &&
	       (!tls || put(r, "Strict-Transport-Security", "max-age=31536000")) &&
	       (!atomic_load_explicit(&h->stopping, memory_order_relaxed) ||
		put(r, "Connection", "close"));
}

static bool put_lines(struct http_exchange *ex, struct MHD_Response *r)
{
	static const char *const caches[] = {
		[HTTP_CACHE_NONE] = "no-store",
		[HTTP_CACHE_CHECK] = "no-cache",
		[HTTP_CACHE_FOREVER] = "public, max-age=31536000, immutable",
	};
	const struct http_reply *rp = &ex->rp;
	char tag[HTTP_ETAG_BYTES_MAX + 3];
	bool typed = ex->sent > 0 || ex->source.more || ex->stream;

	for (size_t i = 0; i < ex->n_lines; i++)
		if (!put(r, ex->line[i].name, ex->line[i].value.p))
			return false;
	if (ex->etag.p) {
		(void)snprintf(tag, sizeof tag, "\"%s\"", ex->etag.p);
		if (!put(r, "ETag", tag))
			return false;
	}
	return (!typed || put(r, "Content-Type", rp->type ? rp->type : "application/json")) &&
	       put(r, "Cache-Control", caches[rp->cache]) && put(r, "Request-Id", ex->id);
}

/* A reply that the caller has already need not be sent again. */
static void not_modified(struct http_exchange *ex)
{
	if (ex->rq.method != HTTP_GET || ex->rp.status != 200 || !ex->etag.p ||
	    !http_parse_names_tag(http_header(&ex->rq, "If-None-Match"), ex->etag))
		return;
	ex->rp.status = 304;
	buf_clear(&ex->rp.body);
	ex->fixed = (struct str){ 0 };
	if (ex->source.end)
		ex->source.end(ex->source.arg);
	ex->source = (struct http_source){ 0 };
}

struct MHD_Response *http_reply_poor(const struct http *h)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct MHD_Response *r;

	tell(&b, err_word(ERR_MEMORY), err_zh(ERR_MEMORY), err_en(ERR_MEMORY), "", "");
	r = b.failed ? NULL : MHD_create_response_from_buffer(b.n, b.p, MHD_RESPMEM_MUST_COPY);
	if (r && put_always(h, h->o.tls_cert.n > 0, POLICY_DATA, r) && put(r, "Retry-After", "2") &&
	    put(r, "Content-Type", "application/json") && put(r, "Cache-Control", "no-store"))
		return r;
	if (r)
		MHD_destroy_response(r);
	return NULL;
}

static const char *policy_of(const char *type)
{
	if (type && strncmp(type, "text/html", 9) == 0)
		return POLICY_PAGE;
	return type && strncmp(type, "text/javascript", 15) == 0 ? POLICY_SCRIPT : POLICY_DATA;
}

static struct MHD_Response *response_of(struct http_exchange *ex)
{
	struct MHD_Response *r;

	if (ex->rp.body.failed)
		return NULL;
	r = body_of(ex);
	if (r && (!put_always(ex->h, ex->rq.tls, policy_of(ex->rp.type), r) || !put_lines(ex, r))) {
		MHD_destroy_response(r);
		return NULL;
	}
	return r;
}

enum MHD_Result http_exchange_send(struct http_exchange *ex)
{
	struct http *h = ex->h;
	struct MHD_Response *r;
	enum MHD_Result done;

	if (!ex->rp.status)
		ex->rp.status = 200;
	not_modified(ex);
	r = response_of(ex);
	ex->step = HTTP_STEP_SENT;
	http_conn_enter(ex->conn, ex->stream ? HTTP_STREAM : HTTP_REPLY,
			http_now_ms(h) + 1000LL * h->o.reply_s +
				(int64_t)(ex->sent / (HTTP_SLOWEST_BYTES_S / 1000)));
	if (!r) {
		ex->refused = ERR_MEMORY;
		ex->rp.status = MHD_HTTP_SERVICE_UNAVAILABLE;
		return MHD_queue_response(ex->mhd, MHD_HTTP_SERVICE_UNAVAILABLE, h->poor);
	}
	if (ex->stream)
		http_arena_back(ex); /* there may be thousands, for hours */
	done = MHD_queue_response(ex->mhd, (unsigned)ex->rp.status, r);
	MHD_destroy_response(r);
	return done;
}
