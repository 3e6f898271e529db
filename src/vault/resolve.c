/* resolve.c - names going out: what a grant lists, and the one search there is. */
#include <string.h>

#include "base/memory.h"
#include "vault/store.h"
#include "vault/store.sql.h"

#include "base/ban.h"

/* vault_find: a desk asks a few times an hour; whoever tries numbers out is slowed down. */
enum { FIND_BURST = 30, FIND_EVERY_S = 20 };

struct resolving {
	struct store *s;
	const struct store_ask *ask;
	const struct grant *g;
	struct buf *names;
	struct vault_person *ret;
};

static enum err use_once(const struct resolving *w, struct tx *tx, struct fault *f)
{
	uint64_t used;
	enum err e =
		tx_run(tx, &store_sql.use_sweep, SQL_ARGS(sql_time(clock_s(&w->s->wall))), NULL, f);

	if (e ||
	    (e = tx_run(tx, &store_sql.use_put,
			SQL_ARGS(sql_i64((int64_t)w->g->kind), sql_i64(w->g->id),
				 sql_time(w->g->expires)),
			&used, f)) ||
	    used)
		return e;
	return fault_set(f, ERR_WARRANT, "这份授权只能用一次，已经用过",
			 "this grant is for one use, and was used");
}

static enum err resolve(struct tx *tx, void *arg, struct fault *f)
{
	const struct resolving *w = arg;
	enum err e = w->g->single_use ? use_once(w, tx, f) : OK;

	w->names->n = 0;
	for (size_t i = 0; !e && i < w->ask->n; i++) {
		struct vault_person *p = &w->ret[i];
		struct store_person row;
		bool kept;

		*p = (struct vault_person){ .id = w->ask->ids[i] };
		e = store_get(w->s, tx, p->id, w->g->fields, w->names, &row, &kept, &p->who, f);
		if (!e && !kept)
			memset(&p->who, 0, sizeof p->who);
		p->known = !e && kept;
		e = e == ERR_ABSENT ? OK : e;
	}
	return e;
}

enum err store_resolve(struct store *s, const struct store_ask *ask, struct buf *names,
		       struct vault_person *ret, struct fault *f)
{
	struct grant g;
	struct resolving w = { s, ask, &g, names, ret };
	enum err e = grant_read(ask->grant, &s->house, &g);

	if (e)
		e = fault_set(f, ERR_WARRANT, "没有有效的授权：签名不是本单位的",
			      "no grant: the signature is not the house's");
	else
		e = grant_check(&g, ask->account, clock_s(&s->wall), f);
	for (size_t i = 0; !e && i < ask->n; i++)
		if (!grant_lists(&g, ask->ids[i]))
			e = fault_set(f, ERR_WARRANT, "授权里没有列出所问的人",
				      "the grant does not list somebody who was asked for");
	if (!e)
		e = g.single_use ? db_write(s->db, resolve, &w, f) : db_read(s->db, resolve, &w, f);
	s->refused += e == ERR_WARRANT;
	for (size_t i = 0; !e && i < ask->n; i++)
		store_fix(names, &ret[i].who);
	return e;
}

/* ---- the one search ---- */

struct finding {
	struct store *s;
	int64_t tag;
	const char *id_number; /* 18 signs */
	int64_t *ret;
	size_t n;
};

static enum err find_one(const struct finding *w, struct tx *tx, int64_t id, bool *ret,
			 struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct vault_identity who;
	struct store_person row;
	struct alike_form form;
	bool kept;
	enum err e = store_get(w->s, tx, id, 1u << VAULT_ID_NUMBER, &text, &row, &kept, &who, f);

	*ret = false;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	store_fix(&text, &who);
	alike_form(&who, &form);
	*ret = kept && strcmp(form.id_number, w->id_number) == 0;
	crypt_wipe(&form, sizeof form);
	if (text.p)
		crypt_wipe(text.p, text.n);
	return OK;
}

static enum err find(struct tx *tx, void *arg, struct fault *f)
{
	struct finding *w = arg;
	int64_t like[TAGS_SAME_MAX];
	size_t n = tags_find(&w->s->tags, w->tag, like);
	bool theirs = false;
	enum err e = OK;

	w->n = 0;
	for (size_t i = 0; !e && i < n; i++)
		if (!(e = find_one(w, tx, like[i], &theirs, f)) && theirs)
			w->ret[w->n++] = like[i];
	return e;
}

static enum err allowance(struct store *s, struct fault *f)
{
	int64_t now = clock_s(&s->wall).v, more = (now - s->found_s) / FIND_EVERY_S;

	if (!s->found_s || more >= FIND_BURST || now < s->found_s) {
		s->found_left = FIND_BURST;
		s->found_s = now;
	} else if (more > 0) {
		s->found_left = (unsigned)min_i64(s->found_left + more, FIND_BURST);
		s->found_s += more * FIND_EVERY_S;
	}
	if (!s->found_left)
		return fault_set(f, ERR_RATE, "查询太频繁，请过一会再试",
				 "too many look-ups; try again in a while");
	s->found_left--;
	return OK;
}

enum err store_find(struct store *s, struct str id_number, int64_t *ret, size_t *ret_n,
		    struct fault *f)
{
	struct vault_identity who = { 0 };
	struct alike_form form;
	struct finding w = { .s = s, .ret = ret };
	char key[32];
	struct buf b = { key, 0, sizeof key, OK };
	enum err e = allowance(s, f);

	if (e)
		return e;
	who.text[VAULT_ID_NUMBER] = id_number;
	alike_form(&who, &form);
	if (!form.id_sound)
		return fault_set(f, ERR_RANGE, "不是有效的身份证号码，请核对",
				 "this is no valid ID number; check it");
	buf_fmt(&b, "i%s", form.id_number);
	w.id_number = form.id_number;
	if (!(e = store_tag(ring_find(&s->ring, RING_LOOK_UP, 0), buf_view(&b), &w.tag)) &&
	    !(e = db_read(s->db, find, &w, f)) &&
	    !(e = store_pseudonyms_of(s, buf_view(&b), ret, &w.n, VAULT_FOUND_MAX, f)))
		*ret_n = w.n;
	crypt_wipe(&form, sizeof form);
	crypt_wipe(key, sizeof key);
	return e;
}
