/*
 * check.h - the check of a whole shelf, on a thread beside the query.
 *
 * Nothing computed from a shelf may reach standard output or a published file before
 * check_wait() said OK.
 *
 * Life:     check_begin -> query -> check_wait (as often as you like) -> check_end.
 * Errors:   check_wait gives the check's own error and sentence.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
#include <pthread.h>

#include "base/base.h"
#include "shelf/shelf.h"

struct check {
	const struct shelf *shelf; /* NULL: nothing to check */
	pthread_t thread;
	bool running;
	enum err e;
	struct fault fault;
};

/* `shelf` NULL is fine and always OK. */
void check_begin(struct check *k, const struct shelf *shelf);
MUST_CHECK enum err check_wait(struct check *k, struct fault *f);
/* A query failed: if the shelf is damaged, that is the reason, and the sentence names the file. */
MUST_CHECK enum err check_blame(struct check *k, enum err e, struct fault *f);
void check_end(struct check *k); /* for CLEANUP(): waits */
#endif
