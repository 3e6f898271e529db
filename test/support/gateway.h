/*
 * gateway.h - a real mail server or webhook on a port of its own, that does what a test wants of
 * it: takes a message, fails, hangs up without a word, says nothing, sends elsewhere.
 *
 *     CLEANUP(gateway_close) struct gateway g;
 *     gateway_open(&g, true);
 *     gateway_next(&g, GATEWAY_FAILS);
 *     ...
 *     assert_int_equal(gateway_n(&g), 1);
 */
#ifndef TEST_SUPPORT_GATEWAY_H
#define TEST_SUPPORT_GATEWAY_H
#include <pthread.h>

#include "base/base.h"
#include "base/text.h"

enum gateway_does {
	GATEWAY_TAKES,
	GATEWAY_FAILS,        /* 500, or 451 behind the message */
	GATEWAY_HANGS_UP,     /* has the whole message, and closes without an answer */
	GATEWAY_SAYS_NOTHING, /* until the client goes */
	GATEWAY_REDIRECTS     /* 302 to `elsewhere` */
};
enum { GATEWAY_MESSAGES_MAX = 256 };

struct gateway {
	int fd;
	uint16_t port;
	bool web; /* else SMTP */
	uint16_t elsewhere;
	char url[64];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	enum gateway_does next[GATEWAY_MESSAGES_MAX]; /* GATEWAY_TAKES when they are used up */
	size_t n_next, at_next;
	char *message[GATEWAY_MESSAGES_MAX]; /* whole messages that came, failed ones as well */
	size_t n;
	size_t n_connections;
};
void gateway_open(struct gateway *g, bool web);
void gateway_close(struct gateway *g); /* for CLEANUP() */
void gateway_next(struct gateway *g, enum gateway_does what);
size_t gateway_n(struct gateway *g);
size_t gateway_connections(struct gateway *g);
/* What came as the i-th, counted from 0; it lives as long as the gateway. */
const char *gateway_message(struct gateway *g, size_t i);
void gateway_wait(struct gateway *g, size_t n); /* until so many came */
#endif
