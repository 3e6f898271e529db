/* idempotency.c - the same request twice is done once and answered twice. */
#include "support/desk.h"
#include "support/toys.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ban.h"

#define OPEN(k) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, &toys, 1)
#define KEY "Idempotency-Key: 7f2c-11\r\n"

static void lead(struct desk *k, struct visitor *v)
{
	desk_account(k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(k, "lead", v);
}

static void same(const struct answer *a, const struct answer *b)
{
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->body.n, b->body.n);
	assert_memory_equal(a->body.p, b->body.p, a->body.n);
	assert_true(answer_header(a, "Outpost-Receipt").n > 0);
	assert_true(
		str_eq(answer_header(a, "Outpost-Receipt"), answer_header(b, "Outpost-Receipt")));
}

static void a_retry_gets_the_same_answer_and_receipt_and_does_nothing(void **state)
{
	CLEANUP(answer_end) struct answer one = { 0 };
	CLEANUP(answer_end) struct answer two = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	desk_ask(&k, &v, "POST", "/api/v1/toys/wells", KEY, "{}", &one);
	desk_pass(&k, 100);
	desk_ask(&k, &v, "POST", "/api/v1/toys/wells", KEY, "{}", &two);
	assert_int_equal(one.status, 201);
	same(&one, &two);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 1);
}

static void a_retry_is_answered_before_any_work_that_might_refuse_it_now(void **state)
{
	CLEANUP(answer_end) struct answer one = { 0 };
	CLEANUP(answer_end) struct answer two = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	desk_ask(&k, &v, "POST", "/api/v1/toys/large", KEY, "{}", &one);
	toys_full = true;
	desk_ask(&k, &v, "POST", "/api/v1/toys/large", KEY, "{}", &two);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/large", "{}"), 409);
	toys_full = false;
	assert_int_equal(one.status, 200);
	same(&one, &two);
	assert_int_equal(desk_entries(&k, "430802", "large"), 1);
}

/* Between the headers of a large body and its end, the session is ended. */
static void a_kept_answer_is_for_whoever_is_still_let_in(void **state)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(answer_end) struct answer one = { 0 };
	CLEANUP(answer_end) struct answer two = { 0 };
	static char body[100001];
	char head[900];
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	memset(body, 'x', sizeof body - 1);
	desk_ask(&k, &v, "POST", "/api/v1/toys/large", KEY, body, &one);
	assert_int_equal(one.status, 200);
	assert_true(client_open(&c, k.port));
	(void)snprintf(head, sizeof head,
		       "POST /api/v1/toys/large HTTP/1.1\r\nHost: 127.0.0.1\r\n%s" KEY
		       "Expect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
		       v.headers, sizeof body - 1);
	assert_true(client_send(&c, head));
	assert_true(client_wait(&c, "100 Continue\r\n\r\n")); /* let in */
	assert_int_equal(desk_status(&k, &v, "DELETE", "/api/v1/session", NULL), 200);
	assert_true(client_send(&c, body));
	assert_true(client_read(&c, &two, false));
	assert_int_equal(two.status, 401);
}

static void without_a_key_the_same_request_is_done_again(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/wells", "{}"), 201);
	assert_int_equal(desk_status(&k, &v, "POST", "/api/v1/toys/wells", "{}"), 201);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 2);
}

static int with(const struct desk *k, const struct visitor *v, const char *target,
		const char *headers, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	desk_ask(k, v, "POST", target, headers, body, &a);
	return a.status;
}

static void the_key_of_one_request_is_refused_for_another(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{}"), 201);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{ }"), 409);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells?x=1", KEY, "{}"), 409);
	assert_int_equal(with(&k, &v, "/api/v1/toys/crashes", KEY, "{}"), 409);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY "If-Match: \"1\"\r\n", "{}"), 409);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 1);
}

static void two_people_may_use_one_key(void **state)
{
	struct visitor v, w;
	OPEN(k);

	lead(&k, &v);
	desk_account(&k, "other", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&k, "other", &w);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{}"), 201);
	assert_int_equal(with(&k, &w, "/api/v1/toys/wells", KEY, "{}"), 201);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 2);
}

static void a_request_that_failed_may_be_tried_again_under_its_key(void **state)
{
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(with(&k, &v, "/api/v1/toys/breaks", KEY, "{}"), 422);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{}"), 201);
}

static void an_answer_with_a_secret_is_not_kept(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(with(&k, &v, "/api/v1/toys/secret", KEY, "{}"), 200);
	desk_ask(&k, &v, "POST", "/api/v1/toys/secret", KEY, "{}", &a);
	assert_int_equal(a.status, 409);
	assert_false(answer_holds(&a, "s3cret"));
	assert_int_equal(desk_entries(&k, "430802", "secret"), 1);
}

static void a_key_that_is_none_is_refused_in_its_field(void **state)
{
	char longer[200] = "Idempotency-Key: ";
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	memset(longer + strlen(longer), 'x', 129);
	memcpy(longer + strlen(longer), "\r\n", 3);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", longer, "{}"), 422);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", "Idempotency-Key: a b\r\n", "{}"), 422);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 0);
}

static void after_two_days_a_key_is_forgotten(void **state)
{
	struct fault f = { 0 };
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{}"), 201);
	desk_pass(&k, 2 * 86400 + 1);
	assert_int_equal(dispatch_tick(k.dispatch, &f), OK);
	desk_sign_in(&k, "lead", &v);
	assert_int_equal(with(&k, &v, "/api/v1/toys/wells", KEY, "{}"), 201);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 2);
}

struct racer {
	const struct desk *k;
	const struct visitor *v;
	struct answer a;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	desk_ask(r->k, r->v, "POST", "/api/v1/toys/wells", KEY, "{}", &r->a);
	return NULL;
}

static void eight_at_once_are_done_once_and_answered_alike(void **state)
{
	struct racer r[8];
	pthread_t thread[8];
	struct visitor v;
	OPEN(k);

	lead(&k, &v);
	for (size_t i = 0; i < ARRAY_LEN(r); i++) {
		r[i] = (struct racer){ &k, &v, { 0 } };
		assert_int_equal(pthread_create(&thread[i], NULL, race, &r[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(r); i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(r); i++)
		same(&r[0].a, &r[i].a);
	assert_int_equal(r[0].a.status, 201);
	assert_int_equal(desk_entries(&k, "430802", "dig"), 1);
	for (size_t i = 0; i < ARRAY_LEN(r); i++)
		answer_end(&r[i].a);
}

/* A child serves, and is killed after the entry was written and before the commit. */
static void serve_and_be_killed(struct database *d, int told)
{
	struct desk k = { .d = d };
	CLEANUP(answer_end) struct answer a = { 0 };
	struct visitor v;

	if (database_again(d, &d->fault))
		_exit(3);
	desk_open(&k, d, &toys, 1);
	lead(&k, &v);
	if (write(told, v.headers, sizeof(v.headers)) != sizeof(v.headers))
		_exit(4);
	(void)client_ask(k.port, "POST", "/api/v1/toys/crashes", v.headers, "{}", &a);
	(void)snprintf(v.headers + strlen(v.headers), 64, KEY "X-Crash: now\r\n");
	(void)client_ask(k.port, "POST", "/api/v1/toys/crashes", v.headers, "{}", &a);
	_exit(5);
}

static void after_a_crash_in_between_the_retry_is_the_first(void **state)
{
	struct database *d = *state;
	struct visitor v;
	int told[2], status;
	pid_t child;

	assert_int_equal(pipe(told), 0);
	db_end(&d->db);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		serve_and_be_killed(d, told[1]);
	assert_int_equal(read(told[0], v.headers, sizeof(v.headers)), sizeof(v.headers));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(told[0]);
	close(told[1]);
	assert_int_equal(database_again(d, &d->fault), OK);
	{
		OPEN(k);
		assert_int_equal(desk_entries(&k, "430802", "crash"), 1);
		assert_int_equal(with(&k, &v, "/api/v1/toys/crashes", KEY, "{}"), 200);
		assert_int_equal(desk_entries(&k, "430802", "crash"), 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_retry_gets_the_same_answer_and_receipt_and_does_nothing),
		ON_BOTH(a_retry_is_answered_before_any_work_that_might_refuse_it_now),
		ON_BOTH(a_kept_answer_is_for_whoever_is_still_let_in),
		ON_SQLITE(without_a_key_the_same_request_is_done_again),
		ON_BOTH(the_key_of_one_request_is_refused_for_another),
		ON_SQLITE(two_people_may_use_one_key),
		ON_BOTH(a_request_that_failed_may_be_tried_again_under_its_key),
		ON_BOTH(an_answer_with_a_secret_is_not_kept),
		ON_SQLITE(a_key_that_is_none_is_refused_in_its_field),
		ON_BOTH(after_two_days_a_key_is_forgotten),
		ON_BOTH(eight_at_once_are_done_once_and_answered_alike),
		ON_BOTH(after_a_crash_in_between_the_retry_is_the_first),
	};

	return cmocka_run_group_tests_name("idempotency", tests, NULL, NULL);
}
