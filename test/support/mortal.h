/*
 * mortal.h - `outpost serve` in a process of its own, for tests that kill it at any moment; and a
 * client that asks again until it is answered.
 *
 *     struct mortal m;
 *     mortal_init(&m, "house");
 *     mortal_start(&m);
 *     mortal_sign_in(&m, "lead", password, cookie);
 *     ...
 *     mortal_kill(&m);
 *
 * Threads:  asking from many; starting and killing from one.
 */
#ifndef TEST_SUPPORT_MORTAL_H
#define TEST_SUPPORT_MORTAL_H
#include <pthread.h>
#include <sys/types.h>

#include "base/dice.h"
#include "serve/found.h"
#include "support/client.h"

enum { MORTAL_COOKIE_BYTES = 300 };

struct mortal {
	const char *dir;
	pid_t pid;
	pthread_mutex_t lock;
	pthread_cond_t up;
	uint16_t port; /* 0: it is away */
};
void mortal_init(struct mortal *m, const char *dir);
void mortal_start(struct mortal *m); /* and wait until it answers */
void mortal_kill(struct mortal *m);
/* The vault's keeper is the server's child, and begins it anew. False: it was away. */
bool mortal_kill_vault(const struct mortal *m);

/* Its port, once it is there. */
uint16_t mortal_port(struct mortal *m);
/*
 * Ask once, when it is there; `headers` end with CRLF each. False: no whole answer came, whatever
 * became of the request.
 */
bool mortal_ask(struct mortal *m, const char *method, const char *target, const char *headers,
		struct str body, struct answer *ret);
/* A line "Cookie: ...\r\n". */
void mortal_sign_in(struct mortal *m, const char *login, const char *password,
		    char ret[MORTAL_COOKIE_BYTES]);

/* How many kills: OUTPOST_CYCLES says so, else as many. */
int mortal_cycles(int usual);
void mortal_pause(struct dice *d, uint32_t turns); /* a short while, up to so many turns */

/* A house in the folder "house" for 43, with the county 430802, and "lead" over all of it. */
void mortal_found(char ret_password[POLICY_ONCE_BYTES]);
#endif
