/* client.c - see client.h. */
#include "client.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_S = 60 };

static bool open_with(struct client *c, uint16_t port, int room)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval wait = { .tv_sec = WAIT_S };
	int yes = 1;

	*c = (struct client){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return c->fd >= 0 &&
	       (!room || setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) == 0) &&
	       setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	       setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
	       setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0 &&
	       connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

bool client_open(struct client *c, uint16_t port)
{
	return open_with(c, port, 0);
}

bool client_open_narrow(struct client *c, uint16_t port)
{
	return open_with(c, port, 4096);
}

static gnutls_certificate_credentials_t nobody; /* the certificate is looked at by no one */

bool client_open_tls(struct client *c, uint16_t port)
{
	gnutls_session_t s;

	if (!client_open(c, port))
		return false;
	if (!nobody && gnutls_certificate_allocate_credentials(&nobody))
		return false;
	if (gnutls_init(&s, GNUTLS_CLIENT))
		return false;
	c->tls = s;
	gnutls_set_default_priority(s);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, nobody);
	gnutls_transport_set_int(s, c->fd);
	gnutls_handshake_set_timeout(s, WAIT_S * 1000);
	return gnutls_handshake(s) == 0;
}

void client_close(struct client *c)
{
	if (c->tls)
		gnutls_deinit(c->tls);
	if (c->fd > 0)
		close(c->fd);
	buf_release(&c->in);
	*c = (struct client){ 0 };
}

bool client_send_bytes(struct client *c, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		ssize_t k = c->tls ? gnutls_record_send(c->tls, from, n)
				   : send(c->fd, from, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		from += k;
		n -= (size_t)k;
	}
	return true;
}

bool client_send(struct client *c, const char *text)
{
	return client_send_bytes(c, text, strlen(text));
}

/* One more read; false at the end. */
static bool more(struct client *c)
{
	char piece[16384];
	ssize_t k = c->tls ? gnutls_record_recv(c->tls, piece, sizeof piece)
			   : recv(c->fd, piece, sizeof piece, 0);

	if (k <= 0)
		return false;
	if (c->used > 0) {
		memmove(c->in.p, c->in.p + c->used, c->in.n - c->used);
		c->in.n -= c->used;
		c->used = 0;
	}
	buf_put(&c->in, piece, (size_t)k);
	return true;
}

static const char *find(const struct client *c, const char *text)
{
	size_t left = c->in.n - c->used;

	return left ? memmem(c->in.p + c->used, left, text, strlen(text)) : NULL;
}

static bool take_until(struct client *c, const char *text, struct buf *out)
{
	const char *at;
	size_t n;

	while (!(at = find(c, text)))
		if (!more(c))
			return false;
	n = (size_t)(at - (c->in.p + c->used)) + strlen(text);
	if (out)
		buf_put(out, c->in.p + c->used, n);
	c->used += n;
	return true;
}

static bool take_bytes(struct client *c, size_t n, struct buf *out)
{
	bool whole = true;

	while (whole && c->in.n - c->used < n)
		whole = more(c);
	n = min_size(n, c->in.n - c->used);
	buf_put(out, c->in.p + c->used, n);
	c->used += n;
	return whole;
}

bool client_wait(struct client *c, const char *text)
{
	return take_until(c, text, NULL);
}

bool client_sees(struct client *c, const char *text)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	while (!find(c, text))
		if (poll(&p, 1, 0) != 1 || !more(c))
			return false;
	return take_until(c, text, NULL);
}

bool client_ended(struct client *c)
{
	return c->in.n == c->used && !more(c);
}

/* ---- replies ---- */

struct str answer_header(const struct answer *a, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n + 2 < a->head.n; i++)
		if (a->head.p[i] == '\n' && strncasecmp(a->head.p + i + 1, name, n) == 0 &&
		    a->head.p[i + 1 + n] == ':') {
			const char *from = a->head.p + i + n + 2;
			const char *end =
				memchr(from, '\r', a->head.n - (size_t)(from - a->head.p));

			from += *from == ' ';
			return (struct str){ from, (size_t)(end - from) };
		}
	return (struct str){ 0 };
}

bool answer_holds(const struct answer *a, const char *text)
{
	return a->body.n && memmem(a->body.p, a->body.n, text, strlen(text));
}

void answer_end(struct answer *a)
{
	buf_release(&a->head);
	buf_release(&a->body);
	*a = (struct answer){ 0 };
}

bool client_read_head(struct client *c, struct answer *ret)
{
	answer_end(ret);
	if (!take_until(c, "\r\n\r\n", &ret->head))
		return false;
	buf_char(&ret->head, '\0');
	ret->head.n--;
	ret->status = ret->head.n > 12 ? atoi(ret->head.p + 9) : 0;
	return true;
}

static bool read_chunks(struct client *c, struct buf *out)
{
	for (;;) {
		struct buf size = { 0 };
		bool good = take_until(c, "\r\n", &size);
		size_t n = good ? strtoul(size.p, NULL, 16) : 0;

		buf_release(&size);
		if (!good || (n > 0 && !take_bytes(c, n, out)) || !take_until(c, "\r\n", NULL))
			return false;
		if (n == 0)
			return true;
	}
}

bool client_read(struct client *c, struct answer *ret, bool head)
{
	struct str length, coding;

	if (!client_read_head(c, ret))
		return false;
	if (ret->status == 100)
		return client_read(c, ret, head);
	if (head || ret->status == 204 || ret->status == 304 ||
	    str_eq(answer_header(ret, "Content-Type"), STR("text/event-stream")))
		return true;
	length = answer_header(ret, "Content-Length");
	coding = answer_header(ret, "Transfer-Encoding");
	if (coding.p)
		ret->cut = !read_chunks(c, &ret->body);
	else
		ret->cut = !take_bytes(c, length.p ? strtoul(length.p, NULL, 10) : SIZE_MAX / 2,
				       &ret->body) &&
			   length.p;
	return true;
}

bool client_ask(uint16_t port, const char *method, const char *target, const char *headers,
		const char *body, struct answer *ret)
{
	CLEANUP(client_close) struct client c = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };

	answer_end(ret);
	if (!client_open(&c, port))
		return false;
	buf_fmt(&b, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, target, headers);
	if (body)
		buf_fmt(&b, "Content-Length: %zu\r\n", strlen(body));
	buf_fmt(&b, "\r\n%s", body ? body : "");
	return client_send_bytes(&c, b.p, b.n) && client_read(&c, ret, strcmp(method, "HEAD") == 0);
}
