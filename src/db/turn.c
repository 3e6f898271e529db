/*
 * turn.c - acts that write the same row take turns, on PostgreSQL.
 *
 * All acts of a county move the end of its chain. Side by side they would be refused one after the
 * other when they get there (40001), each with its work done for nothing, and again. So an act says
 * that it is about to write such a row: if nobody of this process has the turn, it goes on with it
 * until its commit; else, or if somebody had it since this act's snapshot was made, it ends there,
 * waits without a connection, and begins anew with the turn. Other processes still conflict, and
 * are tried again as ever.
 *
 * Who has one turn and asks for a second goes on without it: so nobody waits in a circle.
 */
#include "db/inside.h"

#include "base/ban.h"

enum err turns_init(struct turns *t)
{
	for (size_t i = 0; i < TURNS; i++)
		if (pthread_mutex_init(&t->line[i], NULL)) {
			while (i > 0)
				pthread_mutex_destroy(&t->line[--i]);
			return ERR_MEMORY;
		}
	t->made = true;
	return OK;
}

void turns_release(struct turns *t)
{
	for (size_t i = 0; t->made && i < TURNS; i++)
		pthread_mutex_destroy(&t->line[i]);
	t->made = false;
}

void turn_begin(struct turns *t, struct turn *mine, int held)
{
	*mine = (struct turn){ .held = held,
			       .wanted = TURN_NONE,
			       .begun = __atomic_load_n(&t->now, __ATOMIC_SEQ_CST) };
}

/* Wait for it, unless it is ours already. */
void turn_wait(struct turns *t, struct turn *mine)
{
	if (mine->wanted == TURN_NONE || mine->held == mine->wanted)
		return;
	pthread_mutex_lock(&t->line[mine->wanted]);
	mine->held = mine->wanted;
}

void turn_end(struct turns *t, struct turn *mine)
{
	if (mine->held == TURN_NONE)
		return;
	t->left[mine->held] = __atomic_add_fetch(&t->now, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&t->line[mine->held]);
	mine->held = TURN_NONE;
}

enum err tx_turn(struct tx *tx, int64_t key, struct fault *f)
{
	struct turns *t = &tx->c->db->turns;
	struct turn *mine = &tx->c->turn;
	int line = (int)((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> 58);

	if (tx->c->db->sqlite || mine->held != TURN_NONE)
		return OK; /* one writer; or it is ours, or we have another */
	if (pthread_mutex_trylock(&t->line[line]) == 0) {
		mine->held = line;
		if (t->left[line] <= mine->begun)
			return OK;
	}
	mine->wanted = line;
	tx->again = true;
	return tx_ended(tx, ERR_BUSY, f);
}
