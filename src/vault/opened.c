#include "vault/opened.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

/* A person's texts and what is on the way to them: a block that grew would leave copies. */
enum { TEXT_BYTES = VAULT_FIELD_N * (VAULT_TEXT_MAX + CRYPT_SEALED_MORE_MAX) };

/* Where people begin, one after the other; half of the index stays free. */
enum { BLOCK_PEOPLE = 64, BLOCKS = OPENED_MAX / BLOCK_PEOPLE, SLOTS = 2 * OPENED_MAX };
struct opened_index {
	struct opened_one *block[BLOCKS];
	uint16_t slot[SLOTS]; /* 1 + who; 0: free */
};

static struct opened_one *person(const struct opened *o, size_t i)
{
	return &o->at->block[i / BLOCK_PEOPLE][i % BLOCK_PEOPLE];
}

/* Those who are there go; their blocks stay, for others. */
static void forget(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++)
		crypt_wipe(person(o, i), sizeof(struct opened_one));
	if (o->n)
		memset(o->at->slot, 0, sizeof o->at->slot);
	o->n = 0;
}

void opened_end(struct opened *o)
{
	forget(o);
	for (size_t i = 0; o->at && i < BLOCKS; i++)
		mem_drop(o->at->block[i]);
	mem_drop(o->at);
	o->at = NULL;
	if (o->text.p)
		crypt_wipe(o->text.p, o->text.cap);
	buf_release(&o->text);
	o->text = (struct buf){ 0 };
}

static enum err begin(struct opened *o)
{
	if (o->at)
		return OK;
	opened_end(o);
	o->text.p = mem_take(TEXT_BYTES, 1);
	if (!o->text.p)
		return ERR_MEMORY;
	o->text.cap = TEXT_BYTES;
	o->at = mem_take(1, sizeof *o->at);
	return o->at ? OK : ERR_MEMORY;
}

/* Numbers of subjects are random. */
static uint16_t *slot_of(const struct opened *o, int64_t id)
{
	size_t i = (uint64_t)id % SLOTS;

	while (o->at->slot[i] && person(o, o->at->slot[i] - 1u)->id != id)
		i = (i + 1) % SLOTS;
	return &o->at->slot[i];
}

static enum err make_room(struct opened *o)
{
	struct opened_one **block;

	if (o->n == OPENED_MAX)
		forget(o);
	block = &o->at->block[o->n / BLOCK_PEOPLE];
	if (!*block)
		*block = mem_take(BLOCK_PEOPLE, sizeof **block);
	return *block ? OK : ERR_MEMORY;
}

static enum err read_one(struct opened *o, struct tx *tx, int64_t id, struct opened_one *ret,
			 struct fault *f)
{
	struct vault_identity none;
	struct store_person p = { 0 };
	bool kept = false;
	enum err e = store_get(o->s, tx, id, 0, &o->text, &p, &kept, &none, f);

	if (e && e != ERR_ABSENT)
		return e;
	ret->there = !e;
	ret->kept = ret->there && kept;
	ret->batch = p.batch;
	ret->row = p.row;
	ret->id = id;
	return OK;
}

enum err opened_at(struct opened *o, struct tx *tx, int64_t id, struct opened_one **ret,
		   struct fault *f)
{
	uint16_t *slot;
	enum err e = begin(o);

	if (e)
		return e;
	slot = slot_of(o, id);
	if (*slot) {
		*ret = person(o, *slot - 1u);
		return OK;
	}
	if ((e = make_room(o)))
		return e;
	slot = slot_of(o, id); /* all may have gone */
	*ret = person(o, o->n);
	if ((e = read_one(o, tx, id, *ret, f)))
		return e;
	*slot = (uint16_t)++o->n;
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
