/*
 * intake_wiped.c - what came in of people is nowhere in the idle server once it was answered: rows
 * that were taken or refused, in one piece or in chunks, a body that was no table, and a case.
 *
 * The server is a process of its own and saw the canaries on its sockets alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "support/clinic.h"
#include "support/in_memory.h"

struct told {
	uint16_t port;
	char feed[2][24]; /* of cards and of visits */
	char lead[400], doctor[400];
};

static void make_feed(struct clinic *c, const char *brings, char feed[24])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"name\":\"%s\",\"brings\":\"%s\"}", brings,
		       brings);
	if (clinic_ask(c, CLINIC_LEAD, "POST", "/api/v1/feeds", body, &a) != 201)
		_exit(1);
	clinic_text(&a, "id", feed, 24);
}

static void serve_for_ever(int to)
{
	struct told t = { 0 };
	void *state = NULL;
	struct clinic c;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (database_on_sqlite(&state))
		_exit(1);
	clinic_begin(&c, state, "wiped");
	make_feed(&c, "notification", t.feed[0]);
	make_feed(&c, "visits", t.feed[1]);
	t.port = http_port(c.s->http);
	clinic_sign_in(&c, CLINIC_DOCTOR);
	memcpy(t.lead, c.cookie[CLINIC_LEAD], sizeof t.lead);
	memcpy(t.doctor, c.cookie[CLINIC_DOCTOR], sizeof t.doctor);
	if (write(to, &t, sizeof t) != (ssize_t)sizeof t)
		_exit(1);
	for (;;)
		(void)pause();
}

enum { ROWS = 3000 };
static const char *const kinds[] = { "Taken", "Refused" };

/* "Taken-1a2b3c4d-17": of this run, so that nothing that was built in has it. */
static void rows_of_cards(struct buf *b, uint32_t chance)
{
	buf_lit(b, "source_id,name,sex,age\n");
	for (int i = 0; i < ROWS; i++)
		buf_fmt(b, "c%d,%s-%08x-%d,f,%s\n", i, kinds[i % 2], chance, i,
			i % 2 ? "a lot" : "35");
}

static void rows_of_lines(struct buf *b, uint32_t chance)
{
	for (int i = 0; i < ROWS; i++)
		buf_fmt(b,
			"{\"source_id\":\"n%d\",\"name\":\"%s-%08x-\\u7532%d\",\"sex\":\"f\","
			"\"age\":\"%s\"}\n",
			i, kinds[i % 2], chance, i, i % 2 ? "a lot" : "35");
}

static void rows_of_visits(struct buf *b, uint32_t chance)
{
	buf_lit(b, "person,place,from,to\n");
	for (int i = 0; i < ROWS; i++)
		buf_fmt(b, "\"%s-%08x-%d\",cell-7,%s,\n", kinds[i % 2], chance, i,
			i % 2 ? "yesterday" : "2026-09-20T08:00:00+08:00");
}

static void rows_of_nothing(struct buf *b, uint32_t chance)
{
	buf_fmt(b, "name,name\nTaken-%08x,\"Refused-%08x\n", chance, chance);
}

/* Each row is somebody's, the first one too. */
static void rows_without_headings(struct buf *b, uint32_t chance)
{
	for (int i = 0; i < ROWS; i++)
		buf_fmt(b, "c%d,%s-%08x-%d,f,35\n", i, kinds[i % 2], chance, i);
}

static void one_row_without_headings(struct buf *b, uint32_t chance)
{
	buf_fmt(b, "c0,Taken-%08x,Refused-%08x,35\n", chance, chance);
}

/* In one piece, or in chunks of a prime number of bytes. */
static void push(const struct told *t, const char *feed, struct str body, bool chunked,
		 const char *number)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf head = { 0 };
	enum { CHUNK = 7919 };

	buf_fmt(&head,
		"POST /api/v1/feeds/%s/batches HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		"Content-Type: text/csv\r\nIdempotency-Key: %s\r\n%s",
		feed, number, t->lead);
	if (chunked)
		buf_lit(&head, "Transfer-Encoding: chunked\r\n\r\n");
	else
		buf_fmt(&head, "Content-Length: %zu\r\n\r\n", body.n);
	assert_true(client_open(&c, t->port));
	assert_true(client_send_bytes(&c, head.p, head.n));
	for (size_t at = 0; chunked && at < body.n; at += CHUNK) {
		size_t n = min_size(CHUNK, body.n - at);

		buf_clear(&head);
		buf_fmt(&head, "%zx\r\n", n);
		buf_put(&head, body.p + at, n);
		buf_lit(&head, "\r\n");
		assert_true(client_send_bytes(&c, head.p, head.n));
	}
	assert_true(chunked ? client_send(&c, "0\r\n\r\n") : client_send_bytes(&c, body.p, body.n));
	assert_true(client_read(&c, &a, false));
	assert_true(a.status == 201 || a.status / 100 == 4);
	if (a.status / 100 == 4) /* what is refused as a whole is told in words of our own */
		assert_null(memmem(a.body.p, a.body.n, "Taken-", 6));
}

/* A case that is taken, and one that is refused. */
static void report(const struct told *t, const char *profile, uint32_t chance)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char headers[500], body[500];

	(void)snprintf(headers, sizeof headers,
		       "%sConnection: close\r\nIdempotency-Key: case-%s\r\n", t->doctor, profile);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"number\":\"%s\",\"profile\":\"%s\","
		       "\"onset\":\"2026-09-20\",\"positive\":\"2026-09-20\",\"who\":{\"name\":"
		       "\"Taken-%08x\",\"address\":\"Refused-%08x\",\"phone\":\"13800001111\"}}",
		       profile, profile, chance, chance);
	assert_true(client_ask(t->port, "POST", "/api/v1/cases", headers, body, &a));
	assert_int_equal(a.status, strcmp(profile, "covid19.who") == 0 ? 201 : 422);
}

static void nowhere(pid_t pid, uint32_t chance, const char *what)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		char canary[40];
		size_t n;

		(void)snprintf(canary, sizeof canary, "%s-%08x", kinds[k], chance);
		/* the connection's thread may still be at its end */
		for (int i = 0; (n = in_memory(pid, canary)) && i < 50; i++)
			usleep(20000);
		if (n)
			fail_msg("%zu times %s after %s", n, kinds[k], what);
	}
}

static void what_came_in_of_people_is_nowhere_in_the_idle_server(void **state)
{
	static const struct {
		const char *what;
		void (*rows)(struct buf *b, uint32_t chance);
		int feed;
	} pushes[] = {
		{ "cards", rows_of_cards, 0 },
		{ "cards as lines", rows_of_lines, 0 },
		{ "visits", rows_of_visits, 1 },
		{ "a file that is none", rows_of_nothing, 0 },
		{ "cards without headings", rows_without_headings, 0 },
		{ "visits without headings", rows_without_headings, 1 },
		{ "one card without headings", one_row_without_headings, 0 },
	};
	struct told t = { 0 };
	int pipes[2], number = 0;
	pid_t pid;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer keeps what was freed, and terabytes of its own */
#endif
	assert_int_equal(pipe(pipes), 0);
	if (!(pid = fork()))
		serve_for_ever(pipes[1]);
	assert_int_equal(read(pipes[0], &t, sizeof t), sizeof t);
	for (size_t i = 0; i < 2 * ARRAY_LEN(pushes); i++) {
		CLEANUP(buf_release) struct buf body = { 0 };
		char key[16], what[60];
		uint32_t chance;
		bool chunked = i % 2;

		crypt_random_fill(&crypt_random_system, &chance, sizeof chance);
		pushes[i / 2].rows(&body, chance);
		(void)snprintf(key, sizeof key, "push-%d", number++);
		(void)snprintf(what, sizeof what, "%s%s", pushes[i / 2].what,
			       chunked ? " in chunks" : "");
		push(&t, t.feed[pushes[i / 2].feed], buf_view(&body), chunked, key);
		nowhere(pid, chance, what);
	}
	for (size_t i = 0; i < 2; i++) {
		uint32_t chance;

		crypt_random_fill(&crypt_random_system, &chance, sizeof chance);
		report(&t, i ? "no.such" : "covid19.who", chance);
		nowhere(pid, chance, i ? "a case that was refused" : "a case");
	}
	assert_true(in_memory(pid, t.feed[0]) > 0); /* the scan sees what is there */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_in_of_people_is_nowhere_in_the_idle_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
