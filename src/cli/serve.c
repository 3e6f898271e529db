/*
 * serve.c - the verb `serve`: a house at work, until it is told to stop.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/dice.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "cli/houses.h"
#include "serve/serve.h"

#include "base/ban.h"

enum { HELD_BYTES = 32 << 20 }; /* what one push of 100,000 rows takes and drops */

/* Threads that begin later inherit this: the signals come to whoever waits for them here. */
static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static enum err announce(struct cli *c, const struct serve *s)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_fmt(&text, "%s\n", http_url(s->http));
	return cli_print(&text, &c->fault);
}

static void say(const struct cli *c, enum err e, const struct fault *f)
{
	cli_say(c, "%s%.0s", "%.0s%s", f->code ? f->zh : err_zh(e), f->code ? f->en : err_en(e));
}

/* The ledger that cannot be signed is said aloud, each time anew, but the house goes on working. */
static void tick(const struct cli *c, struct serve *s)
{
	struct fault f = { 0 };
	enum err e = serve_tick(s, clock_s(&clock_wall), &f);

	if (e && !s->heads_broken)
		say(c, e, &f);
	s->heads_broken = e != OK;
}

static void renew(const struct cli *c, struct serve *s)
{
	struct fault f = { 0 };
	bool fresh;
	enum err e = serve_certificate(s, &fresh, &f);

	if (e)
		say(c, e, &f);
	else if (fresh)
		cli_say(c, "已换用新的证书", "the new certificate is in use");
	else
		cli_say(c, "证书没有变", "the certificate has not changed");
}

static void work_until_told(struct cli *c, struct serve *s, const sigset_t *signals)
{
	const struct timespec second = { .tv_sec = 1 };
	int told;

	while ((told = sigtimedwait(signals, NULL, &second)) < 0 || told == SIGHUP) {
		if (told == SIGHUP)
			renew(c, s);
		else if (errno != EINTR)
			tick(c, s);
	}
}

enum err cli_serve(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(serve_close) struct serve *s = NULL;
	const struct serve_options o = { .listen = c->args.text[CLI_LISTEN],
					 .trace = c->args.text[CLI_TRACE],
					 .program = "/proc/self/exe",
					 .wall = clock_wall,
					 .steady = clock_steady };
	sigset_t signals;
	enum err e;

	(void)umask(077);
	block_signals(&signals);
	if ((e = cli_house_find(c, &h)) || (e = house_vault(h, clock_wall, &c->fault)))
		return e;
	mem_hold(HELD_BYTES); /* not in the vault, which was forked by now */
	if ((e = house_database(h, true, clock_s(&clock_wall), &c->fault)) ||
	    (e = serve_open(h, &o, &s, &c->fault)))
		return e;
	if ((e = serve_tick(s, clock_s(&clock_wall), &c->fault)) || (e = announce(c, s)))
		return e;
	work_until_told(c, s, &signals);
	return OK;
}

enum err cli_check(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	enum err e;

	if ((e = cli_house_open(c, true, &h)) || (e = serve_check(h, &c->fault)))
		return e;
	cli_say(c, "一切相符：结构、语句、路由", "all fits: schema, statements, routes");
	return OK;
}
