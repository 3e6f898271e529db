/* mortal.c - see mortal.h. */
#include "support/mortal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/when.h"
#include "grid/area_import.h"

enum { NS = 1000000000 };

/* ---- the server ------------------------------------------------------------------------------ */

void mortal_init(struct mortal *m, const char *dir)
{
	*m = (struct mortal){ .dir = dir,
			      .lock = PTHREAD_MUTEX_INITIALIZER,
			      .up = PTHREAD_COND_INITIALIZER };
}

static void set_port(struct mortal *m, uint16_t port)
{
	pthread_mutex_lock(&m->lock);
	m->port = port;
	pthread_cond_broadcast(&m->up);
	pthread_mutex_unlock(&m->lock);
}

void mortal_start(struct mortal *m)
{
	const char *outpost = getenv("OUTPOST");
	int ends[2];
	char url[128] = "";
	size_t n = 0;

	assert_non_null(outpost);
	assert_int_equal(pipe(ends), 0);
	m->pid = fork();
	assert_true(m->pid >= 0);
	if (m->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(open("serve.log", O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(outpost, outpost, "serve", m->dir, "--listen", "127.0.0.1:0", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (n + 1 < sizeof url && read(ends[0], url + n, 1) == 1 && url[n] != '\n')
		n++;
	close(ends[0]);
	assert_memory_equal(url, "http://127.0.0.1:", 17);
	set_port(m, (uint16_t)strtol(url + 17, NULL, 10));
}

void mortal_kill(struct mortal *m)
{
	int status;

	set_port(m, 0);
	assert_int_equal(kill(m->pid, SIGKILL), 0);
	assert_int_equal(waitpid(m->pid, &status, 0), m->pid);
	assert_true(WIFSIGNALED(status));
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

bool mortal_kill_vault(const struct mortal *m)
{
	int keeper = child_of(m->pid), vault = keeper > 0 ? child_of(keeper) : 0;

	return vault > 0 && kill(vault, SIGKILL) == 0;
}

/* ---- asking ---------------------------------------------------------------------------------- */

uint16_t mortal_port(struct mortal *m)
{
	uint16_t port;

	pthread_mutex_lock(&m->lock);
	while (!m->port)
		pthread_cond_wait(&m->up, &m->lock);
	port = m->port;
	pthread_mutex_unlock(&m->lock);
	return port;
}

bool mortal_ask(struct mortal *m, const char *method, const char *target, const char *headers,
		struct str body, struct answer *ret)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf rq = { 0 };

	buf_fmt(&rq,
		"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s"
		"Content-Length: %zu\r\n\r\n",
		method, target, headers, body.n);
	buf_str(&rq, body);
	assert_int_equal(rq.failed, OK);
	answer_end(ret);
	return client_open(&c, mortal_port(m)) && client_send_bytes(&c, rq.p, rq.n) &&
	       client_read(&c, ret, false) && !ret->cut;
}

void mortal_sign_in(struct mortal *m, const char *login, const char *password,
		    char ret[MORTAL_COOKIE_BYTES])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[200];
	struct str cookie;

	(void)snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", login,
		       password);
	assert_true(mortal_ask(m, "POST", "/api/v1/session", "Idempotency-Key: sign-in\r\n",
			       str_of(body), &a));
	assert_int_equal(a.status, 200);
	cookie = answer_header(&a, "Set-Cookie");
	(void)snprintf(ret, MORTAL_COOKIE_BYTES, "Cookie: %.*s\r\n", (int)strcspn(cookie.p, ";\r"),
		       cookie.p);
}

int mortal_cycles(int usual)
{
	const char *asked = getenv("OUTPOST_CYCLES");

	return asked ? atoi(asked) : usual;
}

void mortal_pause(struct dice *d, uint32_t turns)
{
	for (uint32_t spin = dice_below(d, turns); spin; spin--)
		atomic_signal_fence(memory_order_seq_cst);
}

/* ---- a house --------------------------------------------------------------------------------- */

void mortal_found(char ret_password[POLICY_ONCE_BYTES])
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
	assert_int_equal(config_set(&c, STR("ledger.head_s"), STR("1"), &f), OK);
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
	assert_int_equal(found_account(h, &lead, now, ret_password, &f), OK);
}
