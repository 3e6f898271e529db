/*
 * stream.c - replies that stay open.
 *
 * A stream with nothing to say is suspended, and libmicrohttpd does not look at its socket. Whoever
 * gives it something to say resumes it. Both happen under hub.lock, and the flag `suspended` says
 * which of the two is due, so a connection is never resumed that was not suspended.
 *
 * The connection's phase holds its deadline: reply_s from when something began to wait, never while
 * nothing does. So the reaper cuts a client that does not read like any other.
 */
#include "http/stream.h"
#include "http/inside.h"

#include <string.h>

#include "base/ban.h"

enum { STREAM_BLOCK_BYTES = 1024 };

/* One event as it is sent, shared by all streams that hold it. */
struct told {
	unsigned refs; /* under hub.lock */
	size_t n;
	char text[];
};

struct http_stream {
	struct http *h;
	struct http_stream *next, *prev;
	struct MHD_Connection *mhd;
	struct http_conn *conn; /* NULL until the reply is given to libmicrohttpd */
	struct http_audience to;
	bool suspended, closing, beat;
	int64_t spoke_ms;
	size_t first, n, sent; /* of the ring; bytes sent of the first */
	struct told *ring[];
};

static struct told *told_new(struct str text)
{
	struct told *t = mem_take(1, sizeof *t + text.n);

	if (t) {
		t->n = text.n;
		memcpy(t->text, text.p, text.n);
	}
	return t;
}

static void told_drop(struct told *t)
{
	if (--t->refs == 0)
		mem_drop(t);
}

static bool one_line(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20)
			return false;
	return str_utf8(s);
}

/* ---- under hub.lock ---- */

static void wake(struct http_stream *s)
{
	if (s->suspended) {
		s->suspended = false;
		MHD_resume_connection(s->mhd);
	}
}

/* Something waits to be sent from now on. */
static void wait_for_reader(struct http_stream *s)
{
	if (s->conn && s->suspended)
		http_conn_enter(s->conn, HTTP_STREAM, http_now_ms(s->h) + 1000LL * s->h->o.reply_s);
	wake(s);
}

static void stream_push(struct http_stream *s, struct told *t)
{
	unsigned most = s->h->o.stream_events_max;

	if (s->closing)
		return;
	if (s->n == most) {
		s->closing = true;
		if (s->conn)
			http_conn_cut(s->conn, HTTP_STREAM);
		wake(s);
		return;
	}
	t->refs++;
	s->ring[(s->first + s->n++) % most] = t;
	wait_for_reader(s);
}

static void stream_close(struct http_stream *s)
{
	s->closing = true;
	wait_for_reader(s);
}

/* Copy what is due; 0: nothing is. */
static size_t take_due(struct http_stream *s, char *to, size_t room)
{
	const struct str beat = STR(":\n\n");
	unsigned most = s->h->o.stream_events_max;
	size_t n = 0;

	while (s->n > 0 && n < room) {
		struct told *t = s->ring[s->first];
		size_t part = min_size(room - n, t->n - s->sent);

		memcpy(to + n, t->text + s->sent, part);
		n += part;
		s->sent += part;
		if (s->sent < t->n)
			break;
		told_drop(t);
		s->first = (s->first + 1) % most;
		s->n--;
		s->sent = 0;
	}
	if (n == 0 && s->beat && room >= beat.n) {
		memcpy(to, beat.p, beat.n);
		n = beat.n;
	}
	s->beat = s->beat && n == 0;
	return n;
}

/* ---- what libmicrohttpd asks ---- */

static ssize_t stream_read(void *arg, uint64_t at, char *to, size_t room)
{
	struct http_stream *s = arg;
	struct http *h = s->h;
	ssize_t n;

	(void)at;
	pthread_mutex_lock(&h->hub.lock);
	n = (ssize_t)take_due(s, to, room);
	if (n > 0) {
		s->spoke_ms = http_now_ms(h);
	} else if (s->closing) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		http_conn_enter(s->conn, HTTP_STREAM, HTTP_NEVER_MS);
		s->suspended = true;
		MHD_suspend_connection(s->mhd);
	}
	pthread_mutex_unlock(&h->hub.lock);
	return n;
}

struct MHD_Response *http_stream_response(struct http_exchange *ex)
{
	ex->rp.type = "text/event-stream";
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK_BYTES, stream_read,
						 ex->stream, NULL);
}

void http_stream_gone(struct http_stream *s)
{
	struct http *h = s->h;

	pthread_mutex_lock(&h->hub.lock);
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		h->hub.first = s->next;
	h->hub.n--;
	for (; s->n > 0; s->n--, s->first = (s->first + 1) % h->o.stream_events_max)
		told_drop(s->ring[s->first]);
	pthread_mutex_unlock(&h->hub.lock);
	if (s->to.end)
		s->to.end(s->to.arg);
	mem_drop(s);
}

/* ---- for handlers and publishers ---- */

enum err http_stream_open(struct http_reply *rp, struct http_audience to, struct fault *f)
{
	const struct str hello = STR("retry: 3000\nevent: hello\ndata: \n\n");
	struct http_exchange *ex = rp->exchange;
	struct http *h = ex->h;
	struct http_stream *s;
	struct told *first;
	bool full;

	assert(!ex->stream);
	s = mem_take(1, sizeof *s + h->o.stream_events_max * sizeof(s->ring[0]));
	first = told_new(hello);
	if (s && first) {
		*s = (struct http_stream){ .h = h, .mhd = ex->mhd, .conn = ex->conn, .to = to };
		s->spoke_ms = http_now_ms(h);
		pthread_mutex_lock(&h->hub.lock);
		full = h->hub.n >= h->o.streams_max || h->hub.closing;
		if (!full) {
			stream_push(s, first);
			s->next = h->hub.first;
			if (s->next)
				s->next->prev = s;
			h->hub.first = s;
			h->hub.n++;
			ex->stream = s;
		}
		pthread_mutex_unlock(&h->hub.lock);
		if (!full)
			return OK;
	}
	full = s && first;
	mem_drop(s);
	mem_drop(first);
	if (to.end)
		to.end(to.arg);
	return !full ? ERR_MEMORY
		     : fault_set(f, ERR_BUSY, "实时连接已达上限，请稍后再试",
				 "there are as many live connections as may be; try again later");
}

enum err http_publish(struct http *h, const struct http_event *ev)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct told *t;

	assert(one_line(ev->kind) && one_line(ev->data));
	buf_lit(&b, "event: ");
	buf_str(&b, ev->kind);
	buf_lit(&b, "\ndata: ");
	buf_str(&b, ev->data);
	buf_lit(&b, "\n\n");
	t = b.failed ? NULL : told_new(buf_view(&b));
	if (!t)
		return ERR_MEMORY;
	pthread_mutex_lock(&h->hub.lock);
	t->refs = 1;
	for (struct http_stream *s = h->hub.first; s; s = s->next)
		if (!s->to.wants || s->to.wants(s->to.arg, ev))
			stream_push(s, t);
	told_drop(t);
	pthread_mutex_unlock(&h->hub.lock);
	http_metric_up(h->figures.events, 1);
	return OK;
}

void http_stream_close_if(struct http *h, bool (*over)(void *audience_arg, void *arg), void *arg)
{
	pthread_mutex_lock(&h->hub.lock);
	for (struct http_stream *s = h->hub.first; s; s = s->next)
		if (!s->closing && over(s->to.arg, arg))
			stream_close(s);
	pthread_mutex_unlock(&h->hub.lock);
}

size_t http_streams(struct http *h)
{
	size_t n;

	pthread_mutex_lock(&h->hub.lock);
	n = h->hub.n;
	pthread_mutex_unlock(&h->hub.lock);
	return n;
}

/* ---- for the reaper and the end ---- */

void http_hub_reap(struct http *h)
{
	int64_t now = http_now_ms(h);

	pthread_mutex_lock(&h->hub.lock);
	for (struct http_stream *s = h->hub.first; s; s = s->next)
		if (s->suspended && now - s->spoke_ms >= 1000LL * h->o.heartbeat_s) {
			s->beat = true;
			wait_for_reader(s);
		}
	pthread_mutex_unlock(&h->hub.lock);
}

void http_hub_close(struct http *h)
{
	pthread_mutex_lock(&h->hub.lock);
	h->hub.closing = true;
	for (struct http_stream *s = h->hub.first; s; s = s->next)
		stream_close(s);
	pthread_mutex_unlock(&h->hub.lock);
}
