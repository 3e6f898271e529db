/* look.c - noting who was told whose name, and the two reports made of it. */
#include "look/look.h"

#include <string.h>

#include "access/key.h"
#include "base/digest.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "db/db.h"
#include "ledger/ledger.h"
#include "look/inside.h"
#include "look/look.sql.h"

#include "base/ban.h"

enum { PAGE = 200, REPORT_BODY = 1024 };

/* ---- noting ---- */

enum err look_note_one(struct call *c, struct tx *tx, struct area_code area,
		       const struct look_told *told, int64_t person, struct fault *f)
{
	struct ledger_entry en = { .county = area,
				   .kind = LEDGER_READ,
				   .matter = told->matter,
				   .object = STR("person"),
				   .object_id = person,
				   .action = told->kind };
	enum err e = call_act(c, tx, &en, f);

	if (e)
		return e;
	return tx_run(tx, &look_sql.note,
		      SQL_ARGS(sql_i64(person), sql_time(c->now), sql_i64(en.county.v),
			       sql_i64(en.seq), sql_i64(c->who->account), sql_text(told->kind),
			       sql_text(told->matter), sql_text(told->purpose),
			       sql_i64(told->fields),
			       told->approved_by ? sql_i64(told->approved_by) : sql_null()),
		      NULL, f);
}

enum err look_note(struct call *c, struct tx *tx, struct area_code area, const struct grant *g,
		   const struct vault_people *people, struct fault *f)
{
	const struct look_told told = { str_of(grant_kind_word(g->kind)), g->matter, g->purpose,
					g->fields, 0 };
	enum err e = OK;

	for (size_t i = 0; !e && i < people->n; i++)
		e = look_note_one(c, tx, area, &told, people->v[i].id, f);
	return e;
}

enum { ANSWER_BYTES = 4096, PERSON_BYTES = 512, ESCAPED = 6 };

enum err look_answer(struct call *c, const struct vault_people *people)
{
	return http_names(c->rs,
			  ANSWER_BYTES + people->n * PERSON_BYTES + people->bytes.n * ESCAPED);
}

void look_person_json(struct call *c, const struct vault_person *p, enum grant_agency to)
{
	struct json *j = call_json(c);

	json_open(j, '{');
	if (to == GRANT_CDC) {
		json_key(j, "id");
		call_id_json(c, p->id);
	}
	json_key(j, "known");
	json_bool(j, p->known);
	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		if (p->who.text[i].n) {
			json_key(j, vault_field_word((enum vault_field)i));
			json_str(j, p->who.text[i]);
		}
	json_close(j, '}');
}

/* ---- accounts ---- */

/* An agency's program has no account, but a key that says whose it is. */
static enum err key_name(struct call *c, struct tx *tx, int64_t id, struct fault *f)
{
	struct key k;
	struct fault unasked = { 0 };
	enum err e = key_at(tx, id, c->a, &k, &unasked);

	if (e == ERR_ABSENT)
		return OK;
	if (e) {
		*f = unasked;
		return e;
	}
	json_key(call_json(c), "name");
	json_str(call_json(c), k.agency);
	return OK;
}

enum err look_account_json(struct call *c, struct tx *tx, const char *key, int64_t id,
			   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	enum err e = tx_row(tx, &look_sql.account, SQL_ARGS(sql_i64(id)), &r, f);

	if (e && e != ERR_ABSENT)
		return e;
	json_key(j, key);
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, id);
	if (!e) {
		json_key(j, "name");
		json_str(j, rows_text(r, 0));
	} else if ((e = key_name(c, tx, id, f))) {
		return e;
	}
	json_close(j, '}');
	return OK;
}

enum err look_department(struct tx *tx, int64_t account, int64_t *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &look_sql.account, SQL_ARGS(sql_i64(account)), &r, f);

	*ret = 0;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	if (!rows_null(r, 1))
		*ret = rows_i64(r, 1);
	return OK;
}

enum err look_agency(struct tx *tx, int64_t account, enum grant_agency *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &look_sql.account, SQL_ARGS(sql_i64(account)), &r, f);

	*ret = (enum grant_agency)0;
	if (e)
		return e == ERR_ABSENT ? OK : e;
	if (!rows_null(r, 4))
		*ret = look_agency_of(rows_text(r, 4));
	return OK;
}

enum grant_agency look_agency_of(struct str word)
{
	for (enum grant_agency a = GRANT_CDC; a < GRANT_AGENCY_N; a++)
		if (str_eq(word, str_of(grant_agency_word(a))) && grant_agency_fields(a))
			return a;
	return (enum grant_agency)0;
}

/* Whose an account is, as far as it says. */
struct holder {
	int64_t officer;
	uint64_t name, phone; /* digests; 0: none is told */
};

static uint64_t digits_of(struct str s)
{
	char digits[32];
	size_t n = 0;

	for (size_t i = 0; i < s.n && n < sizeof digits; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits[n++] = s.p[i];
	return n ? digest_of(digits, n) : 0;
}

static enum err holder_of(struct tx *tx, int64_t account, struct holder *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &look_sql.account, SQL_ARGS(sql_i64(account)), &r, f);

	*ret = (struct holder){ 0 };
	if (e)
		return e == ERR_ABSENT ? OK : e;
	ret->name = digest_of(rows_text(r, 0).p, rows_text(r, 0).n);
	if (!rows_null(r, 2))
		ret->officer = rows_i64(r, 2);
	if (!rows_null(r, 3))
		ret->phone = digits_of(rows_text(r, 3));
	return OK;
}

enum err look_one_person(struct tx *tx, int64_t a, int64_t b, bool *ret, struct fault *f)
{
	struct holder x, y;
	bool name, phone;
	enum err e;

	if ((e = holder_of(tx, a, &x, f)) || (e = holder_of(tx, b, &y, f)))
		return e;
	name = x.name && x.name == y.name;
	phone = x.phone && x.phone == y.phone;

	/* A post is not a person: one may hold two, and two may share an office's telephone. */
	if (x.officer && y.officer)
		*ret = x.officer == y.officer || (name && phone);
	else
		*ret = name || phone;
	return OK;
}

/* ---- reports ---- */

/*
 * One look: when, by whom, why, which fields; and where the ledger has it. Whose number it was is
 * not told to who was given an address or an ID number: beside a case it would join them.
 */
static enum err tell_look(struct call *c, struct tx *tx, struct rows *r, bool numbered,
			  struct fault *f)
{
	struct json *j = call_json(c);
	int64_t fields = rows_i64(r, 7);
	char county[AREA_TEXT_BYTES];
	enum err e;

	json_open(j, '{');
	json_key(j, "at");
	call_time_json(c, rows_time(r, 0));
	area_text((struct area_code){ rows_i64(r, 1) }, county);
	json_key(j, "county");
	json_str(j, str_of(county));
	json_key(j, "seq");
	json_i64(j, rows_i64(r, 2));
	json_key(j, "kind");
	json_str(j, rows_text(r, 4));
	json_key(j, "matter");
	json_str(j, rows_text(r, 5));
	json_key(j, "purpose");
	json_str(j, rows_text(r, 6));
	json_key(j, "fields");
	json_open(j, '[');
	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		if (fields & 1 << i)
			json_str(j, str_of(vault_field_word((enum vault_field)i)));
	if (str_eq(rows_text(r, 4), STR("stays")) || str_eq(rows_text(r, 4), STR("question")) ||
	    str_eq(rows_text(r, 4), STR("question_told")))
		json_str(j, STR("places"));
	json_close(j, ']');
	json_key(j, "person");
	if (numbered || !(fields & ~(int64_t)grant_agency_fields(GRANT_CDC)))
		call_id_json(c, rows_i64(r, 8));
	else
		json_nil(j);
	e = look_account_json(c, tx, "by", rows_i64(r, 3), f);
	if (!e && !rows_null(r, 9)) {
		e = look_account_json(c, tx, "approved_by", rows_i64(r, 9), f);
	} else {
		json_key(j, "approved_by");
		json_nil(j);
	}
	json_close(j, '}');
	return e;
}

static enum err mine(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	struct str s = http_query(c->rq, "before");
	int64_t before = INT64_MAX;
	bool more;
	enum err e;

	if (s.n && str_i64(s, &before))
		return fault_set(f, ERR_RANGE, "before 应为整数", "before is a whole number");
	e = tx_rows(tx, &look_sql.of_account,
		    SQL_ARGS(sql_i64(c->who->account), sql_i64(before), sql_i64(PAGE)), &r, f);
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		e = tell_look(c, tx, r, false, f);
	json_close(j, ']');
	json_close(j, '}');
	return e;
}

/* Whose report it is: the numbers that the vault has for the ID number, and no number itself. */
struct found {
	int64_t id[VAULT_FOUND_MAX];
	size_t n;
};

static const char *const report_keys[] = { "id_number", NULL };

static enum err report_before(struct call *c, struct fault *f)
{
	struct found *w = arena_take(c->a, 1, sizeof *w);
	struct str id_number = { "", 0 };
	const struct json_node *n;
	enum err e;

	if (!w)
		return ERR_MEMORY;
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, report_keys, f)) || (e = json_need(n, "id_number", f)) ||
	    (e = json_get_text(n, "id_number", 64, &id_number, f)))
		return e;
	e = vault_find(look_of(c)->o.vault, id_number, w->id, &w->n, f);
	if (e)
		fault_at(f, "id_number", NULL);
	c->parsed = w;
	return e;
}

static enum err report(struct call *c, struct tx *tx, struct fault *f)
{
	const struct found *w = c->parsed;
	struct json *j = call_json(c);
	const struct look_told told = { STR("report"), STR("access-report"),
					str_of(purpose_word(c->route->why)), 0, 0 };
	struct ledger_entry en = { .county = c->who->home,
				   .kind = LEDGER_READ,
				   .object = STR("access_report"),
				   .action = STR("tell") };
	enum err e = call_act(c, tx, &en, f);

	json_open(j, '{');
	json_key(j, "records");
	json_i64(j, (int64_t)w->n);
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; !e && i < w->n; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &look_sql.of_person, SQL_ARGS(sql_i64(w->id[i])), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = tell_look(c, tx, r, true, f);
	}
	json_close(j, ']');
	/* Who holds somebody's number may ask as well as they: the next report says so. */
	for (size_t i = 0; !e && i < w->n; i++)
		e = look_note_one(c, tx, c->who->home, &told, w->id[i], f);
	call_receipt_json(c);
	json_close(j, '}');
	return e;
}

/* ---- the room ---- */

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/looks", mine, CAP_SELF, REACH_OWN, WHY_SELF, 0, AUDIT_NONE,
		"我查看过谁", "Whose names I was told") },
	{ ROUTE(HTTP_POST, "/api/v1/access-report", report, CAP_ACCESS_REPORT, REACH_ALL,
		WHY_OVERSIGHT, REPORT_BODY, AUDIT_ACT, "本人到场查询：谁看过我的信息",
		"For a person at the desk: who was told my name"),
	  .takes = report_keys, .before = report_before, .flags = ROUTE_SECRET },
};

enum err look_open(const struct look_options *o, struct look **ret, struct fault *f)
{
	struct look *l = mem_take(1, sizeof *l);
	size_t n = ARRAY_LEN(rows);

	(void)f;
	if (!l)
		return ERR_MEMORY;
	assert(n + break_glass_routes.n == LOOK_ROUTES);
	l->o = *o;
	memcpy(l->row, rows, sizeof rows);
	memcpy(l->row + n, break_glass_routes.v, break_glass_routes.n * sizeof *l->row);
	for (size_t i = 0; i < LOOK_ROUTES; i++)
		l->row[i].arg = l;
	*ret = l;
	return OK;
}

void look_close(struct look **l)
{
	mem_drop(*l);
	*l = NULL;
}

struct route_list look_routes(const struct look *l)
{
	return (struct route_list){ l->row, LOOK_ROUTES };
}
