/* people.c - whom the rows of a push are about: to the vault, before the transaction. inside.h */
#include <string.h>

#include "intake/inside.h"
#include "record/value.h"

#include "base/ban.h"

/* What the vault is to keep of a row. *ret_any: it says something about somebody. */
static void identity_of(const struct schema *k, const void *row, struct vault_identity *ret,
			bool *ret_any)
{
	static const struct {
		const char *field;
		enum vault_field as;
	} of[] = {
		{ "name", VAULT_NAME },        { "id_number", VAULT_ID_NUMBER },
		{ "phone", VAULT_PHONE },      { "address", VAULT_ADDRESS },
		{ "birth", VAULT_BIRTH },      { "source_id", VAULT_KEY },
		{ "to_source_id", VAULT_KEY },
	};

	*ret = (struct vault_identity){ 0 };
	*ret_any = false;
	for (size_t i = 0; i < k->n_fields; i++) {
		const struct field *x = &k->field[i];

		if (strcmp(x->name, "sex") == 0 && value_given(x, row))
			ret->text[VAULT_SEX] = value_to_sql(x, row).s;
		for (size_t n = 0; n < ARRAY_LEN(of); n++)
			if (strcmp(x->name, of[n].field) == 0 && value_given(x, row)) {
				ret->text[of[n].as] =
					*(const struct str *)((const char *)row + x->at);
				*ret_any |= !field_kept(x);
			}
	}
}

static enum err no_vault(struct fault *f)
{
	return fault_set(f, ERR_BUSY,
			 "保管姓名的进程没有应答，含个人信息的批次暂时不能接收，请稍后再推",
			 "the vault does not answer, and a batch about people cannot come in: push "
			 "again later");
}

enum err push_people(struct push *p, struct fault *f)
{
	struct judged *j = &p->judged;
	struct vault_row *rows = arena_take(p->a, j->ok.n + 1, sizeof *rows);
	struct vault_staged_row *staged = arena_take(p->a, j->ok.n + 1, sizeof *staged);
	size_t *at = arena_take(p->a, j->ok.n + 1, sizeof *at), n = 0;
	struct vault *v = p->in->o.vault;
	enum err e;

	p->person = arena_take(p->a, j->ok.n + 1, sizeof *p->person);
	if (!rows || !staged || !at || !p->person)
		return ERR_MEMORY;
	for (size_t i = 0; i < j->ok.n; i++) {
		bool any;

		identity_of(&j->schema, j->ok.v[i].at, &rows[n].who, &any);
		rows[n].row = j->ok.v[i].row;
		at[n] = i;
		n += any;
	}
	if (n == 0)
		return OK;
	if (!v)
		return no_vault(f);
	p->staged = !p->dry;
	if (!p->dry && (e = vault_drop(v, p->key, f))) /* what a dead push left */
		return e;
	e = p->dry ? vault_try(v, p->key, rows, n, staged, f)
		   : vault_stage(v, p->key, rows, n, staged, f);
	for (size_t i = 0; i < n && !e; i++)
		p->person[at[i]] = staged[i];
	return e;
}
