/*
 * house_killed.c - the server killed at any moment, a hundred times, under writes: whatever it
 * acknowledged is in the ledger afterwards, and everything is whole.
 *
 * OUTPOST_CYCLES sets how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/memory.h"
#include "ledger/ledger.h"
#include "serve/found.h"
#include "serve/sound.h"
#include "support/client.h"
#include "support/database.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CYCLES = 20 };
#else
enum { CYCLES = 100 };
#endif
enum { CLIENTS = 4, LOOK_EACH = 10 };

typedef VEC(char *) texts;

struct town {
	pid_t pid;
	uint16_t port;
	char cookie[300];
	atomic_bool over;
	atomic_int next;
	pthread_mutex_t lock;
	texts receipts;
};

static void start(struct town *t)
{
	const char *outpost = getenv("OUTPOST");
	int ends[2];
	char url[128] = "";
	size_t n = 0;

	assert_non_null(outpost);
	assert_int_equal(pipe(ends), 0);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(open("serve.log", O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(outpost, outpost, "serve", "house", "--listen", "127.0.0.1:0", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (n + 1 < sizeof url && read(ends[0], url + n, 1) == 1 && url[n] != '\n')
		n++;
	close(ends[0]);
	assert_memory_equal(url, "http://127.0.0.1:", 17);
	t->port = (uint16_t)strtol(url + 17, NULL, 10);
}

static void kill_it(struct town *t)
{
	int status;

	assert_int_equal(kill(t->pid, SIGKILL), 0);
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	assert_true(WIFSIGNALED(status));
}

static void sign_in(struct town *t, const char *password)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	struct str cookie;

	(void)snprintf(body, sizeof body, "{\"login\":\"lead\",\"password\":\"%s\"}", password);
	assert_true(client_ask(t->port, "POST", "/api/v1/session", "Idempotency-Key: sign-in\r\n",
			       body, &a));
	assert_int_equal(a.status, 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(t->cookie, sizeof t->cookie, "Cookie: %.*s\r\n",
		       (int)strcspn(cookie.p, ";\r"), cookie.p);
}

/* Write until the server is gone; keep the receipt of whatever was acknowledged. */
static void *write_on(void *arg)
{
	struct town *t = arg;

	while (!t->over) {
		CLEANUP(answer_end) struct answer a = { 0 };
		int i = t->next++;
		char headers[400], body[200];
		struct str r;

		(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: write-%d\r\n",
			       t->cookie, i);
		(void)snprintf(body, sizeof body,
			       "{\"area\":\"430802000000000\",\"name\":\"合成%d\","
			       "\"kind\":\"other\"}",
			       i);
		if (!client_ask(t->port, "POST", "/api/v1/organisations", headers, body, &a) ||
		    a.status != 201 || a.cut)
			continue;
		r = answer_header(&a, "Outpost-Receipt");
		pthread_mutex_lock(&t->lock);
		(void)vec_push(&t->receipts, strndup(r.p, r.n));
		pthread_mutex_unlock(&t->lock);
	}
	return NULL;
}

static enum err all_there(struct tx *tx, void *arg, struct fault *f)
{
	const texts *all = arg;

	for (size_t i = 0; i < all->n; i++) {
		struct ledger_receipt r;
		enum err e = ledger_receipt_parse(str_of(all->v[i]), &r);

		if (e || (e = ledger_receipt_check(tx, &r, f)))
			return e;
	}
	return OK;
}

static void look(struct town *t)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct sound_report r;
	struct fault f = { 0 };

	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, (struct utc_s){ 0 }, &f), OK);
	if (db_read(h->db, all_there, &t->receipts, &f))
		fail_msg("an acknowledged write is gone: %s", f.en);
	if (sound_look(h, &(struct sound_ask){ .whole = true }, &r, &f))
		fail_msg("%s", f.en);
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
}

static void make_house(char password[POLICY_ONCE_BYTES])
{
	CLEANUP(house_end) struct house *h = NULL;
	struct found_account lead = { .login = STR("lead"),
				      .name = STR("合成"),
				      .roles = role_bit(ROLE_AREA_LEAD),
				      .area = { 430000000000000 } };
	struct utc_s now = { clock_ns(&clock_wall) / 1000000000 };
	struct found_first first;
	struct config c;
	struct fault f = { 0 };

	config_defaults(&c);
	assert_int_equal(config_set(&c, STR("house.area"), STR("43"), &f), OK);
	assert_int_equal(config_set(&c, STR("session.idle_min"), STR("1440"), &f), OK);
	assert_int_equal(config_set(&c, STR("ledger.head_s"), STR("1"), &f), OK);
	assert_int_equal(found_house("house", &c, CRYPT_WORLD, now, &first, &f), OK);
	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, now, &f), OK);
	assert_int_equal(scope_add(&lead.scope, lead.area, &f), OK);
	assert_int_equal(found_account(h, &lead, now, password, &f), OK);
}

static void whatever_was_acknowledged_is_there_after_any_kill(void **state)
{
	const char *asked = getenv("OUTPOST_CYCLES");
	int cycles = asked ? atoi(asked) : CYCLES;
	struct town t = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct dice dice = { 1 };
	char password[POLICY_ONCE_BYTES];

	(void)state;
	make_house(password);
	start(&t);
	sign_in(&t, password);
	kill_it(&t);
	for (int i = 1; i <= cycles; i++) {
		pthread_t client[CLIENTS];
		size_t wanted;

		start(&t);
		t.over = false;
		wanted = t.receipts.n + dice_below(&dice, 40);
		for (int k = 0; k < CLIENTS; k++)
			assert_int_equal(pthread_create(&client[k], NULL, write_on, &t), 0);
		for (bool enough = false; !enough;) { /* until so many were acknowledged */
			pthread_mutex_lock(&t.lock);
			enough = t.receipts.n >= wanted;
			pthread_mutex_unlock(&t.lock);
			sched_yield();
		}
		for (uint32_t spin = dice_below(&dice, 200000); spin; spin--)
			atomic_signal_fence(memory_order_seq_cst);
		kill_it(&t);
		t.over = true;
		for (int k = 0; k < CLIENTS; k++)
			assert_int_equal(pthread_join(client[k], NULL), 0);
		if (i % LOOK_EACH == 0 || i == cycles)
			look(&t);
	}
	printf("%d kills, %zu acknowledged, 0 lost\n", cycles, t.receipts.n);
	for (size_t i = 0; i < t.receipts.n; i++)
		free(t.receipts.v[i]);
	vec_drop(&t.receipts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_was_acknowledged_is_there_after_any_kill),
	};

	return cmocka_run_group_tests_name("house_killed", tests, NULL, NULL);
}
