/* pairs.c - all subjects held against all, a page at a time. */
#include "vault/opened.h"
#include "vault/store.h"
#include "vault/store.sql.h"

#include "base/ban.h"

enum { PAIRS_PAGE = 1000 };

struct pairing {
	struct opened opened;
	int64_t after, last;
	vault_each_likeness *each;
	void *arg;
};

/* The one whose page it is, against whom it shares a tag with. */
struct one {
	int64_t id;
	bool opened, kept;
	struct alike_form form;
};

static enum err open_one(struct pairing *w, struct tx *tx, struct one *x, struct fault *f)
{
	struct opened_one *p;
	enum err e = opened_at(&w->opened, tx, x->id, &p, f);

	if (e || (e = opened_form(&w->opened, tx, p, f)))
		return e;
	x->opened = true;
	x->kept = p->there && p->kept;
	x->form = p->form; /* the other may take its place */
	return OK;
}

static enum err hold_against(struct pairing *w, struct tx *tx, const struct one *x, int64_t id,
			     struct fault *f)
{
	struct opened_one *p;
	struct alike a;
	enum err e = opened_at(&w->opened, tx, id, &p, f);

	if (e || !p->kept || (e = opened_form(&w->opened, tx, p, f)) || !p->there)
		return e;
	a = alike_compare(&x->form, &p->form);
	return a.verdict != ALIKE_NEW ? w->each(id, x->id, a, w->arg, f) : OK;
}

static enum err pair_one(struct pairing *w, struct tx *tx, int64_t id, const struct tags_list *t,
			 struct fault *f)
{
	int64_t seen[ALIKE_KEYS_MAX * TAGS_SAME_MAX];
	struct one x = { .id = id, .kept = true };
	size_t n = 0;
	enum err e = OK;

	for (size_t i = 0; !e && x.kept && i < t->n; i++) {
		int64_t like[TAGS_SAME_MAX];
		size_t found = tags_find(&w->opened.s->tags, t->v[i], like);

		for (size_t m = 0; !e && x.kept && m < found; m++) {
			size_t k = 0;

			while (k < n && seen[k] != like[m])
				k++;
			if (k < n || like[m] >= id) /* each pair once, from its higher number */
				continue;
			seen[n++] = like[m];
			if (!x.opened)
				e = open_one(w, tx, &x, f);
			if (!e && x.kept)
				e = hold_against(w, tx, &x, like[m], f);
		}
	}
	crypt_wipe(&x.form, sizeof x.form);
	return e;
}

static enum err pair_page(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct pairing *w = arg;
	struct tags_list t;
	size_t n = 0;
	bool more;
	enum err e = tx_rows(tx, &store_sql.subjects_after,
			     SQL_ARGS(sql_i64(w->after), sql_i64(PAIRS_PAGE)), &r, f);

	for (; !e && !(e = rows_next(r, &more, f)) && more; n++) {
		w->last = rows_i64(r, 0);
		tags_read(rows_blob(r, 1), &t);
		e = pair_one(w, tx, w->last, &t, f);
	}
	if (n < PAIRS_PAGE)
		w->last = INT64_MAX;
	opened_end(&w->opened);
	return e;
}

enum err store_pairs(struct store *s, int64_t after, vault_each_likeness *each, void *arg,
		     int64_t *ret_last, struct fault *f)
{
	struct pairing w = { { .s = s }, after, after, each, arg };
	enum err e = db_read(s->db, pair_page, &w, f);

	if (!e)
		*ret_last = w.last;
	return e;
}
