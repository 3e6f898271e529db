/*
 * front.h - a server in this process for tests, with a clock that the test owns and a handler that
 * does on request what handlers do:
 *
 *   GET  /plain                "plain"
 *   any  /echo                 what came, as lines "name: value", then the body
 *   GET  /bytes/{n}            n bytes, with an ETag and a type
 *   GET  /pieces/{n}           n pieces of 1,000 bytes, made while they are sent
 *   GET  /broken/{n}           the same, and an error in the place of the last
 *   GET  /refuse/{err}         that error, without a fault; /said/{err}: with one
 *   GET  /spend                takes from the arena until it is spent
 *   GET  /all-headers          one of each header that a handler may set
 *   POST /wait                 returns when front_let_go() was called for it
 *   GET  /stream/{area}        events whose key is that area
 * POST takes BODY_MAX bytes, PUT of /large LARGE_MAX. The answer to `begin` may be a refusal: a
 * header "X-Begin: WORD" with the word of an error makes it one.
 */
#ifndef TEST_SUPPORT_FRONT_H
#define TEST_SUPPORT_FRONT_H
#include "http/asset.h"
#include "http/http.h"
#include "http/metric.h"
#include "support/client.h"

enum { FRONT_BODY_MAX = 1000, FRONT_LARGE_MAX = 4 << 20 };

struct front {
	struct http *h;
	struct http_options o;
	struct http_metrics *metrics;
	const struct http_assets *assets; /* asked for any other path; may be NULL */
	uint16_t port;
	struct buf log;
};

/* Options for tests: the front's own clock, by hand. Change `o`, then front_open(). */
void front_options(struct front *f);
void front_open(struct front *f);
void front_close(struct front *f);                               /* for CLEANUP() */
void front_pass(struct front *f, unsigned s);                    /* let time pass, and reap */
void front_let_go(unsigned n);                                   /* let n waiting handlers return */
void front_wait_for_waiting(unsigned n);                         /* until n handlers wait */
unsigned front_handled(void);                                    /* calls of the handler so far */
int64_t front_figure(const struct front *f, const char *series); /* -1: not there */
/* Until n connections are in a state ("header", "idle", ...). */
void front_wait_state(const struct front *f, const char *state, int64_t n);
#endif
