/*
 * memo.c - what reading acts worked out, kept on their connection until somebody commits.
 *
 * SQLite counts the commits that a connection has come to see, other processes' too, and tells
 * the count for next to nothing (PRAGMA data_version). As long as it stands still, each snapshot of
 * this connection is the same, so what was read in one is true in the next, and exactly so.
 * PostgreSQL has no such number: to ask whether anything changed costs the same way to the server
 * and back as the rows themselves. There, and where an act writes, nothing is kept.
 */
#include "db/inside.h"

#include <string.h>

#include "base/digest.h"

#include "base/ban.h"

enum { MEMO_BYTES = 128 * 1024, MEMO_SLOTS = 512, MEMO_FULL = MEMO_SLOTS / 2 };

/*
 * `of` is the digest of a statement's text: a book is closed, and another's statement comes to lie
 * at its address.
 */
struct kept {
	uint64_t of;
	struct str key, value; /* key.p NULL: the slot is free */
};

struct memo {
	struct arena *a; /* the slots, and what they hold */
	struct kept *slot;
	size_t n;
	int64_t version; /* whose rows it was worked out from */
};

void memo_end(struct memo **m)
{
	if (*m)
		arena_free((*m)->a);
	mem_drop(*m);
	*m = NULL;
}

static enum err empty(struct memo *m)
{
	arena_clear(m->a);
	m->n = 0;
	m->slot = arena_take(m->a, MEMO_SLOTS, sizeof *m->slot);
	return m->slot ? OK : ERR_MEMORY;
}

static struct memo *made(struct conn *c)
{
	struct memo *m = mem_take(1, sizeof *m);

	if (m && arena_new(MEMO_BYTES, &m->a))
		memo_end(&m);
	return c->memo = m;
}

/* Of this act's snapshot; NULL: there is none. */
static struct memo *memo_of(struct tx *tx)
{
	struct conn *c = tx->c;
	struct memo *m = c->memo;
	int64_t version;

	if (tx->memo_known)
		return tx->memo;
	tx->memo_known = true;
	if (c->writes || !c->ops->version || tx->failed || c->ops->version(c, &version))
		return NULL;
	if ((!m && !(m = made(c))) || ((!m->slot || m->version != version) && empty(m)))
		return NULL;
	m->version = version;
	return tx->memo = m;
}

static struct kept *slot_of(const struct memo *m, uint64_t of, struct str key)
{
	size_t i = digest_seeded(key.p, key.n, of);
	struct kept *at;

	do
		at = &m->slot[i++ & (MEMO_SLOTS - 1)];
	while (at->key.p && !(at->of == of && str_eq(at->key, key)));
	return at;
}

bool tx_recall(struct tx *tx, const struct sql *of, struct str key, struct str *ret)
{
	const struct memo *m = memo_of(tx);
	const struct kept *at = m ? slot_of(m, tx_digest(tx->c, of), key) : NULL;

	if (!at || !at->key.p)
		return false;
	*ret = at->value;
	return true;
}

/* Once it is full it keeps what it has: the next commit empties it. */
void tx_remember(struct tx *tx, const struct sql *of, struct str key, struct str value)
{
	struct memo *m = memo_of(tx);
	struct kept new = { 0, key, value };

	if (!m || tx->failed || m->n == MEMO_FULL)
		return;
	new.of = tx_digest(tx->c, of);
	if (!(new.key.p = arena_copy(m->a, key.p, key.n)) ||
	    !(new.value.p = arena_copy(m->a, value.p, value.n)))
		return;
	*slot_of(m, new.of, key) = new;
	m->n++;
}
