/* under_way.c - who works at which batch: nobody else does, until they are done. See inside.h. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "intake/inside.h"

#include "base/ban.h"

enum { WAIT_S = 60 };

int64_t intake_key(int64_t feed, struct str sender_id)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct crypt_hash h = { { 0 } };
	uint64_t v;

	buf_fmt(&b, "batch %lld ", (long long)feed);
	buf_str(&b, sender_id);
	if (b.failed || crypt_hash(CRYPT_WORLD, b.p, b.n, &h))
		return 0;
	memcpy(&v, h.v + 1, sizeof v);
	return (int64_t)(v & (uint64_t)(INTAKE_KEY_FROM - 1)) | INTAKE_KEY_FROM;
}

static size_t place_of(const struct intake *in, int64_t key)
{
	size_t i = 0;

	while (i < in->under_way.n && in->under_way.v[i] != key)
		i++;
	return i;
}

enum err intake_enter(struct intake *in, int64_t key, struct fault *f)
{
	struct timespec until;
	bool late = false;
	enum err e;

	until.tv_sec = (time_t)(clock_ns(&clock_wall) / 1000000000 + WAIT_S);
	until.tv_nsec = 0;
	pthread_mutex_lock(&in->lock);
	while (!late && place_of(in, key) < in->under_way.n)
		late = pthread_cond_timedwait(&in->freed, &in->lock, &until) == ETIMEDOUT;
	e = late ? ERR_BUSY : vec_push(&in->under_way, key);
	pthread_mutex_unlock(&in->lock);
	if (e == ERR_BUSY)
		return fault_set(f, e, "同一批正在接收，请稍后再问",
				 "the same batch is being received: ask again later");
	return e;
}

void intake_leave(struct intake *in, int64_t key)
{
	size_t at;

	pthread_mutex_lock(&in->lock);
	at = place_of(in, key);
	assert(at < in->under_way.n);
	in->under_way.v[at] = in->under_way.v[--in->under_way.n];
	pthread_cond_broadcast(&in->freed);
	pthread_mutex_unlock(&in->lock);
}

bool intake_is_under_way(struct intake *in, int64_t key)
{
	bool is;

	pthread_mutex_lock(&in->lock);
	is = place_of(in, key) < in->under_way.n;
	pthread_mutex_unlock(&in->lock);
	return is;
}
