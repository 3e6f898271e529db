#include "vault/opened.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

/* A person's texts and what is on the way to them: a block that grew would leave copies. */
enum { TEXT_BYTES = VAULT_FIELD_N * (VAULT_TEXT_MAX + CRYPT_SEALED_MORE_MAX) };

/* Numbers of subjects are random. */
static struct opened_one *place_of(const struct opened *o, int64_t id)
{
	return &o->v[(uint64_t)id % OPENED_MAX];
}

void opened_end(struct opened *o)
{
	for (size_t i = 0; o->v && i < OPENED_MAX; i++)
		if (o->v[i].formed)
			crypt_wipe(&o->v[i], sizeof o->v[i]);
	mem_drop(o->v);
	o->v = NULL;
	if (o->text.p)
		crypt_wipe(o->text.p, o->text.cap);
	buf_release(&o->text);
	o->text = (struct buf){ 0 };
}

static enum err begin(struct opened *o)
{
	if (o->v)
		return OK;
	opened_end(o);
	o->text.p = mem_take(TEXT_BYTES, 1);
	if (!o->text.p)
		return ERR_MEMORY;
	o->text.cap = TEXT_BYTES;
	o->v = mem_take(OPENED_MAX, sizeof *o->v);
	return o->v ? OK : ERR_MEMORY;
}

enum err opened_at(struct opened *o, struct tx *tx, int64_t id, struct opened_one **ret,
		   struct fault *f)
{
	struct vault_identity none;
	struct store_person p;
	struct opened_one *at;
	bool kept = false;
	enum err e = begin(o);

	if (e)
		return e;
	*ret = at = place_of(o, id);
	if (at->id == id)
		return OK;
	crypt_wipe(at, sizeof *at); /* of whoever was here */
	e = store_get(o->s, tx, id, 0, &o->text, &p, &kept, &none, f);
	if (e && e != ERR_ABSENT)
		return e;
	at->there = !e;
	at->kept = at->there && kept;
	at->batch = at->there ? p.batch : 0;
	at->row = at->there ? p.row : 0;
	at->id = id;
	return OK;
}

enum err opened_form(struct opened *o, struct tx *tx, struct opened_one *p, struct fault *f)
{
	struct vault_identity who;
	struct store_person row;
	bool kept;
	enum err e;

	if (p->formed || !p->there)
		return OK;
	buf_clear(&o->text);
	e = store_get(o->s, tx, p->id, ~0u, &o->text, &row, &kept, &who, f);
	if (e && e != ERR_ABSENT)
		return e;
	p->formed = true;
	p->there = !e;
	if (e)
		return OK;
	store_fix(&o->text, &who);
	alike_form(&who, &p->form);
	return OK;
}
