/* part.c - what others keep of a day's visits, under that day's key, so that it ends with them. */
#include <string.h>

#include "trail/inside.h"

#include "base/ban.h"

enum { WITH_BYTES = 5 + 3 * 8 };

static struct str bound_to(struct trail_part at, char ret[WITH_BYTES])
{
	const int64_t v[3] = { at.county.v, at.of, at.day };

	memcpy(ret, "trace", 5);
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t b = 0; b < 8; b++)
			ret[5 + 8 * i + b] = (char)((uint64_t)v[i] >> (56 - 8 * b));
	return (struct str){ ret, WITH_BYTES };
}

static enum err key_of(struct trail *t, int32_t day, struct crypt_key *ret)
{
	const struct crypt_key *key;

	pthread_mutex_lock(&t->lock);
	key = daykeys_of(&t->keys, day);
	if (key)
		*ret = *key;
	pthread_mutex_unlock(&t->lock);
	return key ? OK : ERR_ABSENT;
}

int32_t trail_day(struct trail *t, struct utc_s at)
{
	int32_t own = trace_day_of(t->o.zone, at), best = own;

	pthread_mutex_lock(&t->lock);
	for (size_t i = t->keys.day.n; i-- > 0;)
		if (t->keys.day.v[i].day <= own) {
			best = t->keys.day.v[i].day;
			break;
		}
	pthread_mutex_unlock(&t->lock);
	return best;
}

enum err trail_part_seal(struct trail *t, struct trail_part at, struct str plain, struct buf *out)
{
	char with[WITH_BYTES];
	struct crypt_key key;
	enum err e = key_of(t, at.day, &key);

	if (e)
		return e;
	e = crypt_seal(&key, t->o.chance, bound_to(at, with), plain, out);
	crypt_wipe(&key, sizeof key);
	return e;
}

enum err trail_part_open(struct trail *t, struct trail_part at, struct str sealed, struct buf *out)
{
	char with[WITH_BYTES];
	struct crypt_key key;
	enum err e = key_of(t, at.day, &key);

	if (e)
		return e;
	e = crypt_open(&key, bound_to(at, with), sealed, out);
	crypt_wipe(&key, sizeof key);
	return e;
}
