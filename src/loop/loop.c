/* loop.c - the room put together: its nouns, its routes, its clocks. */
#include "loop/loop.h"

#include "loop/campaign_inside.h"
#include "loop/loop.sql.h"
#include "loop/many.h"
#include "loop/signal_inside.h"

#include "base/ban.h"

enum { CLOCKS_BYTES = 4 << 20 };

const struct noun *const loop_nouns[] = { &task_noun, &campaign_noun, &signal_noun, &push_noun };
const size_t loop_nouns_n = ARRAY_LEN(loop_nouns);

static const struct route_list *const loop_lists[] = { &loop_routes_task,     &loop_routes_board,
						       &loop_routes_comment,  &loop_routes_many,
						       &loop_routes_campaign, &loop_routes_evidence,
						       &loop_routes_signal,   &loop_routes_push };

static enum err open_routes(struct loop *l)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(loop_lists); i++)
		n += loop_lists[i]->n;
	if (!(l->route = mem_take(n, sizeof *l->route)))
		return ERR_MEMORY;
	for (size_t i = 0; i < ARRAY_LEN(loop_lists); i++)
		for (size_t k = 0; k < loop_lists[i]->n; k++)
			l->route[l->n_routes++] = loop_lists[i]->v[k];
	return OK;
}

/* A clock that was set back while the house was down must not make an id twice. */
static enum err prime(struct tx *tx, void *arg, struct fault *f)
{
	const struct sql *const last[] = { &loop_sql.last_notice, &loop_sql.last_comment,
					   &loop_sql.last_told };
	struct loop *l = arg;

	for (size_t i = 0; i < ARRAY_LEN(last); i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, last[i], SQL_ARGS(sql_i64(INT64_MAX)), &r, f);

		if (e && e != ERR_ABSENT)
			return e;
		if (!e)
			record_id_after(l->o.book, (struct record_id){ rows_i64(r, 0) });
	}
	return OK;
}

enum err loop_open(const struct loop_options *o, struct loop **ret, struct fault *f)
{
	CLEANUP(loop_close) struct loop *l = mem_take(1, sizeof *l);
	enum err e;

	if (!l)
		return ERR_MEMORY;
	l->o = *o;
	if (o->clocks)
		l->clocks = *o->clocks;
	else if ((e = arena_new(CLOCKS_BYTES, &l->a)) ||
		 (e = clocks_load_builtin(l->a, &l->clocks, f)))
		return e;
	if ((e = many_sql_new(&l->many)) || (e = open_routes(l)) ||
	    (e = db_read(l->o.db, prime, l, f)))
		return e;
	*ret = l;
	l = NULL;
	return OK;
}

void loop_close(struct loop **l)
{
	if (!*l)
		return;
	arena_free((*l)->a);
	many_sql_end(&(*l)->many);
	mem_drop((*l)->route);
	mem_drop(*l);
	*l = NULL;
}

struct route_list loop_routes(const struct loop *l)
{
	return (struct route_list){ l->route, l->n_routes };
}

struct loop *loop_of(const struct call *c)
{
	return c->house ? ((struct loop_house *)c->house)->loop : NULL;
}
