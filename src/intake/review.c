/*
 * review.c - two records side by side, for whoever is to say whether they are one person's.
 *
 * The names come by a grant that is made here, for this reviewer, these two and nobody else, and
 * is over in minutes. Each of the two is noted, so that their access report says who read them.
 * What the reviewer says is a step of the likeness, like any other.
 */
#include "intake/inside.h"
#include "intake/likeness.h"
#include "ledger/ledger.h"
#include "look/look.h"
#include "vault/grant.h"

#include "base/ban.h"

enum { LOOK_S = 300, BODY = 1024 };

struct side {
	struct likeness *x;
	struct grant grant;
	struct vault_people people;
	unsigned differ;
	bool sealed; /* the vault does not answer: everything else is shown */
};

struct ask {
	struct call *c;
	struct likeness *x;
};

static enum err find(struct tx *tx, void *arg, struct fault *f)
{
	struct ask *k = arg;
	const struct intake *in = k->c->route->arg;
	void *row;
	enum err e = record_get(in->o.book, tx, &likeness_noun,
				(struct record_id){ call_id(k->c, "id") }, k->c->a, &row, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	k->x = row;
	return call_reach(k->c, k->x->record.area, f);
}

static enum err look(struct call *c, struct side *s, struct fault *f)
{
	const struct intake *in = c->route->arg;
	CLEANUP(buf_release) struct buf grant = { 0 };
	int64_t ids[2] = { s->x->subject.v, s->x->other.v };
	struct grant g = { .kind = GRANT_REVIEW,
			   .agency = GRANT_CDC,
			   .id = s->x->record.id.v,
			   .account = c->who->account,
			   .matter = STR("likeness"),
			   .purpose = STR("duty"),
			   .fields = grant_agency_fields(GRANT_CDC),
			   .issued = c->now,
			   .expires = { c->now.v + LOOK_S },
			   .ids = ids,
			   .n = 2 };
	struct fault why = { 0 };
	enum err e;

	s->grant = g;
	s->grant.ids = NULL; /* noted by what was told */
	if (!in->o.vault)
		return s->sealed = true, OK;
	if ((e = grant_sign(&g, in->o.signer, &grant, f)))
		return e;
	e = vault_pair(in->o.vault, buf_view(&grant), c->who->account, ids[0], ids[1], &s->people,
		       &s->differ, &why);
	if (e == ERR_BUSY || e == ERR_VERSION)
		return s->sealed = true, OK;
	if (e)
		*f = why;
	return e;
}

static enum err pair_before(struct call *c, struct fault *f)
{
	struct side *s = arena_take(c->a, 1, sizeof *s);
	struct ask k = { .c = c };
	enum err e;

	if (!s)
		return ERR_MEMORY;
	c->parsed = s;
	if ((e = db_read(c->db, find, &k, f)))
		return e;
	s->x = k.x;
	if ((e = look(c, s, f)))
		vault_people_end(&s->people);
	return e;
}

static void put_person(struct json *j, const struct side *s, size_t i)
{
	const struct vault_person *p = i < s->people.n ? &s->people.v[i] : NULL;

	json_open(j, '{');
	json_key(j, "known");
	json_bool(j, p && p->known);
	for (int x = 0; x < VAULT_FIELD_N; x++) {
		json_key(j, vault_field_word((enum vault_field)x));
		if (p && p->who.text[x].n)
			json_str(j, p->who.text[x]);
		else
			json_nil(j);
	}
	json_close(j, '}');
}

/* The vault does not answer: that somebody asked is all there is to note. */
static enum err note_sealed(struct call *c, struct tx *tx, const struct likeness *x,
			    struct fault *f)
{
	struct ledger_entry en = { .county = x->record.area,
				   .object = STR("likeness"),
				   .object_id = x->record.id.v,
				   .action = STR("sealed") };

	return call_act(c, tx, &en, f);
}

static enum err pair_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct side *s = c->parsed;
	struct json *j = call_json(c);
	struct ask k = { .c = c };
	enum err e = find(tx, &k, f);

	if (e)
		return e;
	e = s->sealed ? note_sealed(c, tx, k.x, f)
		      : look_note(c, tx, k.x->record.area, &s->grant, &s->people, f);
	if (e || (e = look_answer(c, &s->people)))
		return e;
	json_open(j, '{');
	json_key(j, "sealed");
	json_bool(j, s->sealed);
	json_key(j, "people");
	json_open(j, '[');
	for (size_t i = 0; i < 2 && !s->sealed; i++)
		put_person(j, s, i);
	json_close(j, ']');
	json_key(j, "differ");
	json_open(j, '[');
	for (int x = 0; x < VAULT_FIELD_N && !s->sealed; x++)
		if (s->differ >> x & 1)
			json_str(j, str_of(vault_field_word((enum vault_field)x)));
	json_close(j, ']');
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static void pair_after(struct call *c, bool committed)
{
	struct side *s = c->parsed;

	(void)committed;
	vault_people_end(&s->people);
}

const struct route intake_review_rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/likenesses/{id}/pair", pair_run, CAP_REVIEW, REACH_AREA,
		WHY_DUTY, BODY, AUDIT_ACT, "两条记录并排，差异标出；两个人都记入台账",
		"Two records side by side, what differs marked; both are noted in the ledger"),
	  .before = pair_before, .after = pair_after, .flags = ROUTE_SECRET },
};
const size_t intake_review_rows_n = ARRAY_LEN(intake_review_rows);
