/*
 * log.c - what is told of each request: to the operator a line, to Prometheus a number.
 *
 * The fields are these and no others: neither path nor query nor address nor header is told, so no
 * person can be found in a log. The route's pattern says what was asked, the id finds the rest.
 */
#include "http/inside.h"

#include <stdio.h>

#include "base/ban.h"
#include "base/json.h"
#include "base/when.h"

/* YYYY-MM-DDTHH:MM:SS.mmmZ. The second is written once for all lines of it. */
static struct str put_time(struct http *h, int64_t ns)
{
	int64_t s = ns / 1000000000;
	int ms = (int)(ns / 1000000 % 1000), of_day = (int)(s % 86400);
	int year, month, day;
	char *text = h->log_time;

	if (s != h->log_second || !text[0]) {
		date_civil((int32_t)(s / 86400), &year, &month, &day);
		(void)snprintf(text, sizeof h->log_time, "%04d-%02d-%02dT%02d:%02d:%02d.000Z", year,
			       month, day, of_day / 3600, of_day / 60 % 60, of_day % 60);
		h->log_second = s;
	}
	text[20] = (char)('0' + ms / 100);
	text[21] = (char)('0' + ms / 10 % 10);
	text[22] = (char)('0' + ms % 10);
	return (struct str){ text, 24 };
}

static void tell_line(struct buf *out, const struct http_exchange *ex, int64_t took_ns, bool whole)
{
	struct json j;

	json_begin(&j, out);
	json_open(&j, '{');
	json_key(&j, "at");
	json_str(&j, put_time(ex->h, clock_ns(&ex->h->o.wall)));
	json_key(&j, "event");
	json_str(&j, STR("request"));
	json_key(&j, "id");
	json_str(&j, ex->rq.id);
	json_key(&j, "method");
	json_str(&j, str_of(ex->rq.head ? "HEAD" : http_method_word(ex->rq.method)));
	json_key(&j, "route");
	json_str(&j, str_of(ex->rq.route ? ex->rq.route : "-"));
	json_key(&j, "status");
	json_i64(&j, ex->rp.status);
	json_key(&j, "bytes");
	json_i64(&j, (int64_t)ex->sent);
	json_key(&j, "us");
	json_i64(&j, took_ns / 1000);
	if (ex->refused) {
		json_key(&j, "refused");
		json_str(&j, str_of(err_word(ex->refused)));
	}
	if (ex->why[0]) {
		json_key(&j, "why");
		json_str(&j, str_of(ex->why));
	}
	if (!whole) {
		json_key(&j, "cut");
		json_bool(&j, true);
	}
	json_close(&j, '}');
	buf_char(out, '\n');
}

static void flush(struct http *h)
{
	if (h->log.n == 0)
		return;
	if (h->o.log)
		h->o.log(h->o.log_arg, buf_view(&h->log));
	else
		(void)fwrite(h->log.p, 1, h->log.n, stderr); /* if nobody listens, so be it */
	buf_clear(&h->log);
}

void http_log_flush(struct http *h)
{
	pthread_mutex_lock(&h->log_lock);
	flush(h);
	pthread_mutex_unlock(&h->log_lock);
}

void http_log_exchange(struct http_exchange *ex, bool whole)
{
	struct http *h = ex->h;
	int64_t took_ns = clock_ns(&h->o.steady) - ex->start_ns;
	int class = ex->rp.status / 100;
	size_t from;

	http_metric_up(h->figures.replies[class >= 1 && class <= 5 ? class : 0], 1);
	http_metric_up(h->figures.bytes, (int64_t)ex->sent);
	if (!ex->stream)
		http_metric_time(h->figures.took, took_ns);
	pthread_mutex_lock(&h->log_lock);
	from = h->log.n;
	tell_line(&h->log, ex, took_ns, whole);
	if (h->log.failed) { /* without memory the log has holes, and the house stands */
		h->log.failed = OK;
		h->log.n = from;
	}
	/* Many lines are one write; what is wrong with us is told at once. */
	if (h->log.n > HTTP_LOG_BYTES || class == 5)
		flush(h);
	pthread_mutex_unlock(&h->log_lock);
}

/* ---- figures ---- */

static int64_t count_conns(void *arg)
{
	const struct http_in_state *in = arg;
	int64_t n = 0;

	pthread_mutex_lock(&in->h->lock);
	for (const struct http_conn *c = in->h->first; c; c = c->next)
		n += (enum http_state)(atomic_load(&c->phase) & 7) == in->state;
	pthread_mutex_unlock(&in->h->lock);
	return n;
}

static int64_t count_streams(void *arg)
{
	return (int64_t)http_streams(arg);
}

static int64_t count_memory(void *arg)
{
	return (int64_t)atomic_load(&((struct http *)arg)->memory);
}

static const char *const classes[] = { "class=\"none\"", "class=\"1xx\"", "class=\"2xx\"",
				       "class=\"3xx\"",  "class=\"4xx\"", "class=\"5xx\"" };
static const char *const states[HTTP_STATE_N] = {
	[HTTP_IDLE] = "state=\"idle\"",   [HTTP_HEADER] = "state=\"header\"",
	[HTTP_BODY] = "state=\"body\"",   [HTTP_WORK] = "state=\"work\"",
	[HTTP_REPLY] = "state=\"reply\"", [HTTP_STREAM] = "state=\"stream\"",
	[HTTP_CUT] = "state=\"cut\"",
};

static enum err add_families(struct http *h, struct fault *f)
{
	struct http_figures *g = &h->figures;
	struct http_metric *asked;
	struct http_metric_spec s = { HTTP_COUNTER, "outpost_http_replies_total",
				      NULL,         "Replies given, by class of status.",
				      NULL,         NULL };
	enum err e = OK;

	for (size_t i = 0; !e && i < ARRAY_LEN(classes); i++) {
		s.labels = classes[i];
		e = http_metric_add(h->o.metrics, &s, &g->replies[i], f);
	}
	s.name = "outpost_http_cut_total";
	s.help = "Connections ended because they were over their time, by what they were at.";
	for (size_t i = 0; !e && i < HTTP_CUT; i++) {
		s.labels = states[i];
		e = http_metric_add(h->o.metrics, &s, &g->cuts[i], f);
	}
	s.kind = HTTP_GAUGE;
	s.name = "outpost_http_connections";
	s.help = "Connections open, by what they are at.";
	s.read = count_conns;
	for (size_t i = 0; !e && i < HTTP_STATE_N; i++) {
		g->in_state[i] = (struct http_in_state){ h, (enum http_state)i };
		s.labels = states[i];
		s.arg = &g->in_state[i];
		e = http_metric_add(h->o.metrics, &s, &asked, f);
	}
	return e;
}

enum err http_figures_add(struct http *h, struct fault *f)
{
	struct http_figures *g = &h->figures;
	struct http_metric *asked;
	const struct {
		struct http_metric **to;
		struct http_metric_spec spec;
	} single[] = {
		{ &g->took,
		  { HTTP_HISTOGRAM, "outpost_http_reply_seconds", NULL,
		    "Time from the request line to the last byte of the reply.", NULL, NULL } },
		{ &g->bytes,
		  { HTTP_COUNTER, "outpost_http_reply_bytes_total", NULL, "Bytes of bodies sent.",
		    NULL, NULL } },
		{ &g->full,
		  { HTTP_COUNTER, "outpost_http_busy_total", NULL,
		    "Requests refused because too many were waiting.", NULL, NULL } },
		{ &g->events,
		  { HTTP_COUNTER, "outpost_http_events_total", NULL, "Events published.", NULL,
		    NULL } },
		{ &asked,
		  { HTTP_GAUGE, "outpost_http_streams", NULL, "Event streams open.", count_streams,
		    h } },
		{ &asked,
		  { HTTP_GAUGE, "outpost_http_memory_bytes", NULL,
		    "Bodies received and replies not yet sent.", count_memory, h } },
	};
	enum err e;

	if (!h->o.metrics)
		return OK;
	e = add_families(h, f);
	for (size_t i = 0; !e && i < ARRAY_LEN(single); i++)
		e = http_metric_add(h->o.metrics, &single[i].spec, single[i].to, f);
	return e;
}
