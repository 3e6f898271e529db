/*
 * http_example.c - how a server is wired: a table of routes, `begin` that finds the row and decides
 * who may, a handler that runs it, and the console for every other path. What is three lines here
 * (a header instead of a session) is a room in the house.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/json_read.h"
#include "http/asset.h"
#include "http/http.h"
#include "http/metric.h"
#include "http/path.h"
#include "http/stream.h"
#include "support/client.h"

struct house;
struct call {
	struct house *house;
	struct http_request *rq;
	struct http_reply *rp;
	struct http_match match;
};
struct route {
	struct http_pattern at;
	size_t body_bytes_max;
	bool open; /* to anybody */
	enum err (*run)(struct call *c, struct fault *f);
};

struct house {
	struct http *h;
	struct http_paths *paths;
	struct http_metrics *metrics;
};

/* ---- three routes ---- */

static enum err area_show(struct call *c, struct fault *f)
{
	int64_t id = http_match_id(&c->match, "id");
	struct json j;

	(void)f;
	if (id != 430802)
		return ERR_ABSENT;
	json_begin(&j, &c->rp->body);
	json_open(&j, '{');
	json_key(&j, "id");
	json_str(&j, STR("430802"));
	json_key(&j, "name");
	json_str(&j, STR("永定区"));
	json_close(&j, '}');
	return OK;
}

static enum err area_rename(struct call *c, struct fault *f)
{
	static const char *const fields[] = { "name", NULL };
	const struct json_node *body;
	struct str name = { 0 };
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->rq->arena, &body, f)) ||
	    (e = json_only(body, fields, f)) || (e = json_need(body, "name", f)) ||
	    (e = json_get_text(body, "name", 60, &name, f)))
		return e;
	c->rp->status = 204;
	return http_publish(c->house->h, &(struct http_event){ STR("area"), 430802, STR("{}"), 0 });
}

static enum err metrics_show(struct call *c, struct fault *f)
{
	(void)f;
	c->rp->type = "text/plain; version=0.0.4";
	http_metrics_tell(c->house->metrics, &c->rp->body);
	return OK;
}

static const struct route routes[] = {
	{ { HTTP_GET, "/api/v1/areas/{id}" }, 0, false, area_show },
	{ { HTTP_PATCH, "/api/v1/areas/{id}" }, 1000, false, area_rename },
	{ { HTTP_GET, "/metrics" }, 0, true, metrics_show },
};

/* ---- the way through ---- */

static enum err begin(void *arg, struct http_request *rq, struct http_plan *plan,
		      struct http_reply *rp, struct fault *f)
{
	struct house *house = arg;
	struct call *c = arena_take(rq->arena, 1, sizeof *c);
	const struct route *r;
	enum err e;

	if (!c)
		return ERR_MEMORY;
	*c = (struct call){ .house = house, .rq = rq, .rp = rp };
	e = http_paths_find(house->paths, rq->method, rq->path, &c->match);
	if (e == ERR_ABSENT && rq->method == HTTP_GET)
		return OK; /* the console's, if anybody's */
	if (e == ERR_METHOD) {
		enum err why = http_allow(rp, c->match.methods);

		rp->status = 204;
		return why ? why : rq->method == HTTP_OPTIONS ? OK : e;
	}
	if (e)
		return e;
	r = &routes[c->match.row];
	rq->route = r->at.pattern;
	rq->kept = c;
	plan->body_bytes_max = r->body_bytes_max;
	if (!r->open && !http_header(rq, "Authorization").p)
		return ERR_LOGIN;
	return rq->method == HTTP_GET ? OK : http_same_origin(rq, f);
}

static enum err handle(void *arg, struct http_request *rq, struct http_reply *rp, struct fault *f)
{
	struct call *c = rq->kept;

	(void)arg;
	if (rq->method == HTTP_OPTIONS)
		return OK;
	return c ? routes[c->match.row].run(c, f) : http_asset_reply(&http_console, rq, rp);
}

static int house_open(void **state)
{
	static struct house house;
	struct http_pattern at[ARRAY_LEN(routes)];
	static struct http_pattern kept[ARRAY_LEN(routes)];
	struct http_options o = http_defaults();
	struct fault f = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		at[i] = routes[i].at;
	memcpy(kept, at, sizeof at);
	if (http_paths_new(kept, ARRAY_LEN(routes), &house.paths, &f) ||
	    http_metrics_new(&house.metrics))
		return 1;
	o.metrics = house.metrics;
	o.begin = begin;
	o.handler = handle;
	o.arg = &house;
	*state = &house;
	return http_open(&o, &house.h, &f) != OK;
}

static int house_close(void **state)
{
	struct house *house = *state;

	(void)http_stop(house->h, 5);
	http_end(&house->h);
	http_paths_end(&house->paths);
	http_metrics_end(&house->metrics);
	return 0;
}

/* ---- what comes of it ---- */

#define KNOWN "Authorization: Bearer x\r\n"

static void a_route_is_found_and_its_reply_sent(void **state)
{
	uint16_t port = http_port(((struct house *)*state)->h);
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_ask(port, "GET", "/api/v1/areas/430802", KNOWN, NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "{\"id\":\"430802\",\"name\":\"永定区\"}"));
	assert_true(client_ask(port, "GET", "/api/v1/areas/1", KNOWN, NULL, &a));
	assert_int_equal(a.status, 404);
}

static void who_is_not_known_is_asked_to_log_in(void **state)
{
	uint16_t port = http_port(((struct house *)*state)->h);
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_ask(port, "GET", "/api/v1/areas/430802", "", NULL, &a));
	assert_int_equal(a.status, 401);
	assert_true(client_ask(port, "PATCH", "/api/v1/areas/430802", "", "{}", &a));
	assert_int_equal(a.status, 401);
}

static void a_body_is_read_strictly_and_what_is_wrong_is_named(void **state)
{
	uint16_t port = http_port(((struct house *)*state)->h);
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char path[] = "/api/v1/areas/430802";

	assert_true(client_ask(port, "PATCH", path, KNOWN, "{\"name\":\"永定\"}", &a));
	assert_int_equal(a.status, 204);
	assert_true(client_ask(port, "PATCH", path, KNOWN, "{\"nmae\":\"x\"}", &a));
	assert_int_equal(a.status, 400);
	assert_true(answer_holds(&a, "\"field\":\"nmae\""));
	assert_true(client_ask(port, "PATCH", path, KNOWN, "{\"name\":", &a));
	assert_int_equal(a.status, 400);
	assert_true(answer_holds(&a, "\"where\":\"line 1, column "));
	assert_true(client_ask(port, "PATCH", path, KNOWN "Origin: http://evil.example\r\n",
			       "{\"name\":\"x\"}", &a));
	assert_int_equal(a.status, 403);
}

static void another_method_is_refused_with_those_there_are(void **state)
{
	uint16_t port = http_port(((struct house *)*state)->h);
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_ask(port, "DELETE", "/api/v1/areas/7", KNOWN, NULL, &a));
	assert_int_equal(a.status, 405);
	assert_true(str_eq(answer_header(&a, "Allow"), STR("GET, HEAD, PATCH, OPTIONS")));
	assert_true(answer_holds(&a, "\"code\":\"method\""));
	assert_true(client_ask(port, "OPTIONS", "/api/v1/areas/7", "", NULL, &a));
	assert_int_equal(a.status, 204);
	assert_true(str_eq(answer_header(&a, "Allow"), STR("GET, HEAD, PATCH, OPTIONS")));
	assert_null(answer_header(&a, "Access-Control-Allow-Origin").p);
}

static void figures_and_the_console_are_there(void **state)
{
	uint16_t port = http_port(((struct house *)*state)->h);
	CLEANUP(answer_end) struct answer a = { 0 };

	assert_true(client_ask(port, "GET", "/metrics", "", NULL, &a));
	assert_true(answer_holds(&a, "outpost_http_replies_total{class=\"2xx\"} "));
	assert_true(client_ask(port, "GET", "/tasks/late", "", NULL, &a));
	assert_int_equal(a.status, 200);
	assert_true(answer_holds(&a, "<html"));
	assert_true(client_ask(port, "GET", "/nothing.js", "", NULL, &a));
	assert_int_equal(a.status, 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_is_found_and_its_reply_sent),
		cmocka_unit_test(who_is_not_known_is_asked_to_log_in),
		cmocka_unit_test(a_body_is_read_strictly_and_what_is_wrong_is_named),
		cmocka_unit_test(another_method_is_refused_with_those_there_are),
		cmocka_unit_test(figures_and_the_console_are_there),
	};

	return cmocka_run_group_tests(tests, house_open, house_close);
}
