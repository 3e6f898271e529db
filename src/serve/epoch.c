#include "serve/epoch.h"

#include "base/memory.h"

#include "base/ban.h"

typedef VEC(struct trail_pair) pairs;

static enum err take(int64_t old, int64_t now, void *arg, struct fault *f)
{
	(void)f;
	return vec_push((pairs *)arg, ((struct trail_pair){ old, now }));
}

enum err epoch_step(struct serve *s, const struct vault_state *st, struct fault *f)
{
	pairs p = { NULL, 0, 0 };
	struct fault unasked = { 0 };
	enum err e;

	if (!st->epoch_due)
		return OK;
	e = vault_epoch_change(s->vault, take, &p, &unasked);
	if (e) { /* it is asked again in a minute */
		vec_drop(&p);
		return OK;
	}
	if (!(e = trail_renew(s->trail, p.v, p.n, f)) &&
	    !(e = epidemic_renew(s->rooms.epidemic, p.v, p.n, f)))
		ignore(vault_epoch_close(s->vault, &unasked)); /* else all of it once more */
	vec_drop(&p);
	return e;
}
