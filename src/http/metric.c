/* metric.c - see metric.h. */
#include "http/metric.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "base/ban.h"

enum { BUCKET_NS_FIRST = 250000 };

struct http_metric {
	struct http_metric_spec spec;
	atomic_int_least64_t value, sum_ns;
	atomic_int_least64_t bucket[HTTP_METRIC_BUCKETS + 1]; /* the last: longer than all */
};

struct http_metrics {
	struct http_metric *v[HTTP_METRICS_MAX];
	size_t n;
};

enum err http_metrics_new(struct http_metrics **ret)
{
	struct http_metrics *all = mem_take(1, sizeof *all);

	if (!all)
		return ERR_MEMORY;
	*ret = all;
	return OK;
}

void http_metrics_free(struct http_metrics *all)
{
	for (size_t i = 0; all && i < all->n; i++)
		mem_drop(all->v[i]);
	mem_drop(all);
}

void http_metrics_end(struct http_metrics **all)
{
	http_metrics_free(*all);
	*all = NULL;
}

static bool name_is_good(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && *p != '_' && (p == name || *p < '0' || *p > '9'))
			return false;
	return *name != '\0';
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

enum err http_metric_add(struct http_metrics *all, const struct http_metric_spec *spec,
			 struct http_metric **ret, struct fault *f)
{
	struct http_metric *m;

	if (!name_is_good(spec->name) || (spec->read && spec->kind == HTTP_HISTOGRAM))
		return fault_set(f, ERR_SYNTAX, "指标名 %s 不可用", "no name for a metric: %s",
				 spec->name);
	for (size_t i = 0; i < all->n; i++)
		if (same(all->v[i]->spec.name, spec->name) &&
		    (same(all->v[i]->spec.labels, spec->labels) ||
		     all->v[i]->spec.kind != spec->kind))
			return fault_set(f, ERR_EXISTS, "指标 %s 已有", "metric %s is there",
					 spec->name);
	if (all->n == HTTP_METRICS_MAX)
		return fault_set(f, ERR_FULL, "指标太多", "there are too many metrics");
	m = mem_take(1, sizeof *m);
	if (!m)
		return ERR_MEMORY;
	m->spec = *spec;
	all->v[all->n++] = m;
	*ret = m;
	return OK;
}

void http_metric_up(struct http_metric *m, int64_t by)
{
	if (m)
		atomic_fetch_add_explicit(&m->value, by, memory_order_relaxed);
}

void http_metric_time(struct http_metric *m, int64_t ns)
{
	size_t i = 0;

	if (!m)
		return;
	while (i < HTTP_METRIC_BUCKETS && ns > (int64_t)BUCKET_NS_FIRST << i)
		i++;
	atomic_fetch_add_explicit(&m->bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_ns, ns, memory_order_relaxed);
}

static int64_t get(const atomic_int_least64_t *v)
{
	return atomic_load_explicit(v, memory_order_relaxed);
}

static void put_name(struct buf *out, const struct http_metric *m, const char *suffix)
{
	buf_lit(out, m->spec.name);
	buf_lit(out, suffix);
	if (m->spec.labels)
		buf_fmt(out, "{%s}", m->spec.labels);
	buf_char(out, ' ');
}

static void tell_histogram(const struct http_metric *m, struct buf *out)
{
	const char *labels = m->spec.labels ? m->spec.labels : "";
	int64_t n = 0;

	for (size_t i = 0; i <= HTTP_METRIC_BUCKETS; i++) {
		n += get(&m->bucket[i]);
		buf_fmt(out, "%s_bucket{%s%sle=\"", m->spec.name, labels, *labels ? "," : "");
		if (i < HTTP_METRIC_BUCKETS)
			buf_f64(out, (double)((int64_t)BUCKET_NS_FIRST << i) / 1e9);
		else
			buf_lit(out, "+Inf");
		buf_fmt(out, "\"} %" PRId64 "\n", n);
	}
	put_name(out, m, "_sum");
	buf_f64(out, (double)get(&m->sum_ns) / 1e9);
	buf_char(out, '\n');
	put_name(out, m, "_count");
	buf_fmt(out, "%" PRId64 "\n", n);
}

void http_metrics_tell(const struct http_metrics *all, struct buf *out)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };

	for (size_t i = 0; i < all->n; i++) {
		const struct http_metric *first = all->v[i];
		bool told = false;

		/* All series of a name stand together, under one head. */
		for (size_t k = 0; k < i && !told; k++)
			told = same(all->v[k]->spec.name, first->spec.name);
		if (told)
			continue;
		buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", first->spec.name, first->spec.help,
			first->spec.name, kinds[first->spec.kind]);
		for (size_t k = i; k < all->n; k++) {
			const struct http_metric *m = all->v[k];

			if (!same(m->spec.name, first->spec.name))
				continue;
			if (m->spec.kind == HTTP_HISTOGRAM) {
				tell_histogram(m, out);
				continue;
			}
			put_name(out, m, "");
			buf_i64(out, m->spec.read ? m->spec.read(m->spec.arg) : get(&m->value));
			buf_char(out, '\n');
		}
	}
}
