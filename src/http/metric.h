/*
 * metric.h - counters, gauges and histograms, told as Prometheus text.
 *
 * A series is registered once, with all its labels, before the server opens; there is no way to
 * make a label out of what a request said, and so nobody's name can end up in one.
 *
 * Threads:  counting is an atomic add from any thread; registering belongs to the start.
 * Memory:   names, helps and labels are static text.
 * Errors:   registering: ERR_FULL, ERR_EXISTS, ERR_SYNTAX (a name Prometheus would not take).
 */
#ifndef HTTP_METRIC_H
#define HTTP_METRIC_H
#include "base/base.h"
#include "base/text.h"

enum { HTTP_METRICS_MAX = 1024, HTTP_METRIC_BUCKETS = 16 };

enum http_metric_kind { HTTP_COUNTER, HTTP_GAUGE, HTTP_HISTOGRAM };
struct http_metric_spec {
	enum http_metric_kind kind;
	const char *name;   /* outpost_http_requests_total */
	const char *labels; /* NULL, or: class="2xx",method="get" */
	const char *help;
	int64_t (*read)(void *arg); /* a gauge or counter that is asked when it is told, or NULL */
	void *arg;
};
struct http_metric;
struct http_metrics;

MUST_CHECK enum err http_metrics_new(struct http_metrics **ret);
void http_metrics_free(struct http_metrics *all); /* NULL is fine */
void http_metrics_end(struct http_metrics **all); /* for CLEANUP() */
MUST_CHECK enum err http_metric_add(struct http_metrics *all, const struct http_metric_spec *spec,
				    struct http_metric **ret, struct fault *f);
void http_metric_up(struct http_metric *m, int64_t by); /* counter: by >= 0; gauge: any */
/* Histogram: a time in nanoseconds, told in seconds; buckets from 0.25 ms by doubling to 8 s. */
void http_metric_time(struct http_metric *m, int64_t ns);
/* As text/plain; version=0.0.4. */
void http_metrics_tell(const struct http_metrics *all, struct buf *out);
#endif
