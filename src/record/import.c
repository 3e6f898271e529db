/* import.c - see import.h. */
#include "record/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"
#include "base/csv.h"
#include "base/digest.h"
#include "base/json_read.h"
#include "record/export.h"
#include "record/match.h"
#include "record/record.sql.h"

enum { ROW_BYTES_MAX = 4 << 20, SEEN_FIRST = 1024 };

/* ---- columns -------------------------------------------------------------------------------- */

struct said {
	struct match_said *v;
	size_t n, n_kept; /* the first n_kept were remembered, the others are the caller's */
};

/* What was remembered for this county, then what the caller says: the last word counts. */
static enum err read_said(struct import *m, struct said *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct str mapping = m->ask->mapping;
	const struct json_node *map = NULL;
	size_t max = IMPORT_COLUMNS_MAX;
	bool more = false;
	enum err e;

	if (mapping.n && (e = json_read(mapping, &json_limits_request, m->ask->a, &map, m->f)))
		return fault_at(m->f, "mapping", NULL), e;
	if (map && map->is == JSON_IS_MAP)
		max += map->n;
	if (!(ret->v = arena_take(m->ask->a, max, sizeof *ret->v)))
		return ERR_MEMORY;
	e = tx_rows(m->tx, &record_sql.mapping_list,
		    SQL_ARGS(sql_i64(area_county(m->ask->who->home).v),
			     sql_text(str_of(m->k->noun->name))),
		    &r, m->f);
	while (!e && ret->n < IMPORT_COLUMNS_MAX && !(e = rows_next(r, &more, m->f)) && more) {
		struct str h = rows_text(r, 0), x = rows_text(r, 1);
		char *heading = arena_copy(m->ask->a, h.p, h.n),
		     *field = arena_copy(m->ask->a, x.p, x.n);

		if (!heading || !field)
			return ERR_MEMORY;
		ret->v[ret->n++] = (struct match_said){ { heading, h.n }, { field, x.n } };
	}
	ret->n_kept = ret->n;
	for (size_t i = 0; !e && map && map->is == JSON_IS_MAP && i < map->n; i++)
		ret->v[ret->n++] = (struct match_said){ map->items[i].key, map->items[i].text };
	return e;
}

static enum err keep_said(struct import *m, const struct said *said)
{
	enum err e = OK;

	for (size_t i = said->n_kept; i < said->n && !e && m->mode == IMPORT_KEEP; i++)
		e = tx_run(m->tx, &record_sql.mapping_keep,
			   SQL_ARGS(sql_i64(area_county(m->ask->who->home).v),
				    sql_text(str_of(m->k->noun->name)),
				    sql_text(said->v[i].heading), sql_text(said->v[i].field)),
			   NULL, m->f);
	return e;
}

/* A damaged file is the sender's: not ours, as a damaged file of the program would be. */
static enum err of_file(enum err e, struct fault *f)
{
	if (e != ERR_CORRUPT && e != ERR_ABSENT && e != ERR_USAGE)
		return e;
	if (f)
		f->code = ERR_SYNTAX;
	return ERR_SYNTAX;
}

static enum err open_columns(struct import *m)
{
	const struct table_options any = { .name = m->ask->name };
	struct said said = { 0 };
	enum err e;

	if ((e = table_open_bytes(m->ask->file, &any, &m->table, m->f)))
		return of_file(e, m->f);
	m->heading = table_header(m->table, &m->n_columns);
	if (m->n_columns > IMPORT_COLUMNS_MAX)
		return fault_set(m->f, ERR_FULL, "表有 %zu 列，最多 %d 列，请删去多余的列",
				 "the table has %zu columns, at most %d are taken: drop some",
				 m->n_columns, IMPORT_COLUMNS_MAX);
	if ((e = read_said(m, &said)) ||
	    (e = match_columns(m->k->noun, sight_of(m->ask->who), m->heading, m->n_columns, said.v,
			       said.n, m->column, m->f)))
		return e;
	return keep_said(m, &said);
}

static enum err open_area(struct import *m)
{
	struct str s = m->ask->area;

	if (s.n == 0)
		return OK;
	if (area_parse(s, &m->area) == OK)
		return scope_covers(&m->ask->who->scope, m->area)
			       ? OK
			       : fault_set(m->f, ERR_FORBIDDEN, "不在您的区域内",
					   "it is not in your areas");
	fault_set(m->f, ERR_RANGE, "不是区划代码，请填 2 到 15 位数字",
		  "this is no area code: give 2 to 15 digits");
	fault_at(m->f, "area", NULL);
	return ERR_RANGE;
}

enum err import_begin(struct import *m, const struct record_kind *k, struct tx *tx,
		      enum import_mode mode, const struct import_ask *ask, struct fault *f)
{
	enum err e;

	*m = (struct import){ .ask = ask, .tx = tx, .k = k, .mode = mode, .f = f };
	m->batch = (struct batch){ .tx = tx, .k = k };
	m->step = noun_beginning(k->noun);
	if (k->noun->gate)
		return fault_set(f, ERR_ROLE, "%s由数据来源推送，不在这里导入%.0s",
				 "%.0s%s comes in by feeds, and not here", k->noun->zh,
				 k->noun->en);
	if (!sight_may_step(ask->who, k->noun, m->step))
		return fault_set(f, ERR_ROLE, "您的角色不能这样做", "your role may not do this");
	if ((e = open_area(m)) || (e = arena_new(ROW_BYTES_MAX, &m->a)) ||
	    (e = naming_begin(&m->naming, k->book, ask->who, tx, ask->now)) ||
	    (e = crypt_hasher_new(CRYPT_WORLD, &m->hasher)))
		return e;
	if (!(m->row = arena_take(ask->a, 1, k->noun->bytes)))
		return ERR_MEMORY;
	if (mode == IMPORT_KEEP) {
		m->tick = record_ids_take(k->book, IMPORT_ROWS_MAX);
		m->naming.first = record_id_at(k->book, m->tick);
		m->naming.end = record_id_at(k->book, m->tick + IMPORT_ROWS_MAX);
	}
	if ((e = open_columns(m)) || !ask->give_back)
		return e;
	buf_lit(&m->file, EXPORT_MARK);
	for (size_t i = 0; i < m->n_columns; i++)
		export_field(&m->file, m->heading[i], i == 0);
	buf_lit(&m->file, ",原因 / reason\r\n");
	return m->file.failed;
}

void import_end(struct import *m)
{
	table_end(&m->table);
	naming_end(&m->naming);
	arena_end(&m->a);
	crypt_hasher_end(&m->hasher);
	buf_release(&m->text);
	buf_release(&m->file);
	vec_drop(&m->told);
	batch_release(&m->batch);
	vec_drop(&m->county);
	vec_drop(&m->seen);
}

/* ---- one row: may it be? -------------------------------------------------------------------- */

/* Everything that a single new row is asked, in the order of handler_create. */
static enum err judge(struct import *m, const struct csv_record *r, struct fault *f)
{
	const struct noun *n = m->k->noun;
	struct value_from from = { .zone = m->k->book->zone, .a = m->a, .loose = true };
	struct record *head = row_head(m->row);
	const struct who *who = m->ask->who;
	enum err e;

	if (r->refusal_en)
		return fault_set(f, ERR_SYNTAX, "%s%.0s", "%.0s%s", r->refusal_zh, r->refusal_en);
	noun_blank(n, m->row);
	head->area = m->area;
	if ((e = match_cells(n, m->column, r, &from, &m->naming, m->row, f)) ||
	    (e = row_whole(n, m->row, f)))
		return e;
	if (!scope_covers(&who->scope, head->area)) {
		fault_set(f, ERR_RANGE, "“区域”不在您的区域之内", "Area: it is none of your areas");
		fault_at(f, "area", NULL);
		return ERR_RANGE;
	}
	head->version = 1;
	head->state = m->step->to;
	head->created_at = head->updated_at = m->ask->now;
	head->created_by.v = who->account;
	if (m->step->guard && !m->step->guard(m->row, who, m->ask->now))
		return fault_set(f, ERR_CONFLICT, "%s%.0s", "%.0s%s", m->step->why_zh,
				 m->step->why_en);
	return n->check ? n->check(m->tx, NULL, m->row, f) : OK;
}

/* ---- one row: was it there before? ---------------------------------------------------------- */

static uint64_t key_digest(const struct import *m)
{
	const struct statements *s = m->k->sql;
	int64_t area = row_head(m->row)->area.v;
	uint64_t d = digest_of(&area, sizeof area);

	for (size_t i = 0; i < s->n_keys; i++) {
		struct sql_value v = value_to_sql(s->key[i], m->row);

		d = v.type == SQL_TEXT ? digest_seeded(v.s.p, v.s.n, d)
				       : digest_seeded(&v.i, sizeof v.i, d);
	}
	return d ? d : 1;
}

static enum err seen_grow(struct import *m)
{
	size_t cap = m->seen.cap ? 2 * m->seen.cap : SEEN_FIRST;
	uint64_t *v = mem_take(cap, sizeof *v);

	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < m->seen.cap; i++) {
		size_t at = (size_t)(m->seen.v[i] & (cap - 1));

		if (!m->seen.v[i])
			continue;
		while (v[at])
			at = (at + 1) & (cap - 1);
		v[at] = m->seen.v[i];
	}
	mem_drop(m->seen.v);
	m->seen.v = v;
	m->seen.cap = cap;
	return OK;
}

/* Was a row with this key in the file before? If not, it is from now on. */
static enum err in_file(struct import *m, bool *ret)
{
	uint64_t d = key_digest(m);
	enum err e = OK;
	size_t at;

	if (2 * m->n_seen >= m->seen.cap && (e = seen_grow(m)))
		return e;
	for (at = (size_t)(d & (m->seen.cap - 1)); m->seen.v[at]; at = (at + 1) & (m->seen.cap - 1))
		if (m->seen.v[at] == d)
			return *ret = true, OK;
	m->seen.v[at] = d;
	m->n_seen++;
	*ret = false;
	return OK;
}

static enum err in_store(struct import *m, bool *ret)
{
	const struct statements *s = m->k->sql;
	struct sql_value v[2 + NOUN_FIELDS_MAX];
	CLEANUP(rows_end) struct rows *r = NULL;
	struct area_code area = row_head(m->row)->area;
	enum err e;

	v[0] = sql_i64(area_county(area).v);
	v[1] = sql_i64(area.v);
	for (size_t i = 0; i < s->n_keys; i++)
		v[2 + i] = value_to_sql(s->key[i], m->row);
	e = tx_row(m->tx, s->twin, (struct sql_args){ v, 2 + s->n_keys }, &r, m->f);
	*ret = e == OK;
	return e == ERR_ABSENT ? OK : e;
}

static enum err is_twin(struct import *m, bool *ret)
{
	enum err e;

	*ret = false;
	if (m->k->sql->n_keys == 0)
		return OK;
	if ((e = in_file(m, ret)) || *ret)
		return e;
	return in_store(m, ret);
}

/* ---- one row: what becomes of it ------------------------------------------------------------ */

static struct import_county *county_of(struct import *m, struct area_code county)
{
	struct import_county fresh = { .county = county };

	for (size_t i = m->county.n; i > 0; i--) /* mostly that of the row before */
		if (m->county.v[i - 1].county.v == county.v)
			return &m->county.v[i - 1];
	merkle_begin(&fresh.merkle, m->hasher);
	return vec_push(&m->county, fresh) ? NULL : &m->county.v[m->county.n - 1];
}

static enum err count(struct import *m)
{
	struct record *head = row_head(m->row);
	struct import_county *c = county_of(m, area_county(head->area));

	if (!c)
		return ERR_MEMORY;
	if (m->mode == IMPORT_KEEP)
		head->id = record_id_at(m->k->book, m->tick++);
	c->last = head->id;
	if (c->n++ == 0)
		c->first = head->id;
	m->account.accepted++;
	return OK;
}

static enum err keep(struct import *m)
{
	struct merkle_node leaf;
	struct crypt_hash hash;
	enum err e;

	if ((e = act_insert_bare(m->tx, m->k, m->row, m->f)) ||
	    (e = batch_add(&m->batch, m->row, m->f)) ||
	    (e = act_follow(NULL, m->tx, m->k, NULL, m->row, m->f)))
		return e;
	buf_clear(&m->text);
	row_canonical(m->k->noun, m->row, &m->text);
	if (m->text.failed)
		return m->text.failed;
	crypt_hasher_add(m->hasher, m->text.p, m->text.n);
	crypt_hasher_take(m->hasher, &hash);
	import_leaf(m->hasher, &hash, &leaf);
	merkle_add(&county_of(m, area_county(row_head(m->row)->area))->merkle, &leaf);
	return OK;
}

static enum err tell_refused(struct import *m, const struct csv_record *r, const struct fault *why)
{
	struct import_refused one = { r->line, *why };

	if (m->told.n < IMPORT_REFUSED_TOLD && vec_push(&m->told, one))
		return ERR_MEMORY;
	if (!m->ask->give_back)
		return OK;
	for (size_t i = 0; i < m->n_columns; i++)
		export_field(&m->file, i < r->n_fields ? r->fields[i] : STR(""), i == 0);
	buf_clear(&m->text);
	buf_fmt(&m->text, "%s / %s", why->zh, why->en);
	csv_field(&m->file, buf_view(&m->text), false);
	buf_lit(&m->file, "\r\n");
	return m->text.failed ? m->text.failed : m->file.failed;
}

/* Theirs refuses a row, ours ends the import. */
static bool is_theirs(enum err e)
{
	return e == ERR_RANGE || e == ERR_SYNTAX || e == ERR_CONFLICT || e == ERR_EXISTS;
}

static enum err take_row(struct import *m, const struct csv_record *r)
{
	struct fault why = { 0 };
	bool twin;
	enum err e;

	m->account.in++;
	arena_clear(m->a);
	e = judge(m, r, &why);
	if (is_theirs(e)) {
		m->account.refused++;
		return tell_refused(m, r, &why);
	}
	if (e) {
		*m->f = why;
		return e;
	}
	if ((e = is_twin(m, &twin)))
		return e;
	if (twin) {
		m->account.duplicate++;
		return OK;
	}
	if ((e = count(m)))
		return e;
	return m->mode == IMPORT_KEEP ? keep(m) : OK;
}

enum err import_rows(struct import *m)
{
	struct csv_record r;
	bool more = true;
	enum err e;

	while (!(e = table_next(m->table, &r, &more, m->f)) && more) {
		if (m->account.in == IMPORT_ROWS_MAX)
			return fault_set(m->f, ERR_FULL, "文件超过 %d 行，请分成几个",
					 "the file has more than %d rows: split it",
					 IMPORT_ROWS_MAX);
		if ((e = take_row(m, &r)))
			return e;
	}
	if (e)
		return of_file(e, m->f);
	assert(m->account.in == m->account.accepted + m->account.refused + m->account.duplicate);
	if (m->account.in == 0)
		return fault_set(m->f, ERR_RANGE, "文件只有表头，没有数据行",
				 "the file has a header and no rows");
	return batch_flush(&m->batch, m->f);
}

/* ---- the entries ---------------------------------------------------------------------------- */

enum { ID_HALF = 1000000000 };

size_t import_entries(const struct import *m)
{
	return m->county.n ? m->county.n : 1;
}

/* Ids are told in two halves: whole, they have as many digits as an ID number. */
void import_say_span(uint64_t n, struct record_id first, struct record_id last, char *ret,
		     size_t room)
{
	snprintf(ret, room,
		 " rows=%" PRIu64 " first=%" PRId64 ".%09" PRId64 " last=%" PRId64 ".%09" PRId64, n,
		 first.v / ID_HALF, first.v % ID_HALF, last.v / ID_HALF, last.v % ID_HALF);
}

void import_entry(struct import *m, size_t i, struct ledger_entry *ret)
{
	const struct import_county *c = m->county.n ? &m->county.v[i] : NULL;
	struct merkle_node root;
	int n;

	*ret = (struct ledger_entry){ .county = c ? c->county : area_county(m->ask->who->home),
				      .object = str_of(m->k->noun->name),
				      .action = STR("import") };
	n = snprintf(m->detail, sizeof m->detail,
		     "in=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64 " duplicate=%" PRIu64,
		     m->account.in, m->account.accepted, m->account.refused, m->account.duplicate);
	if (c) {
		merkle_root(&c->merkle, &root);
		ret->after.v[0] = CRYPT_WORLD;
		memcpy(ret->after.v + 1, root.v, sizeof root.v);
		import_say_span(c->n, c->first, c->last, m->detail + n,
				sizeof m->detail - (size_t)n);
	}
	ret->detail = str_of(m->detail);
}

/* What stands behind " word=" until the next blank. */
static bool part_of(struct str detail, const char *word, struct str *ret)
{
	const char *at = memmem(detail.p, detail.n, word, strlen(word)), *end;

	if (!at)
		return false;
	at += strlen(word);
	end = memchr(at, ' ', (size_t)(detail.p + detail.n - at));
	*ret = (struct str){ at, (size_t)((end ? end : detail.p + detail.n) - at) };
	return true;
}

static bool id_of(struct str s, struct record_id *ret)
{
	const char *dot = memchr(s.p, '.', s.n);
	int64_t high, low;
	size_t n;

	if (!dot)
		return false;
	n = (size_t)(dot - s.p);
	if (str_i64((struct str){ s.p, n }, &high) ||
	    str_i64((struct str){ dot + 1, s.n - n - 1 }, &low) || high < 0 || low < 0 ||
	    low >= ID_HALF || high >= INT64_MAX / ID_HALF)
		return false;
	ret->v = high * ID_HALF + low;
	return true;
}

bool import_span(const struct ledger_entry *en, uint64_t *ret_n, struct record_id *ret_first,
		 struct record_id *ret_last)
{
	struct str n, first, last;
	int64_t rows;

	if ((!str_eq(en->action, STR("import")) && !str_eq(en->action, STR("raise"))) ||
	    !en->after.v[0] || !part_of(en->detail, " rows=", &n) ||
	    !part_of(en->detail, " first=", &first) || !part_of(en->detail, " last=", &last) ||
	    str_i64(n, &rows) || rows < 1)
		return false;
	*ret_n = (uint64_t)rows;
	return id_of(first, ret_first) && id_of(last, ret_last);
}

void import_leaf(struct crypt_hasher *h, const struct crypt_hash *row, struct merkle_node *ret)
{
	static const uint8_t leaf_word = 0;
	struct crypt_hash hash;

	crypt_hasher_add(h, &leaf_word, 1);
	crypt_hasher_add(h, row->v, sizeof row->v);
	crypt_hasher_take(h, &hash);
	memcpy(ret->v, hash.v + 1, sizeof ret->v);
}
