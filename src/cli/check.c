/* check.c - one thread that reads every byte of a shelf. */
#include "cli/check.h"

#include <string.h>

#include "base/ban.h"

static void *check_all(void *arg)
{
	struct check *k = arg;

	k->e = shelf_check(k->shelf, &k->fault);
	return NULL;
}

void check_begin(struct check *k, const struct shelf *shelf)
{
	memset(k, 0, sizeof(*k));
	k->shelf = shelf;
	if (!shelf)
		return;
	k->running = pthread_create(&k->thread, NULL, check_all, k) == 0;
	if (!k->running) /* no thread to be had: then now */
		check_all(k);
}

void check_end(struct check *k)
{
	if (k->running)
		pthread_join(k->thread, NULL);
	k->running = false;
}

enum err check_wait(struct check *k, struct fault *f)
{
	check_end(k);
	if (k->e && k->fault.code && f)
		*f = k->fault;
	return k->e;
}

enum err check_blame(struct check *k, enum err e, struct fault *f)
{
	enum err damaged = e == ERR_CORRUPT ? check_wait(k, f) : OK;

	return damaged ? damaged : e;
}
