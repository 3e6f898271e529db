/*
 * gate_killed.c - a server into which visits are pushed, and its vault, killed at any moment: each
 * batch that was acknowledged is there, each is there once, and its account adds up.
 *
 * Whoever gets no answer pushes the same batch again under its own number, as senders do.
 * OUTPOST_CYCLES sets how many kills.
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
#include "base/file.h"
#include "base/memory.h"
#include "base/when.h"
#include "grid/area_import.h"
#include "serve/found.h"
#include "serve/sound.h"
#include "support/client.h"
#include "support/database.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CYCLES = 6 };
#else
enum { CYCLES = 24 };
#endif
enum { CLIENTS = 3, ROWS = 40, PEOPLE = 300, NS = 1000000000 };

struct gate {
	pid_t pid;
	_Atomic uint16_t port; /* 0: the server is away */
	char cookie[300], feed[40];
	int64_t noon; /* of yesterday */
	atomic_bool over;
	atomic_int next, acknowledged, again;
};

/* ---- the server ------------------------------------------------------------------------------ */

static void start(struct gate *g)
{
	const char *outpost = getenv("OUTPOST");
	int ends[2];
	char url[128] = "";
	size_t n = 0;

	assert_non_null(outpost);
	assert_int_equal(pipe(ends), 0);
	g->pid = fork();
	assert_true(g->pid >= 0);
	if (g->pid == 0) {
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
	g->port = (uint16_t)strtol(url + 17, NULL, 10);
}

static int child_of(int pid)
{
	char path[80], text[80] = "";
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof text - 1) < 0)
		text[0] = '\0';
	close(fd);
	return atoi(text);
}

static void kill_core(struct gate *g)
{
	int status;

	g->port = 0;
	assert_int_equal(kill(g->pid, SIGKILL), 0);
	assert_int_equal(waitpid(g->pid, &status, 0), g->pid);
	assert_true(WIFSIGNALED(status));
}

/* The vault's keeper is the server's child, and begins it anew. */
static bool kill_vault(const struct gate *g)
{
	int keeper = child_of(g->pid), vault = keeper > 0 ? child_of(keeper) : 0;

	return vault > 0 && kill(vault, SIGKILL) == 0;
}

/* ---- who pushes ------------------------------------------------------------------------------ */

/* Batch k, the same each time: visits that no other batch has. */
static void body_of(const struct gate *g, int k, struct buf *out)
{
	struct dice dice = { (uint64_t)k };

	buf_clear(out);
	for (int i = 0; i < ROWS; i++) {
		int64_t from = g->noon - 86400 + 60 * (int64_t)dice_below(&dice, 1440);

		buf_fmt(out,
			"{\"person\":\"p%u\",\"place\":\"place %u of %d\",\"from\":\"%lld\","
			"\"to\":\"%lld\"}\n",
			dice_below(&dice, PEOPLE), (unsigned)i, k, (long long)from,
			(long long)from + 1800);
	}
	buf_put(out, "", 1);
}

static void *push_on(void *arg)
{
	struct gate *g = arg;
	struct buf body = { 0 };

	while (!g->over) {
		int k = g->next++;
		bool done = false;

		body_of(g, k, &body);
		while (!done) { /* also when it is over: what was begun is brought to its end */
			CLEANUP(answer_end) struct answer a = { 0 };
			char headers[500], target[120];
			uint16_t port = g->port;

			(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: batch-%d\r\n",
				       g->cookie, k);
			(void)snprintf(target, sizeof target, "/api/v1/feeds/%s/batches", g->feed);
			if (port && client_ask(port, "POST", target, headers, body.p, &a) && !a.cut)
				done = a.status == 201 || a.status == 200;
			if (done)
				g->again += a.status == 200;
			else
				sched_yield();
		}
		g->acknowledged++;
	}
	buf_release(&body);
	return NULL;
}

/* ---- the house ------------------------------------------------------------------------------- */

static void make_house(char password[POLICY_ONCE_BYTES])
{
	static const char areas[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n";
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	struct found_account lead = { .login = STR("lead"),
				      .name = STR("合成"),
				      .roles = role_bit(ROLE_AREA_LEAD),
				      .area = { 430000000000000 } };
	struct utc_s now = { clock_ns(&clock_wall) / NS };
	struct found_first first;
	struct config c;
	struct fault f = { 0 };

	config_defaults(&c);
	assert_int_equal(config_set(&c, STR("house.area"), STR("43"), &f), OK);
	assert_int_equal(config_set(&c, STR("session.idle_min"), STR("1440"), &f), OK);
	assert_int_equal(found_house("house", &c, CRYPT_WORLD, now, &first, &f), OK);
	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, now, &f), OK);
	assert_int_equal(file_open("areas.csv", FILE_REPLACE, &fl, &f), OK);
	assert_int_equal(file_write(fl, areas, sizeof areas - 1, &f), OK);
	assert_int_equal(file_close(&fl, &f), OK);
	assert_int_equal(area_import_new(&(struct area_import_options){ .from_day =
										AREA_DAY_FIRST },
					 &i),
			 OK);
	assert_int_equal(area_import_file(i, "areas.csv", &f), OK);
	assert_int_equal(db_write(h->db, area_import_run, i, &f), OK);
	assert_int_equal(scope_add(&lead.scope, lead.area, &f), OK);
	assert_int_equal(found_account(h, &lead, now, password, &f), OK);
}

static void sign_in(struct gate *g, const char *password)
{
	CLEANUP(answer_end) struct answer a = { 0 }, feed = { 0 };
	char body[200], headers[400];
	struct str cookie;
	const char *id;

	(void)snprintf(body, sizeof body, "{\"login\":\"lead\",\"password\":\"%s\"}", password);
	assert_true(client_ask(g->port, "POST", "/api/v1/session", "Idempotency-Key: sign-in\r\n",
			       body, &a));
	assert_int_equal(a.status, 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(g->cookie, sizeof g->cookie, "Cookie: %.*s\r\n",
		       (int)strcspn(cookie.p, ";\r"), cookie.p);
	(void)snprintf(headers, sizeof headers, "%sIdempotency-Key: feed\r\n", g->cookie);
	assert_true(client_ask(g->port, "POST", "/api/v1/feeds", headers,
			       "{\"area\":\"430802000000000\",\"name\":\"visits\","
			       "\"brings\":\"visits\"}",
			       &feed));
	assert_int_equal(feed.status, 201);
	id = memmem(feed.body.p, feed.body.n, "\"id\":\"", 6);
	assert_non_null(id);
	(void)snprintf(g->feed, sizeof g->feed, "%.*s", (int)strcspn(id + 6, "\""), id + 6);
}

struct stored {
	int64_t batches, accepted, in, packed, of_batches;
};

static const struct sql account_sql = {
	.name = "test.account",
	.text = "SELECT count(*), CAST(sum(accepted) AS BIGINT), CAST(sum(rows_in) AS BIGINT)"
		" FROM batches WHERE state = 'received'",
	.args = "",
	.across = "a test",
	.scan = "a test",
};
static const struct sql packed_sql = {
	.name = "test.packed",
	.text = "SELECT CAST(sum(n) AS BIGINT), count(DISTINCT batch) FROM visit_pack",
	.args = "",
	.across = "a test",
	.scan = "a test",
};

static enum err count_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct stored *s = arg;
	enum err e = tx_row(tx, &account_sql, SQL_NO_ARGS, &r, f);

	if (e)
		return e;
	s->batches = rows_i64(r, 0);
	s->accepted = rows_i64(r, 1);
	s->in = rows_i64(r, 2);
	rows_end(&r);
	if ((e = tx_row(tx, &packed_sql, SQL_NO_ARGS, &r, f)))
		return e;
	s->packed = rows_i64(r, 0);
	s->of_batches = rows_i64(r, 1);
	return OK;
}

/* Of `n` batches, all of which were acknowledged. */
static void look(int64_t n)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct sound_report r;
	struct stored s;
	struct fault f = { 0 };

	assert_int_equal(house_open("house", &h, &f), OK);
	assert_int_equal(house_database(h, false, (struct utc_s){ 0 }, &f), OK);
	if (db_read(h->db, count_act, &s, &f) ||
	    sound_look(h, &(struct sound_ask){ .whole = true }, &r, &f))
		fail_msg("%s", f.en);
	if (s.batches != n || s.of_batches != n || s.in != n * ROWS || s.accepted != n * ROWS ||
	    s.packed != n * ROWS)
		fail_msg("%lld batches acknowledged; stored %lld (visits of %lld), %lld rows, %lld "
			 "accepted, %lld visits",
			 (long long)n, (long long)s.batches, (long long)s.of_batches,
			 (long long)s.in, (long long)s.accepted, (long long)s.packed);
	if (r.ledger.verdict != VERIFY_WHOLE || r.receipts_lost || r.trail.wrong)
		fail_msg("%s: %s", verify_word(r.ledger.verdict), r.ledger.en);
}

static void no_visit_is_lost_and_none_is_there_twice(void **state)
{
	const char *asked = getenv("OUTPOST_CYCLES");
	int cycles = asked ? atoi(asked) : CYCLES, vaults = 0;
	struct gate g = { .noon = clock_ns(&clock_wall) / NS - 86400 };
	char password[POLICY_ONCE_BYTES];
	pthread_t client[CLIENTS];
	struct dice dice = { 1 };

	(void)state;
	make_house(password);
	start(&g);
	sign_in(&g, password);
	for (int k = 0; k < CLIENTS; k++)
		assert_int_equal(pthread_create(&client[k], NULL, push_on, &g), 0);
	for (int i = 0; i < cycles; i++) {
		int wanted = g.acknowledged + 1 + (int)dice_below(&dice, 12);

		while (g.acknowledged < wanted)
			sched_yield();
		for (uint32_t spin = dice_below(&dice, 3000000); spin; spin--)
			atomic_signal_fence(memory_order_seq_cst);
		if (dice_below(&dice, 2)) {
			vaults += kill_vault(&g);
			continue;
		}
		kill_core(&g);
		start(&g);
	}
	g.over = true;
	for (int k = 0; k < CLIENTS; k++)
		assert_int_equal(pthread_join(client[k], NULL), 0);
	kill_core(&g);
	look(g.acknowledged);
	printf("%d kills, %d of them the vault's, %d batches, %d told again\n", cycles, vaults,
	       g.acknowledged, g.again);
	assert_true(cycles < 10 || vaults > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_visit_is_lost_and_none_is_there_twice),
	};

	return cmocka_run_group_tests_name("gate_killed", tests, NULL, NULL);
}
