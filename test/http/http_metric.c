/* http_metric.c - figures are told as Prometheus reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/memory.h"
#include "http/metric.h"

static int64_t forty_two(void *arg)
{
	return *(int *)arg;
}

static void figures_are_told_a_family_at_a_time(void **state)
{
	CLEANUP(http_metrics_end) struct http_metrics *all = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };
	struct http_metric *a, *g, *a2, *h, *read;
	int n = 42;
	const struct http_metric_spec specs[] = {
		{ HTTP_COUNTER, "a_total", "x=\"1\"", "As.", NULL, NULL },
		{ HTTP_GAUGE, "g", NULL, "Gs.", NULL, NULL },
		{ HTTP_COUNTER, "a_total", "x=\"2\"", "As.", NULL, NULL },
		{ HTTP_HISTOGRAM, "h_seconds", "y=\"z\"", "Hs.", NULL, NULL },
		{ HTTP_GAUGE, "r", NULL, "Rs.", forty_two, &n },
	};
	struct http_metric **to[] = { &a, &g, &a2, &h, &read };

	(void)state;
	assert_int_equal(http_metrics_new(&all), OK);
	for (size_t i = 0; i < ARRAY_LEN(specs); i++)
		assert_int_equal(http_metric_add(all, &specs[i], to[i], NULL), OK);
	http_metric_up(a, 2);
	http_metric_up(a, 1);
	http_metric_up(a2, 5);
	http_metric_up(g, -7);
	http_metric_up(NULL, 1);
	http_metric_time(h, 0);
	http_metric_time(h, 250000);
	http_metric_time(h, 250001);
	http_metric_time(h, 3000000000);
	http_metric_time(h, 90000000000);
	http_metrics_tell(all, &b);
	assert_true(str_eq(buf_view(&b), STR("# HELP a_total As.\n# TYPE a_total counter\n"
					     "a_total{x=\"1\"} 3\na_total{x=\"2\"} 5\n"
					     "# HELP g Gs.\n# TYPE g gauge\ng -7\n"
					     "# HELP h_seconds Hs.\n# TYPE h_seconds histogram\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.00025\"} 2\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.0005\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.001\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.002\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.004\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.008\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.016\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.032\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.064\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.128\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.256\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"0.512\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"1.024\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"2.048\"} 3\n"
					     "h_seconds_bucket{y=\"z\",le=\"4.096\"} 4\n"
					     "h_seconds_bucket{y=\"z\",le=\"8.192\"} 4\n"
					     "h_seconds_bucket{y=\"z\",le=\"+Inf\"} 5\n"
					     "h_seconds_sum{y=\"z\"} 93.000500001\n"
					     "h_seconds_count{y=\"z\"} 5\n"
					     "# HELP r Rs.\n# TYPE r gauge\nr 42\n")));
}

static void a_series_is_registered_once_and_under_a_proper_name(void **state)
{
	static const char *const bad[] = { "", "1a", "a-b", "A", "a b", "a{", "前" };
	CLEANUP(http_metrics_end) struct http_metrics *all = NULL;
	struct http_metric *m;
	struct http_metric_spec s = { .kind = HTTP_COUNTER, .name = "a", .help = "A." };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(http_metrics_new(&all), OK);
	assert_int_equal(http_metric_add(all, &s, &m, NULL), OK);
	assert_int_equal(http_metric_add(all, &s, &m, &f), ERR_EXISTS);
	assert_int_equal(f.code, ERR_EXISTS);
	s.labels = "x=\"1\"";
	assert_int_equal(http_metric_add(all, &s, &m, NULL), OK);
	assert_int_equal(http_metric_add(all, &s, &m, NULL), ERR_EXISTS);
	s.kind = HTTP_GAUGE;
	s.labels = "x=\"2\"";
	assert_int_equal(http_metric_add(all, &s, &m, NULL), ERR_EXISTS);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		s.name = bad[i];
		assert_int_equal(http_metric_add(all, &s, &m, NULL), ERR_SYNTAX);
	}
	mem_fail_at(1, false);
	s.name = "b";
	assert_int_equal(http_metric_add(all, &s, &m, NULL), ERR_MEMORY);
	mem_fail_at(0, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_told_a_family_at_a_time),
		cmocka_unit_test(a_series_is_registered_once_and_under_a_proper_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
