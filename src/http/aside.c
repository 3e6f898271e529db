/*
 * aside.c - requests that may wait are put aside, so that a slow disk holds up nobody else.
 *
 * The connection is suspended under the same lock under which the exchange enters the queue: a
 * worker cannot be done with it before it was suspended.
 */
#include "http/inside.h"

#include <string.h>

#include "base/ban.h"

enum { STACK_BYTES = 512 << 10 };

bool http_aside_put(struct http_exchange *ex)
{
	struct http_aside *a = &ex->h->aside;
	bool room;

	pthread_mutex_lock(&a->lock);
	/* What an idle worker will take up at once does not count as waiting. */
	room = !a->closing && a->n_waiting < ex->h->o.waiting_max + (ex->h->o.workers - a->n_busy);
	if (room) {
		http_conn_enter(ex->conn, HTTP_WORK, HTTP_NEVER_MS);
		MHD_suspend_connection(ex->mhd);
		ex->next = NULL;
		*a->last = ex;
		a->last = &ex->next;
		a->n_waiting++;
		pthread_cond_signal(&a->more);
	}
	pthread_mutex_unlock(&a->lock);
	return room;
}

/* NULL: the server closes and nothing waits. */
static struct http_exchange *next(struct http_aside *a)
{
	struct http_exchange *ex;

	while (!a->first && !a->closing)
		pthread_cond_wait(&a->more, &a->lock);
	ex = a->first;
	if (!ex)
		return NULL;
	a->first = ex->next;
	if (!a->first)
		a->last = &a->first;
	a->n_waiting--;
	a->n_busy++;
	return ex;
}

static void *work(void *arg)
{
	struct http *h = arg;
	struct http_aside *a = &h->aside;
	struct http_exchange *ex;

	pthread_mutex_lock(&a->lock);
	while ((ex = next(a))) {
		bool late = a->closing;
		struct MHD_Connection *mhd = ex->mhd;

		pthread_mutex_unlock(&a->lock);
		if (late) {
			http_refuse(&ex->rp, ERR_BUSY, NULL);
			ex->step = HTTP_STEP_READY;
		} else {
			http_exchange_run(ex);
		}
		MHD_resume_connection(mhd);
		pthread_mutex_lock(&a->lock);
		a->n_busy--;
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

enum err http_aside_open(struct http *h)
{
	struct http_aside *a = &h->aside;
	pthread_attr_t how;
	bool good = true;

	a->last = &a->first;
	if (h->o.workers == 0)
		return OK;
	a->thread = mem_take(h->o.workers, sizeof *a->thread);
	if (!a->thread || pthread_attr_init(&how))
		return ERR_MEMORY;
	(void)pthread_attr_setstacksize(&how, STACK_BYTES);
	while (good && a->n_threads < h->o.workers) {
		good = pthread_create(&a->thread[a->n_threads], &how, work, h) == 0;
		a->n_threads += good;
	}
	pthread_attr_destroy(&how);
	return good ? OK : ERR_MEMORY;
}

void http_aside_close(struct http *h)
{
	struct http_aside *a = &h->aside;

	pthread_mutex_lock(&a->lock);
	a->closing = true;
	pthread_cond_broadcast(&a->more);
	pthread_mutex_unlock(&a->lock);
	while (a->n_threads > 0)
		pthread_join(a->thread[--a->n_threads], NULL);
	mem_drop(a->thread);
	a->thread = NULL;
}
