/*
 * client.h - a small HTTP client for tests: it sends exactly the bytes it is given, and reads one
 * reply at a time. Every wait ends after 20 s, so that a test fails and does not hang.
 */
#ifndef TEST_SUPPORT_CLIENT_H
#define TEST_SUPPORT_CLIENT_H
#include "base/base.h"
#include "base/text.h"

struct client {
	int fd;
	void *tls;     /* a gnutls session, or NULL */
	struct buf in; /* read and not yet used */
	size_t used;
};
struct answer {
	int status; /* 0: the connection ended first */
	struct buf head, body;
	bool cut; /* the body ended before it was whole */
};

bool client_open(struct client *c, uint16_t port);
/* One that the kernel lets fall behind after a few KB. */
bool client_open_narrow(struct client *c, uint16_t port);
bool client_open_tls(struct client *c, uint16_t port);
void client_close(struct client *c); /* for CLEANUP() too */
bool client_send(struct client *c, const char *text);
bool client_send_bytes(struct client *c, const void *p, size_t n);
/* Read one reply; `head`: it has no body, whatever its headers say. Of a stream the head alone. */
bool client_read(struct client *c, struct answer *ret, bool head);
bool client_read_head(struct client *c, struct answer *ret);
/* Read until `text` was seen; what came before it is passed over. */
bool client_wait(struct client *c, const char *text);
bool client_sees(struct client *c, const char *text); /* the same, but without waiting */
/* Wait for the other side to end the connection; false if it sends something instead. */
bool client_ended(struct client *c);

/* Send one request on a connection of its own. `headers` end with CRLF each, or are "". */
bool client_ask(uint16_t port, const char *method, const char *target, const char *headers,
		const char *body, struct answer *ret);
void answer_end(struct answer *a); /* for CLEANUP() */
/* A header of the answer; {NULL, 0} if it is not there. */
struct str answer_header(const struct answer *a, const char *name);
bool answer_holds(const struct answer *a, const char *text); /* in the body */
#endif
