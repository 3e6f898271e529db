/* calendar.c - the days that are kept, as the live key file and the set in memory have them. */
#include "trail/expiry.h"
#include "trail/inside.h"

#include "base/ban.h"

int32_t trail_gone(struct trail *t)
{
	int32_t gone;

	pthread_mutex_lock(&t->lock);
	gone = t->keys.gone;
	pthread_mutex_unlock(&t->lock);
	return gone;
}

/* Under the lock. */
static enum err tell(int32_t day, const struct crypt_key *key, const struct trail_day *d,
		     expiry_days *ret)
{
	struct expiry_day x = { .day = day };
	enum err e = key ? daykeys_print(key, x.print) : OK;

	if (e)
		return e;
	if (d) {
		x.visits = (d->sealed ? d->sealed->n_digests : 0) + d->seen.n + d->seen.zero;
		x.sealed = d->sealed != NULL;
	}
	return x.visits || key ? vec_push(ret, x) : OK;
}

enum err trail_calendar(struct trail *t, expiry_days *ret, struct fault *f)
{
	size_t k = 0, d = 0;
	enum err e = trail_settle(t, f);

	if (e)
		return e;
	pthread_mutex_lock(&t->lock);
	while (!e && (k < t->keys.day.n || d < t->days.n)) {
		int32_t key_day = k < t->keys.day.n ? t->keys.day.v[k].day : INT32_MAX;
		int32_t set_day = d < t->days.n ? t->days.v[d]->day : INT32_MAX;
		int32_t day = key_day < set_day ? key_day : set_day;

		e = tell(day, key_day == day ? &t->keys.day.v[k].key : NULL,
			 set_day == day ? t->days.v[d] : NULL, ret);
		k += key_day == day;
		d += set_day == day;
	}
	pthread_mutex_unlock(&t->lock);
	return e;
}
