/* pool.c - connections, lent to one act at a time. */
#include "db/inside.h"

#include "base/ban.h"

enum err pool_init(struct pool *p, struct db *db, bool writes, unsigned max)
{
	assert(max > 0);
	p->db = db;
	p->writes = writes;
	p->max = max < POOL_MAX ? max : POOL_MAX;
	if (pthread_mutex_init(&p->lock, NULL))
		return ERR_MEMORY;
	if (pthread_cond_init(&p->freed, NULL)) {
		pthread_mutex_destroy(&p->lock);
		return ERR_MEMORY;
	}
	return OK;
}

enum err pool_take(struct pool *p, struct conn **ret, struct fault *f)
{
	enum err e = OK;

	pthread_mutex_lock(&p->lock);
	while (p->n_idle == 0 && p->n_open >= p->max)
		pthread_cond_wait(&p->freed, &p->lock);
	if (p->n_idle > 0) {
		*ret = p->idle[--p->n_idle];
		pthread_mutex_unlock(&p->lock);
		return OK;
	}
	p->n_open++;
	pthread_mutex_unlock(&p->lock);

	e = p->db->sqlite ? lite_open(p->db, p->writes, ret, f) : pg_open(p->db, p->writes, ret, f);
	if (e) {
		pthread_mutex_lock(&p->lock);
		p->n_open--;
		pthread_cond_signal(&p->freed);
		pthread_mutex_unlock(&p->lock);
	}
	return e;
}

/* A broken connection is not lent again; the next one to come opens another. */
void pool_give(struct pool *p, struct conn *c)
{
	bool broken = c->ops->broken(c);

	if (broken)
		c->ops->close(c);
	pthread_mutex_lock(&p->lock);
	if (broken)
		p->n_open--;
	else
		p->idle[p->n_idle++] = c;
	pthread_cond_signal(&p->freed);
	pthread_mutex_unlock(&p->lock);
}

void pool_release(struct pool *p)
{
	if (!p->db)
		return;
	assert(p->n_idle == p->n_open); /* no act is running */
	while (p->n_idle > 0) {
		struct conn *c = p->idle[--p->n_idle];

		c->ops->close(c);
	}
	pthread_cond_destroy(&p->freed);
	pthread_mutex_destroy(&p->lock);
	p->db = NULL;
}
