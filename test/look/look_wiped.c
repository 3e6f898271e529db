/*
 * look_wiped.c - once a name was told and the connection is closed, it is nowhere in the server.
 *
 * The server is a process of its own, which never saw the name but in its answer: it was chosen,
 * and given to the vault, by this one. Its memory is then read through /proc, all of it.
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
#include "support/in_memory.h"
#include "support/office.h"

struct told {
	uint16_t port;
	int64_t now;
	char asker[512], second[512];
};

static void serve(int to)
{
	struct told t = { 0 };
	void *state = NULL;
	struct office *o = &office;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (office_on_sqlite(&state))
		_exit(1);
	t.port = o->k.port;
	t.now = o->k.now;
	memcpy(t.asker, o->asker.headers, sizeof t.asker);
	memcpy(t.second, o->second.headers, sizeof t.second);
	if (write(to, &t, sizeof t) != (ssize_t)sizeof t)
		_exit(1);
	for (;;)
		(void)pause();
}

static int64_t keep(struct vault *v, const char *name, const char *phone)
{
	struct vault_row r = { 2, vaulted_person(name, "", phone) };
	struct vault_staged_row ret;
	struct fault f = { 0 };

	assert_int_equal(vault_stage(v, 9, &r, 1, &ret, &f), OK);
	assert_int_equal(vault_keep(v, 9, &f), OK);
	return ret.subject;
}

static void post(struct desk *k, struct visitor *who, const char *target, const char *body,
		 struct answer *a)
{
	desk_ask(k, who, "POST", target, "Connection: close\r\n", body, a);
}

static void a_name_that_was_told_is_nowhere_in_the_idle_server(void **state)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(vault_end) struct vault *v = NULL;
	char name[64], phone[16], body[512], target[128], id[24];
	struct visitor asker, second;
	struct told t = { 0 };
	struct desk k = { 0 };
	uint32_t chance;
	int pipes[2];
	pid_t pid;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	skip(); /* a sanitizer keeps what was freed, and terabytes of its own */
#endif
	assert_int_equal(pipe(pipes), 0);
	if (!(pid = fork()))
		serve(pipes[1]);
	assert_int_equal(read(pipes[0], &t, sizeof t), sizeof t);
	k.port = t.port;
	assert_int_equal(arena_new(1 << 20, &k.arena), OK);
	memcpy(asker.headers, t.asker, sizeof t.asker);
	memcpy(second.headers, t.second, sizeof t.second);
	crypt_random_fill(&crypt_random_system, &chance, sizeof chance);
	(void)snprintf(name, sizeof name, "Canary-%08x-Canary", chance);
	(void)snprintf(phone, sizeof phone, "137%08u", chance % 100000000);
	assert_int_equal(vault_connect(&(struct vault_options){ .dir = "house" }, &v), OK);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802\",\"matter\":\"case/9\","
		       "\"reason\":\"one must be found tonight\",\"people\":[\"%lld\"]}",
		       (long long)keep(v, name, phone));
	post(&k, &asker, "/api/v1/break-glass", body, &a);
	assert_int_equal(a.status, 201);
	(void)snprintf(id, sizeof id, "%s", desk_json(&k, &a, "id"));
	answer_end(&a);
	(void)snprintf(target, sizeof target, "/api/v1/break-glass/%s/answer", id);
	post(&k, &second, target, "{\"approve\":true}", &a);
	assert_int_equal(a.status, 200);
	answer_end(&a);
	(void)snprintf(target, sizeof target, "/api/v1/break-glass/%s/names", id);
	post(&k, &asker, target, "{}", &a);
	assert_int_equal(a.status, 200);
	assert_non_null(memmem(a.body.p, a.body.n, name, strlen(name)));
	/* the connection's thread may still be at its end */
	for (int i = 0; i < 500 && in_memory(pid, name); i++)
		usleep(10000);
	assert_int_equal(in_memory(pid, name), 0);
	assert_int_equal(in_memory(pid, phone), 0);
	assert_true(in_memory(pid, "case/9") > 0); /* the scan sees what is there */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	arena_free(k.arena);
	assert_int_equal(system("rm -rf house"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_was_told_is_nowhere_in_the_idle_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
