/*
 * exchange.c - one request and its reply, from the request line to the last byte.
 *
 * libmicrohttpd calls http_exchange_step once when the headers are there, then with each piece of
 * the body, then once more; after a worker was at it, once again. A reply that is queued in the
 * first call makes it close the connection, so that is done only to a body we refuse to read.
 */
#include "crypt/crypt.h"
#include "http/exchange.h"

#include <string.h>
#include <sys/socket.h>

#include "base/ban.h"

/* ---- its memory ---- */

static struct arena *arena_for(struct http *h)
{
	struct arena *a = NULL;

	pthread_mutex_lock(&h->spare_lock);
	if (h->n_spare > 0)
		a = h->spare[--h->n_spare];
	pthread_mutex_unlock(&h->spare_lock);
	if (!a)
		ignore(arena_new(h->o.request_bytes_max, &a));
	return a;
}

void http_arena_back(struct http_exchange *ex)
{
	struct arena *a = ex->rq.arena;
	struct http *h = ex->h;
	bool small = a && arena_used(a) <= HTTP_SPARE_BYTES;

	ex->rq.arena = NULL;
	if (a)
		arena_wipe(a);
	if (small) {
		pthread_mutex_lock(&h->spare_lock);
		if (h->n_spare < HTTP_SPARE_MAX) {
			h->spare[h->n_spare++] = a;
			a = NULL;
		}
		pthread_mutex_unlock(&h->spare_lock);
	}
	arena_free(a);
}

bool http_count(struct http_exchange *ex, size_t bytes)
{
	size_t max = ex->h->o.memory_bytes_max;

	if (bytes > max || atomic_fetch_add(&ex->h->memory, bytes) > max - bytes) {
		if (bytes <= max)
			atomic_fetch_sub(&ex->h->memory, bytes);
		return false;
	}
	ex->counted += bytes;
	return true;
}

static void uncount(struct http_exchange *ex)
{
	atomic_fetch_sub(&ex->h->memory, ex->counted);
	ex->counted = 0;
}

static void name_it(struct http_exchange *ex)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t id = atomic_fetch_add_explicit(&ex->h->next_id, 1, memory_order_relaxed);

	for (size_t i = 0; i < 16; i++)
		ex->id[i] = hex[id >> (60 - 4 * i) & 15];
	ex->rq.id = (struct str){ ex->id, 16 };
}

void *http_exchange_new(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	struct http *h = arg;
	struct http_exchange *ex = mem_take(1, sizeof *ex);
	const char *query = strchr(uri, '?');
	struct http_conn *conn;

	conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	if (!ex || !conn)
		goto out;
	ex->h = h;
	ex->conn = conn;
	ex->mhd = mhd;
	ex->rp.exchange = ex->rq.exchange = ex;
	ex->rq.arena = arena_for(h);
	if (!ex->rq.arena)
		goto out;
	if (query) {
		ex->query_raw.n = strlen(query + 1);
		ex->query_raw.p = arena_copy(ex->rq.arena, query + 1, ex->query_raw.n);
		if (!ex->query_raw.p)
			goto out;
	}
	ex->start_ns = clock_ns(&h->o.steady);
	name_it(ex);
	/* The first line of a connection has the time that began when it was opened. */
	if (conn->used)
		http_conn_enter(conn, HTTP_HEADER, http_now_ms(h) + 1000LL * h->o.header_s);
	conn->used = true;
	return ex;
out:
	if (conn)
		conn->used = true;
	http_exchange_free(ex);
	return NULL;
}

/* Whatever came in may be about people. */
static void drop_body(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_release(b);
}

void http_exchange_free(struct http_exchange *ex)
{
	if (!ex)
		return;
	if (ex->stream)
		http_stream_gone(ex->stream);
	if (ex->source.end)
		ex->source.end(ex->source.arg);
	if (ex->counted)
		uncount(ex);
	if (ex->rp.names && ex->rp.body.p)
		crypt_wipe(ex->rp.body.p, ex->rp.body.cap);
	drop_body(&ex->body);
	buf_release(&ex->rp.body);
	buf_release(&ex->piece);
	http_arena_back(ex);
	mem_drop(ex);
}

void http_exchange_done(void *arg, struct MHD_Connection *mhd, void **ptr,
			enum MHD_RequestTerminationCode why)
{
	struct http *h = arg;
	struct http_exchange *ex = *ptr;
	struct http_conn *conn;

	*ptr = NULL;
	conn = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	if (ex && ex->step == HTTP_STEP_SENT)
		http_log_exchange(ex, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (conn)
		http_conn_enter(conn, HTTP_IDLE, http_now_ms(h) + 1000LL * h->o.idle_s);
	if (conn && atomic_load_explicit(&h->stopping, memory_order_relaxed))
		(void)shutdown(conn->fd, SHUT_RDWR); /* nothing more is taken from it */
	http_exchange_free(ex);
}

/* ---- the handler ---- */

void http_exchange_run(struct http_exchange *ex)
{
	const struct http_options *o = &ex->h->o;
	struct fault f = { 0 };
	enum err e;

	ex->rq.body = buf_view(&ex->body);
	e = o->handler(o->arg, &ex->rq, &ex->rp, &f);
	if (!e && ex->rp.body.failed)
		e = ERR_MEMORY;
	if (!e && !http_count(ex, ex->rp.body.n))
		e = ERR_BUSY;
	if (e)
		http_refuse(&ex->rp, e, f.code == e ? &f : NULL);
	ex->step = HTTP_STEP_READY;
}

static enum MHD_Result run(struct http_exchange *ex)
{
	if (!ex->plan.aside || ex->h->o.workers == 0) {
		http_conn_enter(ex->conn, HTTP_WORK, HTTP_NEVER_MS);
		http_exchange_run(ex);
		return http_exchange_send(ex);
	}
	/* From here on the worker has it, and until it is back `ex` is not touched. */
	ex->step = HTTP_STEP_AWAY;
	if (http_aside_put(ex))
		return MHD_YES;
	http_metric_up(ex->h->figures.full, 1);
	http_refuse(&ex->rp, ERR_BUSY, NULL);
	return http_exchange_send(ex);
}

/* ---- headers and body ---- */

/* 0: no body; SIZE_MAX: in chunks. */
static size_t announced(const struct http_exchange *ex)
{
	struct str length = http_look_up(ex, "Content-Length");
	int64_t n = 0;

	if (!length.p)
		return http_look_up(ex, "Transfer-Encoding").p ? SIZE_MAX : 0;
	return str_i64(length, &n) || n < 0 ? SIZE_MAX - 1 : (size_t)n;
}

static enum err too_large(struct fault *f, size_t max)
{
	if (max == 0)
		return fault_set(f, ERR_TOO_LARGE, "此请求不能带内容",
				 "this request may carry no content");
	return fault_set(f, ERR_TOO_LARGE, "内容超过 %zu 字节",
			 "the content has more than %zu bytes", max);
}

static enum err decide(struct http_exchange *ex, const char *url, const char *method, size_t length,
		       struct fault *f)
{
	const struct http_options *o = &ex->h->o;
	enum err e = http_head_read(ex, url, method, f);

	if (e)
		return e;
	ex->plan = (struct http_plan){ .aside = ex->rq.method != HTTP_GET &&
						ex->rq.method != HTTP_OPTIONS };
	if (atomic_load_explicit(&ex->h->memory, memory_order_relaxed) >= o->memory_bytes_max)
		return ERR_BUSY;
	if (o->begin && (e = o->begin(o->arg, &ex->rq, &ex->plan, &ex->rp, f)))
		return e;
	ex->plan.body_bytes_max = min_size(ex->plan.body_bytes_max, o->body_bytes_max);
	if (length != SIZE_MAX && length > ex->plan.body_bytes_max)
		return too_large(f, ex->plan.body_bytes_max);
	if (length == 0 || length == SIZE_MAX)
		return OK;
	/* All of it is counted now: nobody gets half of a body in before the house is full. */
	if (!http_count(ex, length))
		return ERR_BUSY;
	ex->body.p = mem_take(length, 1);
	ex->body.cap = ex->body.p ? length : 0;
	return ex->body.p ? OK : ERR_MEMORY;
}

static enum MHD_Result begin(struct http_exchange *ex, const char *url, const char *method)
{
	size_t length = announced(ex);
	struct fault f = { 0 };
	enum err e;

	/* A wrong framing says nothing about where this request ends: the connection must go. */
	e = decide(ex, url, method, length, &f);
	if (e) {
		bool head = !ex->rq.path.p;

		http_refuse(&ex->rp, e, f.code == e ? &f : NULL);
		if (head && e == ERR_TOO_LARGE)
			ex->rp.status = MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
		if (head && e == ERR_METHOD)
			ex->rp.status = MHD_HTTP_NOT_IMPLEMENTED;
		if (head || (length > HTTP_SWALLOW_BYTES && length != SIZE_MAX))
			return http_exchange_send(ex);
		ex->step = length ? HTTP_STEP_SWALLOW : HTTP_STEP_READY;
	} else {
		ex->step = HTTP_STEP_BODY;
	}
	if (length) {
		size_t known = length == SIZE_MAX ? ex->plan.body_bytes_max : length;

		http_conn_enter(ex->conn, HTTP_BODY,
				http_now_ms(ex->h) + 1000LL * ex->h->o.body_s +
					(int64_t)(known / (HTTP_SLOWEST_BYTES_S / 1000)));
	}
	return MHD_YES;
}

/* A body in chunks. Grown by hand: a block that realloc moves leaves all it held behind. */
static enum err make_room(struct buf *b, size_t n)
{
	size_t cap = max_size(b->n + n, b->cap + b->cap / 2);
	char *wider;

	if (n <= b->cap - b->n)
		return OK;
	if (!(wider = mem_take(cap, 1)))
		return ERR_MEMORY;
	if (b->p) {
		memcpy(wider, b->p, b->n);
		crypt_wipe(b->p, b->cap);
		mem_drop(b->p);
	}
	b->p = wider;
	b->cap = cap;
	return OK;
}

static void take(struct http_exchange *ex, const char *p, size_t n)
{
	struct fault f = { 0 };
	enum err e = OK;

	if (n > ex->plan.body_bytes_max - ex->body.n)
		e = too_large(&f, ex->plan.body_bytes_max);
	else if (n > ex->body.cap - ex->body.n && !http_count(ex, n))
		e = ERR_BUSY; /* in chunks: counted as they come */
	else if (!(e = make_room(&ex->body, n)))
		buf_put(&ex->body, p, n);
	e = e ? e : ex->body.failed;
	if (!e)
		return;
	drop_body(&ex->body);
	http_refuse(&ex->rp, e, f.code == e ? &f : NULL);
	ex->step = HTTP_STEP_SWALLOW;
}

enum MHD_Result http_exchange_step(void *arg, struct MHD_Connection *mhd, const char *url,
				   const char *method, const char *version, const char *data,
				   size_t *n, void **ptr)
{
	struct http_exchange *ex = *ptr;
	struct http *h = arg;

	(void)version;
	if (!ex)
		return MHD_queue_response(mhd, MHD_HTTP_SERVICE_UNAVAILABLE, h->poor);
	if (ex->step == HTTP_STEP_NEW)
		return begin(ex, url, method);
	if (*n > 0) {
		size_t came = *n;

		*n = 0;
		if (ex->step == HTTP_STEP_BODY)
			take(ex, data, came);
		else
			ex->swallowed += came;
		return ex->swallowed > HTTP_SWALLOW_BYTES ? MHD_NO : MHD_YES;
	}
	if (ex->step == HTTP_STEP_BODY)
		return run(ex);
	return http_exchange_send(ex);
}
