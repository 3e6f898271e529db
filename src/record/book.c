/* book.c - all nouns, checked and made ready; and the maker of ids. */
#include <stdatomic.h>
#include <string.h>

#include "record/inside.h"
#include "record/batch.h"

#include "base/ban.h"

enum { BOOK_BYTES_MAX = 32 << 20 };

/* ---- ids: 41 bits of milliseconds since 2020, 8 of the process, 14 that count ---------------- */

enum { ID_COUNT_BITS = 14, ID_NODE_BITS = 8, NS_IN_MS = 1000000 };
#define ID_EPOCH_MS 1577836800000LL

/* Time and counter are one number that only rises; the process is put between them. */
static int64_t with_node(int64_t tick, unsigned node)
{
	int64_t count = tick & ((1 << ID_COUNT_BITS) - 1);

	return ((tick >> ID_COUNT_BITS) << ID_NODE_BITS | node) << ID_COUNT_BITS | count;
}

static int64_t tick_of(int64_t id)
{
	int64_t count = id & ((1 << ID_COUNT_BITS) - 1);

	return id >> (ID_COUNT_BITS + ID_NODE_BITS) << ID_COUNT_BITS | count;
}

/* A million of them are 61 ms of what ids count in: the clock is soon past a block again. */
int64_t record_ids_take(struct record_book *b, int64_t n)
{
	int64_t ms = clock_ns(b->clock) / NS_IN_MS - ID_EPOCH_MS;
	int64_t last = atomic_load(&b->last_tick), first;

	do
		first = max_i64(last + 1, ms << ID_COUNT_BITS);
	while (!atomic_compare_exchange_weak(&b->last_tick, &last, first + n - 1));
	return first;
}

struct record_id record_id_at(const struct record_book *b, int64_t tick)
{
	return (struct record_id){ with_node(tick, b->node) };
}

struct record_id record_id_new(struct record_book *b)
{
	return record_id_at(b, record_ids_take(b, 1));
}

bool record_id_kin(struct record_id a, struct record_id b)
{
	return ((a.v ^ b.v) >> ID_COUNT_BITS & ((1 << ID_NODE_BITS) - 1)) == 0;
}

/* After its millisecond: within one, what another process made is above all of ours. */
void record_id_after(struct record_book *b, struct record_id last)
{
	int64_t now = atomic_load(&b->last_tick);
	int64_t tick = tick_of(last.v) | ((1 << ID_COUNT_BITS) - 1);

	while (tick > now && !atomic_compare_exchange_weak(&b->last_tick, &now, tick))
		;
}

enum err record_prime(struct record_book *b, struct tx *tx, struct fault *f)
{
	int64_t last = 0;

	for (size_t i = 0; i < b->n_kinds; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, b->kind[i].sql->floor_wide,
				    SQL_ARGS(sql_i64(INT64_MAX), sql_i64(0)), &r, f);

		if (e && e != ERR_ABSENT)
			return e;
		if (!e)
			last = max_i64(last, rows_i64(r, 0));
	}
	record_id_after(b, (struct record_id){ last });
	return OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum err check_together(const struct record_options *o, size_t i, struct fault *f)
{
	const struct noun *n = o->nouns[i];

	for (size_t k = 0; k < i; k++)
		if (strcmp(n->name, o->nouns[k]->name) == 0 ||
		    strcmp(n->path, o->nouns[k]->path) == 0)
			return fault_set(f, ERR_BUG, "对象 %s 声明了两次",
					 "noun %s is declared twice", n->name);
	for (size_t x = 0; x < n->n_fields; x++) {
		const char *to = n->field[x].refers;
		bool found = !to;

		for (size_t k = 0; k < o->n && !found; k++)
			found = strcmp(o->nouns[k]->name, to) == 0;
		if (!found)
			return fault_set(f, ERR_BUG, "%s.%s 所指的对象没有声明",
					 "%s.%s refers to a noun that nobody declared", n->name,
					 n->field[x].name);
	}
	return OK;
}

static enum err open_kind(struct record_book *b, const struct noun *n, struct fault *f)
{
	struct record_kind *k = &b->kind[b->n_kinds];
	struct statements *sql;
	enum err e = noun_check(n, f);

	if (e || (e = statements_compose(n, b->a, &sql)))
		return e;
	*k = (struct record_kind){ .noun = n, .sql = sql, .book = b };
	for (size_t i = 0; i < n->n_fields; i++)
		if (n->field[i].see >= SEE_OFFICIAL) {
			k->official = true;
			k->listed_official |= (n->field[i].flags & FIELD_LISTED) != 0;
		}
	b->lists[b->n_kinds++] = sql->all;
	return OK;
}

/* INSERT of BATCH_AT_ONCE tokens: $1 county, $2 noun, then token and id of each. */
static enum err many_tokens(struct record_book *b)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(buf_release) struct buf letters = { 0 };
	struct sql *sql = arena_take(b->a, 1, sizeof *sql);

	buf_lit(&text, "INSERT INTO search_token (county, noun, token, id) VALUES ");
	buf_lit(&letters, "it");
	for (size_t i = 0; i < BATCH_AT_ONCE; i++) {
		buf_fmt(&text, "%s($1, $2, $%zu, $%zu)", i ? ", " : "", 3 + 2 * i, 4 + 2 * i);
		buf_lit(&letters, "ti");
	}
	if (!sql || text.failed || letters.failed)
		return ERR_MEMORY;
	*sql = (struct sql){ .name = "record.many_tokens", .act = SQL_WRITE };
	if (!(sql->text = arena_copy(b->a, text.p, text.n)) ||
	    !(sql->args = arena_copy(b->a, letters.p, letters.n)))
		return ERR_MEMORY;
	b->many_tokens = sql;
	b->lists[b->n_kinds] = (struct sql_list){ sql, 1 };
	return OK;
}

enum err record_open(const struct record_options *o, struct record_book **ret, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct record_book *b;
	enum err e = arena_new(BOOK_BYTES_MAX, &a);

	if (e)
		return e;
	assert(o->node < 1u << ID_NODE_BITS);
	if (!(b = arena_take(a, 1, sizeof *b)) ||
	    !(b->kind = arena_take(a, o->n, sizeof *b->kind)) ||
	    !(b->lists = arena_take(a, o->n + 1, sizeof *b->lists)) ||
	    !(b->follower = arena_take(a, o->n_followers + 1, sizeof *b->follower)))
		return ERR_MEMORY;
	b->a = a;
	b->limits = list_limits;
	b->zone = o->zone;
	b->area_names = o->area_names;
	b->areas = o->areas;
	b->clock = o->clock;
	b->node = o->node;
	b->scratch = o->scratch;
	for (size_t i = 0; i < o->n_followers; i++)
		b->follower[b->n_followers++] = o->follower[i];
	for (size_t i = 0; i < o->n && !e; i++)
		if (!(e = open_kind(b, o->nouns[i], f)))
			e = check_together(o, i, f);
	if (e || (e = many_tokens(b)) || (e = routes_expand(b)))
		return e;
	a = NULL; /* the book's from here on */
	*ret = b;
	return OK;
}

void record_end(struct record_book **b)
{
	if (*b) {
		buf_release(&(*b)->openapi);
		arena_free((*b)->a); /* the book lies in it, too */
	}
	*b = NULL;
}

const struct sql_list *record_statements(const struct record_book *b, size_t *ret_n)
{
	*ret_n = b->n_kinds + 1;
	return b->lists;
}

struct route_list record_routes(const struct record_book *b)
{
	return (struct route_list){ b->route, b->n_routes };
}

enum err record_get(const struct record_book *b, struct tx *tx, const struct noun *n,
		    struct record_id id, struct arena *a, void **ret, struct fault *f)
{
	const struct record_kind *k = record_kind_of(b, n->name);

	return k ? act_load(tx, k, id, a, ret, f) : ERR_BUG;
}

enum err record_take(const struct record_book *b, struct rows *r, const struct noun *n,
		     struct arena *a, void **ret, struct fault *f)
{
	const struct record_kind *k = record_kind_of(b, n->name);

	return k ? act_read(r, k, a, ret, f) : ERR_BUG;
}

enum err record_put(const struct record_book *b, struct tx *tx, const struct noun *n,
		    const void *row, struct fault *f)
{
	const struct record_kind *k = record_kind_of(b, n->name);

	return k ? act_insert_later(tx, k, row, f) : ERR_BUG;
}

enum err record_replace(const struct record_book *b, struct tx *tx, const struct noun *n,
			const void *before, const void *after, struct fault *f)
{
	const struct record_kind *k = record_kind_of(b, n->name);

	return k ? act_update(tx, k, before, after, f) : ERR_BUG;
}

const struct record_kind *record_kind_of(const struct record_book *b, const char *name)
{
	for (size_t i = 0; i < b->n_kinds; i++)
		if (strcmp(b->kind[i].noun->name, name) == 0)
			return &b->kind[i];
	return NULL;
}
