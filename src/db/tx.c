/* tx.c - acts, and the statements and rows inside them, alike on both databases. */
#include "db/gather.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"

#include "base/ban.h"

/* ---- what ends an act --------------------------------------------------------------------- */

/* Keep the first error, hand its words out. */
enum err tx_ended(struct tx *tx, enum err e, struct fault *f)
{
	if (tx->failed == OK)
		tx->failed = e;
	if (tx->why.code == OK) { /* nobody found better words */
		tx->why.code = e;
		snprintf(tx->why.zh, sizeof(tx->why.zh), "%s", err_zh(e));
		snprintf(tx->why.en, sizeof(tx->why.en), "%s", err_en(e));
	}
	if (f && f->code == OK)
		*f = tx->why;
	return tx->failed;
}

static enum err said(struct tx *tx, struct fault *f)
{
	return tx->failed ? tx_ended(tx, tx->failed, f) : OK;
}

/* ---- what is kept as long as it ----------------------------------------------------------- */

struct tx_kept {
	struct tx_kept *next;
	const struct tx_kind *kind;
	max_align_t memory[];
};

enum err tx_keep(struct tx *tx, const struct tx_kind *kind, void *ret, struct fault *f)
{
	struct tx_kept *k = tx->kept;
	void *memory;

	while (k && k->kind != kind)
		k = k->next;
	if (!k) {
		if (!(k = mem_take(sizeof(*k) + kind->bytes, 1)))
			return tx_ended(tx, ERR_MEMORY, f);
		k->kind = kind;
		k->next = tx->kept;
		tx->kept = k;
	}
	memory = k->memory;
	memcpy(ret, &memory, sizeof(memory));
	return OK;
}

static void forget_kept(struct tx *tx)
{
	for (struct tx_kept *k = tx->kept, *next; k; k = next) {
		next = k->next;
		mem_drop(k);
	}
	tx->kept = NULL;
}

enum err tx_act(struct tx *tx, struct conn *c, db_act *act, void *arg, struct fault *f)
{
	enum err e;

	memset(tx, 0, sizeof(*tx));
	tx->c = c;
	e = act(tx, arg, f);
	for (struct tx_kept *k = tx->kept; k && !e && !tx->failed; k = k->next)
		if (k->kind->end)
			e = k->kind->end(tx, k->memory, f);
	if (!e && !tx->failed)
		e = gathers_let_go(tx, NULL, f);
	gathers_forget(c);
	forget_kept(tx);
	return tx->failed ? tx_ended(tx, tx->failed, f) : e;
}

/* ---- what is prepared on a connection, by the address of the statement -------------------- */

static size_t slot_of(const struct conn *c, const struct sql *sql)
{
	uint64_t h = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
	size_t i = (size_t)(h >> 32) & (c->n_slots - 1);

	while (c->slot[i] && c->slot[i]->sql != sql)
		i = (i + 1) & (c->n_slots - 1);
	return i;
}

static enum err grow(struct conn *c)
{
	struct conn wider = *c;

	if (c->n_prepared * 2 < c->n_slots)
		return OK;
	wider.n_slots = c->n_slots ? c->n_slots * 2 : 64;
	wider.slot = mem_take(wider.n_slots, sizeof(struct prepared *));
	if (!wider.slot)
		return ERR_MEMORY;
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slot[i])
			wider.slot[slot_of(&wider, c->slot[i]->sql)] = c->slot[i];
	mem_drop(c->slot);
	*c = wider;
	return OK;
}

static void drop(struct conn *c, struct prepared *p)
{
	c->ops->forget(c, p);
	mem_drop(p->text);
	mem_drop(p->place);
	mem_drop(p);
}

static enum err make(struct tx *tx, const struct sql *sql, struct prepared **ret)
{
	struct prepared *p = mem_take(1, sizeof(*p));
	size_t n = strlen(sql->text) + 1;
	enum err e;

	if (!p || !(p->text = mem_take(n, 1))) {
		mem_drop(p);
		return ERR_MEMORY;
	}
	p->sql = sql;
	memcpy(p->text, sql->text, n);
	p->digest = digest_of(p->text, n - 1);
	if ((e = tx->c->ops->prepare(tx->c, p, &tx->again, &tx->why))) {
		drop(tx->c, p);
		return e;
	}
	*ret = p;
	return OK;
}

/* ret_own: the one at hand is being read further out, and cannot serve: this is one more. */
static enum err find(struct tx *tx, const struct sql *sql, struct prepared **ret, bool *ret_own)
{
	struct conn *c = tx->c;
	struct prepared *p = NULL, *old;
	enum err e;

	if (c->n_slots > 0)
		p = c->slot[slot_of(c, sql)];
	old = p && strcmp(p->text, sql->text) != 0 ? p : NULL;
	*ret_own = p && p->busy && (old || !c->ops->held);
	if (p && !old && !*ret_own) {
		*ret = p;
		return OK;
	}
	if ((e = grow(c)) || (e = make(tx, sql, &p)))
		return e;
	if (!*ret_own) {
		c->slot[slot_of(c, sql)] = p;
		if (old)
			drop(c, old);
		else
			c->n_prepared++;
	}
	*ret = p;
	return OK;
}

uint64_t tx_digest(const struct conn *c, const struct sql *sql)
{
	const struct prepared *p = c->n_slots ? c->slot[slot_of(c, sql)] : NULL;

	if (p && strcmp(p->text, sql->text) == 0)
		return p->digest;
	return digest_of(sql->text, strlen(sql->text));
}

enum err tx_prepare(struct tx *tx, const struct sql *sql, struct fault *f)
{
	struct prepared *p;
	bool own;
	enum err e = said(tx, f);

	if (e)
		return e;
	if ((e = find(tx, sql, &p, &own)))
		return tx_ended(tx, e, f);
	if (own)
		drop(tx->c, p);
	return OK;
}

void tx_forget_all(struct conn *c)
{
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slot[i])
			drop(c, c->slot[i]);
	mem_drop(c->slot);
	c->slot = NULL;
	c->n_slots = c->n_prepared = 0;
	gathers_end(c);
	memo_end(&c->memo);
}

enum { HELD_MAX = 64 }; /* results of tx_rows_each */

/* ---- statements --------------------------------------------------------------------------- */

static enum err check_args(const struct sql *sql, struct sql_args args, struct fault *f)
{
	static const char letter[] = {
		[SQL_I64] = 'i', [SQL_F64] = 'f', [SQL_TEXT] = 't', [SQL_BLOB] = 'b'
	};
	size_t n = strlen(sql->args);

	if (args.n != n)
		return fault_set(f, ERR_BUG, "语句 %s 需要 %zu 个参数，给了 %zu 个",
				 "statement %s takes %zu arguments, not %zu", sql->name, n, args.n);
	for (size_t i = 0; i < n; i++) {
		const struct sql_value *v = &args.v[i];

		if (v->type == SQL_NULL)
			continue;
		if (v->type > SQL_BLOB || letter[v->type] != sql->args[i])
			return fault_set(f, ERR_BUG, "语句 %s 的参数 $%zu 类型不对",
					 "statement %s: argument $%zu is of another type",
					 sql->name, i + 1);
		if (v->type == SQL_F64 && !isfinite(v->f))
			return fault_set(f, ERR_RANGE, "语句 %s 的参数 $%zu 不是有限的数",
					 "statement %s: argument $%zu is no finite number",
					 sql->name, i + 1);
		if (v->type == SQL_TEXT && v->s.n > 0 &&
		    (memchr(v->s.p, 0, v->s.n) || !str_utf8(v->s)))
			return fault_set(f, ERR_RANGE, "语句 %s 的参数 $%zu 不是合格的 UTF-8 文本",
					 "statement %s: argument $%zu is not UTF-8 text", sql->name,
					 i + 1);
	}
	return OK;
}

static void stop(struct rows *r)
{
	struct conn *c = r->tx->c;

	if (!r->p)
		return;
	c->ops->stop(r);
	if (r->own)
		drop(c, r->p);
	else
		r->p->busy--;
	r->p = NULL;
}

/* r: nothing but its tx; then with the statement made ready. */
static enum err make_ready(const struct sql *sql, struct sql_args args, struct rows *r,
			   struct fault *f)
{
	struct tx *tx = r->tx;
	enum err e = said(tx, f);

	if (e)
		return e;
	if (sql->act == SQL_WRITE && !tx->c->writes)
		e = fault_set(&tx->why, ERR_BUG, "语句 %s 会写入，此处只能读取",
			      "statement %s writes, and this act only reads", sql->name);
	if (e || (e = check_args(sql, args, &tx->why)) || (e = find(tx, sql, &r->p, &r->own)))
		return tx_ended(tx, e, f);
	return OK;
}

static enum err start(struct tx *tx, const struct sql *sql, struct sql_args args, struct rows *r,
		      struct fault *f)
{
	enum err e;

	memset(r, 0, sizeof(*r));
	r->tx = tx;
	if ((e = gathers_let_go(tx, sql, f)) || (e = make_ready(sql, args, r, f)))
		return e;
	r->p->busy++;
	if ((e = tx->c->ops->start(r, args, &tx->why))) {
		stop(r);
		return tx_ended(tx, e, f);
	}
	return OK;
}

/* Those that are held together; r: as many. */
static enum err start_all(struct tx *tx, const struct tx_call *v, size_t n, struct rows *r,
			  struct fault *f)
{
	enum err e = OK;

	memset(r, 0, n * sizeof(*r));
	for (size_t i = 0; i < n; i++)
		r[i].tx = tx;
	for (size_t i = 0; i < n && !e; i++)
		e = gathers_let_go(tx, v[i].sql, f);
	for (size_t i = 0; i < n && !e; i++)
		if (!(e = make_ready(v[i].sql, v[i].args, &r[i], f)))
			r[i].p->busy++;
	if (!e && (e = tx->c->ops->start_all(r, v, n, &tx->why)))
		e = tx_ended(tx, e, f);
	for (size_t i = 0; i < n && e; i++)
		stop(&r[i]);
	return e;
}

static enum err step(struct rows *r, bool *ret_more, struct fault *f)
{
	enum err e = said(r->tx, f);

	if (e)
		return e;
	assert(r->p);
	r->on_row = false;
	if ((e = r->tx->c->ops->next(r, ret_more, &r->tx->why)))
		return tx_ended(r->tx, e, f);
	r->on_row = *ret_more;
	return OK;
}

enum err tx_run(struct tx *tx, const struct sql *sql, struct sql_args args, uint64_t *ret_changed,
		struct fault *f)
{
	struct rows r;
	bool more = true;
	uint64_t changed;
	enum err e = start(tx, sql, args, &r, f);

	if (e)
		return e;
	while (more && (e = step(&r, &more, f)) == OK)
		;
	changed = e ? 0 : tx->c->ops->changed(&r);
	stop(&r);
	if (e == OK && ret_changed)
		*ret_changed = changed;
	return e;
}

enum err tx_conflict(struct fault *f)
{
	return fault_set(f, ERR_CONFLICT, "在此期间有了变化；请刷新后再试",
			 "this changed in between; look again, then repeat");
}

enum err tx_now(struct tx *tx, const struct sql *sql, struct sql_args args, uint64_t must,
		struct fault *f)
{
	struct rows r = { .tx = tx };
	uint64_t changed;
	enum err e;

	if (!tx->c->ops->later) {
		e = tx_run(tx, sql, args, &changed, f);
		if (!e && must && changed != must)
			e = tx_ended(tx, tx_conflict(&tx->why), f);
		return e;
	}
	if ((e = gathers_let_go(tx, sql, f)) || (e = make_ready(sql, args, &r, f)))
		return e;
	e = tx->c->ops->later(tx, r.p, args, must, &tx->why);
	if (r.own)
		drop(tx->c, r.p);
	return e ? tx_ended(tx, e, f) : OK;
}

enum err tx_later(struct tx *tx, const struct sql *sql, struct sql_args args, uint64_t must,
		  struct fault *f)
{
	struct rows r = { .tx = tx };
	bool held = false;
	enum err e = make_ready(sql, args, &r, f);

	if (e)
		return e;
	if (r.own)
		drop(tx->c, r.p);
	else if ((e = gather_hold(tx, r.p, args, must, &held, f)))
		return tx_ended(tx, e, f);
	return held ? OK : tx_now(tx, sql, args, must, f);
}

enum err tx_rows(struct tx *tx, const struct sql *sql, struct sql_args args, struct rows **ret,
		 struct fault *f)
{
	struct rows *r = mem_take(1, sizeof(*r));
	enum err e;

	if (!r)
		return tx_ended(tx, ERR_MEMORY, f);
	if ((e = start(tx, sql, args, r, f))) {
		mem_drop(r);
		return e;
	}
	*ret = r;
	return OK;
}

enum err tx_row(struct tx *tx, const struct sql *sql, struct sql_args args, struct rows **ret,
		struct fault *f)
{
	struct rows *r = NULL;
	bool more = false;
	enum err e;

	if ((e = tx_rows(tx, sql, args, &r, f)))
		return e;
	e = step(r, &more, f);
	if (e == OK && !more)
		e = ERR_ABSENT;
	if (e) {
		rows_end(&r);
		return e;
	}
	*ret = r;
	return OK;
}

static enum err hand_out(struct rows *r, size_t i, tx_each *each, void *arg, struct fault *f)
{
	bool more = true;
	enum err e = OK;

	while (!e && !(e = step(r, &more, f)) && more)
		e = each(r, i, arg, f);
	return e;
}

enum err tx_rows_each(struct tx *tx, const struct tx_call *v, size_t n, tx_each *each, void *arg,
		      struct fault *f)
{
	size_t at_once = tx->c->ops->start_all ? HELD_MAX : 1;
	struct rows r[HELD_MAX];
	enum err e = OK;

	for (size_t from = 0; from < n && !e; from += at_once) {
		size_t some = min_size(n - from, at_once);

		e = some == 1 ? start(tx, v[from].sql, v[from].args, r, f)
			      : start_all(tx, v + from, some, r, f);
		if (e)
			return e;
		for (size_t i = 0; i < some && !e; i++)
			e = hand_out(&r[i], from + i, each, arg, f);
		for (size_t i = 0; i < some; i++)
			stop(&r[i]);
	}
	return e;
}

/* ---- rows --------------------------------------------------------------------------------- */

enum err rows_next(struct rows *r, bool *ret_more, struct fault *f)
{
	return step(r, ret_more, f);
}

size_t rows_columns(const struct rows *r)
{
	return r->n_columns;
}

bool rows_null(const struct rows *r, size_t column)
{
	assert(r->on_row && column < r->n_columns);
	return r->tx->c->ops->null(r, column);
}

static struct sql_value cell(struct rows *r, size_t column, enum sql_type want)
{
	struct sql_value v = { .type = SQL_NULL };
	struct tx *tx = r->tx;
	enum err e;

	assert(r->on_row && column < r->n_columns);
	if (tx->failed)
		return v;
	e = tx->c->ops->cell(r, column, want, &v);
	if (e == ERR_CORRUPT)
		ignore(fault_set(&tx->why, e, "语句 %s 的第 %zu 列类型不对",
				 "statement %s: column %zu holds another type", r->p->sql->name,
				 column + 1));
	if (e) {
		ignore(tx_ended(tx, e, NULL));
		return (struct sql_value){ .type = SQL_NULL };
	}
	return v;
}

int64_t rows_i64(struct rows *r, size_t column)
{
	struct sql_value v = cell(r, column, SQL_I64);

	return v.type == SQL_NULL ? 0 : v.i;
}

struct utc_s rows_time(struct rows *r, size_t column)
{
	return (struct utc_s){ rows_i64(r, column) };
}

double rows_f64(struct rows *r, size_t column)
{
	struct sql_value v = cell(r, column, SQL_F64);

	return v.type == SQL_NULL ? 0 : v.f;
}

static struct str bytes(struct rows *r, size_t column, enum sql_type want)
{
	struct sql_value v = cell(r, column, want);

	return v.type == SQL_NULL ? STR("") : v.s;
}

struct str rows_text(struct rows *r, size_t column)
{
	return bytes(r, column, SQL_TEXT);
}

struct str rows_blob(struct rows *r, size_t column)
{
	return bytes(r, column, SQL_BLOB);
}

void rows_end(struct rows **r)
{
	if (!*r)
		return;
	stop(*r);
	mem_drop(*r);
	*r = NULL;
}
