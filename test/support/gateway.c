/* gateway.c - see gateway.h. */
#include "support/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_MAX = 1 << 20, WAIT_S = 60 };

struct heard {
	struct gateway *g;
	int fd;
	struct buf in;
};

/* Read until `text` is there; false: the other side went first. */
static bool until(struct heard *h, const char *text)
{
	char part[4096];

	for (;;) {
		ssize_t n;

		if (h->in.n && memmem(h->in.p, h->in.n, text, strlen(text)))
			return true;
		n = recv(h->fd, part, sizeof part, 0);
		if (n <= 0 || h->in.n > READ_MAX)
			return false;
		buf_put(&h->in, part, (size_t)n);
	}
}

static void say(const struct heard *h, const char *text)
{
	(void)send(h->fd, text, strlen(text), MSG_NOSIGNAL);
}

static enum gateway_does take_next(struct gateway *g)
{
	enum gateway_does what;

	pthread_mutex_lock(&g->lock);
	what = g->at_next < g->n_next ? g->next[g->at_next++] : GATEWAY_TAKES;
	pthread_mutex_unlock(&g->lock);
	return what;
}

static void keep(struct heard *h)
{
	struct gateway *g = h->g;

	pthread_mutex_lock(&g->lock);
	assert_true(g->n < GATEWAY_MESSAGES_MAX);
	g->message[g->n++] = strndup(h->in.p, h->in.n);
	pthread_cond_broadcast(&g->more);
	pthread_mutex_unlock(&g->lock);
}

static void wait_for_end(const struct heard *h)
{
	char part[256];

	while (recv(h->fd, part, sizeof part, 0) > 0)
		;
}

static bool whole_request(struct heard *h)
{
	const char *head, *length;
	size_t n;
	char part[4096];

	if (!until(h, "\r\n\r\n"))
		return false;
	buf_char(&h->in, '\0');
	h->in.n--;
	head = strstr(h->in.p, "\r\n\r\n") + 4;
	length = strcasestr(h->in.p, "content-length:");
	n = (size_t)(head - h->in.p) + (length ? strtoul(length + 15, NULL, 10) : 0);
	while (h->in.n < n) {
		ssize_t got = recv(h->fd, part, sizeof part, 0);

		if (got <= 0)
			return false;
		buf_put(&h->in, part, (size_t)got);
	}
	return true;
}

static void be_web(struct heard *h)
{
	char elsewhere[128];
	enum gateway_does what = take_next(h->g);

	if (what == GATEWAY_SAYS_NOTHING) {
		wait_for_end(h);
		return;
	}
	if (!whole_request(h))
		return;
	keep(h);
	if (what == GATEWAY_FAILS)
		say(h, "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	else if (what == GATEWAY_TAKES)
		say(h, "HTTP/1.1 200 Yes\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
	else if (what == GATEWAY_REDIRECTS) {
		(void)snprintf(elsewhere, sizeof elsewhere,
			       "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:%u/\r\n"
			       "Content-Length: 0\r\nConnection: close\r\n\r\n",
			       h->g->elsewhere);
		say(h, elsewhere);
	}
}

/* A line that begins so; or QUIT, which ends the session. */
static bool until_line(struct heard *h, const char *word)
{
	size_t from = h->in.n;

	while (!memmem(h->in.p + from, h->in.n - from, "\r\n", 2)) {
		char part[512];
		ssize_t n = recv(h->fd, part, sizeof part, 0);

		if (n <= 0)
			return false;
		buf_put(&h->in, part, (size_t)n);
	}
	if (strncmp(h->in.p + from, "QUIT", 4) == 0)
		say(h, "221 bye\r\n");
	return strncmp(h->in.p + from, word, strlen(word)) == 0;
}

/* One mail of a session; false: it is over. */
static bool be_mail_once(struct heard *h, enum gateway_does what)
{
	static const char *const steps[] = { "MAIL FROM:", "RCPT TO:" };

	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (!until_line(h, steps[i]))
			return false;
		say(h, "250 good\r\n");
	}
	if (!until_line(h, "DATA"))
		return false;
	say(h, "354 go on\r\n");
	if (!until(h, "\r\n.\r\n"))
		return false;
	keep(h);
	buf_clear(&h->in);
	if (what == GATEWAY_HANGS_UP)
		return false;
	say(h, what == GATEWAY_FAILS ? "451 not now\r\n" : "250 taken\r\n");
	return true;
}

static void be_mail(struct heard *h)
{
	enum gateway_does what = take_next(h->g);

	if (what == GATEWAY_SAYS_NOTHING) {
		wait_for_end(h);
		return;
	}
	say(h, "220 here\r\n");
	if (!until(h, "\r\n"))
		return;
	buf_clear(&h->in);
	say(h, "250 here\r\n");
	while (be_mail_once(h, what))
		what = take_next(h->g);
}

static void *serve(void *gateway)
{
	struct gateway *g = gateway;
	int fd;

	while ((fd = accept(g->fd, NULL, NULL)) >= 0) {
		struct heard h = { .g = g, .fd = fd };

		pthread_mutex_lock(&g->lock);
		g->n_connections++;
		pthread_mutex_unlock(&g->lock);
		if (g->web)
			be_web(&h);
		else
			be_mail(&h);
		buf_release(&h.in);
		close(fd);
	}
	return NULL;
}

void gateway_open(struct gateway *g, bool web)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;

	memset(g, 0, sizeof *g);
	g->web = web;
	g->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(g->fd >= 0);
	assert_int_equal(bind(g->fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(g->fd, 16), 0);
	assert_int_equal(getsockname(g->fd, (struct sockaddr *)&at, &n), 0);
	g->port = ntohs(at.sin_port);
	(void)snprintf(g->url, sizeof g->url, "%s://127.0.0.1:%u", web ? "http" : "smtp", g->port);
	assert_int_equal(pthread_mutex_init(&g->lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&g->more, NULL), 0);
	assert_int_equal(pthread_create(&g->thread, NULL, serve, g), 0);
}

void gateway_close(struct gateway *g)
{
	shutdown(g->fd, SHUT_RDWR);
	pthread_join(g->thread, NULL);
	close(g->fd);
	for (size_t i = 0; i < g->n; i++)
		free(g->message[i]);
	pthread_cond_destroy(&g->more);
	pthread_mutex_destroy(&g->lock);
}

void gateway_next(struct gateway *g, enum gateway_does what)
{
	pthread_mutex_lock(&g->lock);
	assert_true(g->n_next < GATEWAY_MESSAGES_MAX);
	g->next[g->n_next++] = what;
	pthread_mutex_unlock(&g->lock);
}

size_t gateway_n(struct gateway *g)
{
	size_t n;

	pthread_mutex_lock(&g->lock);
	n = g->n;
	pthread_mutex_unlock(&g->lock);
	return n;
}

size_t gateway_connections(struct gateway *g)
{
	size_t n;

	pthread_mutex_lock(&g->lock);
	n = g->n_connections;
	pthread_mutex_unlock(&g->lock);
	return n;
}

const char *gateway_message(struct gateway *g, size_t i)
{
	const char *text;

	pthread_mutex_lock(&g->lock);
	assert_true(i < g->n);
	text = g->message[i];
	pthread_mutex_unlock(&g->lock);
	return text;
}

void gateway_wait(struct gateway *g, size_t n)
{
	struct timespec by;

	clock_gettime(CLOCK_REALTIME, &by);
	by.tv_sec += WAIT_S;
	pthread_mutex_lock(&g->lock);
	while (g->n < n)
		if (pthread_cond_timedwait(&g->more, &g->lock, &by))
			break;
	assert_true(g->n >= n);
	pthread_mutex_unlock(&g->lock);
}
