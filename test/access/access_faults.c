/* access_faults.c - every allocation of a request may fail, and then nothing has happened. */
#include "support/desk.h"
#include "support/toys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

#include "base/ban.h"

enum { TRIES_MAX = 2000 };

struct act {
	const char *method, *target, *body;
	const char *action; /* its entry in the ledger */
	int status;
};

/* What never may be: an answer that says no and an entry, or one that says yes and none. */
static bool once(struct desk *k, const struct visitor *v, const struct act *act, uint64_t n)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	size_t before = desk_entries(k, "430802", act->action), after;

	k->fail_at = n;
	desk_ask(k, v, act->method, act->target, NULL, act->body, &a);
	k->fail_at = 0;
	mem_fail_at(0, false);
	after = desk_entries(k, "430802", act->action);
	if (a.status == act->status) {
		assert_int_equal(after, before + 1);
		return true;
	}
	if (a.status != 503)
		fail_msg("allocation %llu: %d %.*s", (unsigned long long)n, a.status, (int)a.body.n,
			 a.body.p);
	assert_int_equal(after, before);
	return false;
}

static void sweep(struct desk *k, const struct visitor *v, const struct act *act)
{
	uint64_t n = 1;

	for (int clean = 0; clean < 3; n++) {
		assert_in_range(n, 1, TRIES_MAX);
		clean = once(k, v, act, n) ? clean + 1 : 0;
	}
	print_message("%s %s: %llu allocations\n", act->method, act->target,
		      (unsigned long long)n - 4);
}

#define OPEN(k) \
	CLEANUP(desk_close) struct desk k = { .d = *state }; \
	desk_open(&k, *state, &toys, 1)

static void a_log_in_without_memory_is_no_log_in(void **state)
{
	static const struct act act = {
		"POST",
		"/api/v1/session",
		"{\"login\":\"lead\",\"password\":\"" DESK_PASSWORD "\"}",
		"sign-in",
		200,
	};
	struct visitor nobody = { "" };
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	sweep(&k, &nobody, &act);
}

static void a_write_without_memory_is_no_write(void **state)
{
	static const struct act act = {
		"POST", "/api/v1/toys/wells", "{}", "dig", 201,
	};
	struct visitor v;
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&k, "lead", &v);
	sweep(&k, &v, &act);
}

static void a_look_without_memory_is_no_look(void **state)
{
	static const struct act act = {
		"GET", "/api/v1/toys/wells/1", "", "look", 200,
	};
	struct visitor v;
	OPEN(k);

	desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&k, "lead", &v);
	sweep(&k, &v, &act);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_log_in_without_memory_is_no_log_in),
		ON_BOTH(a_write_without_memory_is_no_write),
		ON_BOTH(a_look_without_memory_is_no_look),
	};

	return cmocka_run_group_tests_name("access_faults", tests, NULL, NULL);
}
