/* front.c - see front.h. */
#include "front.h"

#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/path.h"
#include "http/stream.h"

static atomic_int_least64_t clock_now;
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	unsigned waiting, may_go;
} gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0 };
static atomic_uint handled;

static int64_t front_now(void *arg)
{
	(void)arg;
	return atomic_load(&clock_now);
}

unsigned front_handled(void)
{
	return atomic_load(&handled);
}

/* ---- what handlers do ---- */

static enum err plain(struct http_reply *rp)
{
	rp->type = "text/plain";
	buf_lit(&rp->body, "plain");
	return OK;
}

static enum err echo(struct http_request *rq, struct http_reply *rp)
{
	static const char *const names[] = { "Host", "X-One", "X-Forwarded-For", "Accept" };

	rp->type = "text/plain; charset=utf-8";
	buf_fmt(&rp->body, "method: %s\nhead: %d\ntls: %d\npath: %.*s\npeer: %.*s\n",
		http_method_word(rq->method), rq->head, rq->tls, (int)rq->path.n, rq->path.p,
		(int)rq->peer.n, rq->peer.p);
	for (size_t i = 0; i < rq->n_query; i++)
		buf_fmt(&rp->body, "query %.*s: %.*s\n", (int)rq->query[i].name.n,
			rq->query[i].name.p, (int)rq->query[i].value.n, rq->query[i].value.p);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str v = http_header(rq, names[i]);

		if (v.p)
			buf_fmt(&rp->body, "%s: %.*s\n", names[i], (int)v.n, v.p);
	}
	if (http_cookie(rq, "session").p)
		buf_fmt(&rp->body, "cookie: %.*s\n", (int)http_cookie(rq, "session").n,
			http_cookie(rq, "session").p);
	buf_fmt(&rp->body, "origin: %s\nbody: ", err_word(http_same_origin(rq, NULL)));
	buf_str(&rp->body, rq->body);
	return OK;
}

static enum err bytes(struct http_reply *rp, int64_t n)
{
	char tag[32];
	int k = snprintf(tag, sizeof tag, "tag-%" PRId64, n);

	rp->type = "application/octet-stream";
	rp->cache = HTTP_CACHE_CHECK;
	for (int64_t i = 0; i < n; i += 16)
		buf_put(&rp->body, "0123456789abcdef", (size_t)min_i64(16, n - i));
	return http_etag(rp, (struct str){ tag, (size_t)k });
}

struct pieces {
	int64_t left;
	bool broken;
};

static enum err next_piece(void *arg, struct buf *out, bool *ret_end)
{
	struct pieces *p = arg;

	if (p->left <= 1 && p->broken)
		return ERR_IO;
	for (int i = 0; i < 1000 && p->left > 0; i++)
		buf_char(out, (char)('a' + i % 26));
	*ret_end = --p->left <= 0;
	return OK;
}

static enum err pieces(struct http_reply *rp, int64_t n, bool broken)
{
	struct pieces *p = mem_take(1, sizeof *p);

	if (!p)
		return ERR_MEMORY;
	*p = (struct pieces){ n, broken };
	http_body_from(rp, (struct http_source){ next_piece, mem_drop, p });
	return OK;
}

static enum err spend(struct http_request *rq)
{
	while (arena_take(rq->arena, 1000, 1))
		continue;
	return ERR_MEMORY;
}

static enum err all_headers(struct http_reply *rp)
{
	enum err e;

	rp->status = 201;
	buf_lit(&rp->body, "{}");
	if ((e = http_location(rp, STR("/there"))) || (e = http_retry_after(rp, 7)) ||
	    (e = http_etag(rp, STR("v1"))) || (e = http_download(rp, STR("名单 \"1\".csv"))) ||
	    (e = http_set_cookie(rp, "session", STR("abc-_~1"), 60)) ||
	    (e = http_set_cookie(rp, "old", STR(""), 0)))
		return e;
	return OK;
}

static enum err wait_at_gate(struct http_reply *rp)
{
	pthread_mutex_lock(&gate.lock);
	gate.waiting++;
	pthread_cond_broadcast(&gate.moved);
	while (gate.may_go == 0)
		pthread_cond_wait(&gate.moved, &gate.lock);
	gate.may_go--;
	gate.waiting--;
	pthread_mutex_unlock(&gate.lock);
	return plain(rp);
}

void front_let_go(unsigned n)
{
	pthread_mutex_lock(&gate.lock);
	gate.may_go += n;
	pthread_cond_broadcast(&gate.moved);
	pthread_mutex_unlock(&gate.lock);
}

void front_wait_for_waiting(unsigned n)
{
	pthread_mutex_lock(&gate.lock);
	while (gate.waiting < n)
		pthread_cond_wait(&gate.moved, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
}

static bool of_area(void *arg, const struct http_event *ev)
{
	return *(int64_t *)arg == ev->key;
}

static enum err stream(struct http_reply *rp, int64_t area, struct fault *f)
{
	int64_t *mine = mem_take(1, sizeof *mine);

	if (!mine)
		return ERR_MEMORY;
	*mine = area;
	return http_stream_open(rp, (struct http_audience){ of_area, mem_drop, mine }, f);
}

static enum err front_handle(void *arg, struct http_request *rq, struct http_reply *rp,
			     struct fault *f)
{
	struct str path = rq->path;
	int64_t n = 0;
	const struct front *front = arg;
	size_t i = path.n;

	atomic_fetch_add(&handled, 1);
	while (i > 0 && path.p[i - 1] >= '0' && path.p[i - 1] <= '9')
		i--;
	if (str_i64((struct str){ path.p + i, path.n - i }, &n) == OK)
		path.n = i;
	rq->route = "/test";
	if (str_eq(path, STR("/plain")))
		return plain(rp);
	if (str_eq(path, STR("/bytes/")))
		return bytes(rp, n);
	if (str_eq(path, STR("/pieces/")) || str_eq(path, STR("/broken/")))
		return pieces(rp, n, path.p[1] == 'b');
	if (str_eq(path, STR("/refuse/")))
		return (enum err)n;
	if (str_eq(path, STR("/said/"))) {
		fault_at(f, "phone", "row 3");
		return fault_set(f, (enum err)n, "说明", "why");
	}
	if (str_eq(path, STR("/spend")))
		return spend(rq);
	if (str_eq(path, STR("/all-headers")))
		return all_headers(rp);
	if (str_eq(path, STR("/wait")))
		return wait_at_gate(rp);
	if (str_eq(path, STR("/stream/")))
		return stream(rp, n, f);
	if (path.n >= 5 && memcmp(path.p, "/echo", 5) == 0)
		return echo(rq, rp);
	return front->assets ? http_asset_reply(front->assets, rq, rp) : ERR_ABSENT;
}

static enum err front_begin(void *arg, struct http_request *rq, struct http_plan *plan,
			    struct http_reply *rp, struct fault *f)
{
	struct str word = http_header(rq, "X-Begin");

	(void)arg;
	(void)rp;
	(void)f;
	if (rq->method == HTTP_POST)
		plan->body_bytes_max = FRONT_BODY_MAX;
	if (rq->method == HTTP_PUT)
		plan->body_bytes_max = FRONT_LARGE_MAX;
	for (int e = 1; word.p && e < ERR_N; e++)
		if (str_eq(word, str_of(err_word((enum err)e))))
			return (enum err)e;
	return OK;
}

/* ---- the server ---- */

static void keep_log(void *arg, struct str lines)
{
	buf_str(arg, lines);
}

void front_options(struct front *f)
{
	*f = (struct front){ .o = http_defaults() };
	f->o.steady = (struct clock){ front_now, NULL };
	f->o.wall = (struct clock){ front_now, NULL };
	f->o.by_hand = true;
	f->o.handler = front_handle;
	f->o.begin = front_begin;
	f->o.log = keep_log;
	f->o.workers = 4;
	f->o.per_address_max = 0;
}

void front_open(struct front *f)
{
	struct fault why = { 0 };
	enum err e = http_metrics_new(&f->metrics);

	assert(e == OK);
	f->o.metrics = f->metrics;
	f->o.log_arg = &f->log;
	f->o.arg = f;
	e = http_open(&f->o, &f->h, &why);
	if (e)
		fprintf(stderr, "%s: %s\n", err_word(e), why.en);
	assert(e == OK);
	f->port = http_port(f->h);
}

void front_close(struct front *f)
{
	http_end(&f->h);
	http_metrics_end(&f->metrics);
	buf_release(&f->log);
}

void front_pass(struct front *f, unsigned s)
{
	atomic_fetch_add(&clock_now, s * INT64_C(1000000000));
	http_reap(f->h);
}

int64_t front_figure(const struct front *f, const char *series)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const char *at;

	http_metrics_tell(f->metrics, &b);
	buf_char(&b, '\0');
	at = b.p;
	while ((at = strstr(at, series)) && (at[-1] != '\n' || at[strlen(series)] != ' '))
		at++;
	return at ? strtoll(at + strlen(series), NULL, 10) : -1;
}

void front_wait_state(const struct front *f, const char *state, int64_t n)
{
	char series[80];

	snprintf(series, sizeof series, "outpost_http_connections{state=\"%s\"}", state);
	while (front_figure(f, series) != n)
		sched_yield();
}
