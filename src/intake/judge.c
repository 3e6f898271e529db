/* judge.c - see judge.h. */
#include "intake/judge.h"

#include <stdio.h>
#include <string.h>

#include "grid/area.h"
#include "intake/body.h"
#include "intake/brought.h"
#include "intake/cell.h"
#include "intake/visit.h"
#include "record/row.h"

#include "base/ban.h"

enum { NAMES_MAX = 4096, WANTED_MAX = 4 };

/* A name of an area that was looked up; code 0: there is none, or it is not the only one. */
struct named {
	struct str name;
	struct area_code code;
};

struct judging {
	const struct judge_ask *ask;
	struct judged *j;
	struct mapping mapping;
	struct body body;
	struct fault *f;
	VEC(struct mapping_column) column;
	VEC(struct named) named;
	const struct field *wanted[WANTED_MAX];
	size_t n_wanted;
	struct when_memo memo;
	struct fault why; /* of the row that is read */
	int64_t line;
	size_t row_bytes;
};

/* ---- areas by name --------------------------------------------------------------------------- */

struct finding_area {
	const struct judging *g;
	struct str name;
	struct area_code code;
	struct arena *a;
};

/* Is one of the names, parted by |, this one, but for its case? */
static bool is_known_as(struct str all, struct str name)
{
	for (size_t from = 0; from <= all.n;) {
		const char *bar = memchr(all.p + from, '|', all.n - from);
		size_t to = bar ? (size_t)(bar - all.p) : all.n;

		if (str_eq((struct str){ all.p + from, to - from }, name))
			return true;
		from = to + 1;
	}
	return false;
}

static enum err area_act(struct tx *tx, void *arg, struct fault *f)
{
	struct finding_area *x = arg;
	struct area_list list;
	int32_t day = zone_day_of(x->g->ask->zone, x->g->ask->now);
	size_t found = 0;
	char small[128];
	struct str name = { small, min_size(x->name.n, sizeof small) };
	enum err e;

	for (size_t i = 0; i < name.n; i++)
		small[i] = (char)(x->name.p[i] >= 'A' && x->name.p[i] <= 'Z' ? x->name.p[i] + 32
									     : x->name.p[i]);
	x->code.v = 0;
	e = area_search(tx, name, x->g->ask->feed->record.area, day, 100, x->a, &list, f);
	for (size_t i = 0; !e && i < list.n; i++)
		if (is_known_as(list.v[i].known_as, name)) {
			x->code = list.v[i].code;
			found++;
		}
	if (found != 1)
		x->code.v = 0;
	return e;
}

static enum err area_by_name(struct judging *g, struct str s, struct area_code *ret)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	struct finding_area x = { .g = g, .name = s };
	struct named one;
	enum err e;

	for (size_t i = 0; i < g->named.n; i++)
		if (str_eq(g->named.v[i].name, s))
			return *ret = g->named.v[i].code, OK;
	if (!g->ask->db || g->named.n == NAMES_MAX)
		return ret->v = 0, OK;
	if ((e = arena_new(4 << 20, &a)))
		return e;
	x.a = a;
	if ((e = db_read(g->ask->db, area_act, &x, g->f)))
		return e;
	one = (struct named){ { arena_copy(g->j->a, s.p, s.n), s.n }, x.code };
	*ret = x.code;
	return one.name.p ? vec_push(&g->named, one) : ERR_MEMORY;
}

static enum err area_cell(struct judging *g, struct str s, struct record *head, struct fault *f)
{
	enum err e;

	s = value_trim(s);
	if (cell_nothing(s))
		return OK;
	if (area_parse(s, &head->area) == OK && head->area.v)
		return OK;
	if (s.n >= 100 || (e = area_by_name(g, s, &head->area)) == OK) {
		if (s.n < 100 && head->area.v)
			return OK;
		fault_set(f, ERR_RANGE,
			  "“区域”不是区划代码，也不是本来源区域内唯一的地名，请填代码",
			  "Area: this is no area code, nor the name of just one area below the "
			  "feed's: give the code");
		fault_at(f, "area", NULL);
		return ERR_RANGE;
	}
	return e;
}

/* ---- one row --------------------------------------------------------------------------------- */

static enum err lay_cell(struct judging *g, const struct mapping_column *c, struct str s,
			 const struct value_from *from, void *row, struct fault *f)
{
	const struct schema *k = &g->j->schema;
	const struct field *x;

	if (c->field == COLUMN_NONE)
		return OK;
	if (g->mapping.n_words)
		s = mapping_word(&g->mapping, c->heading, s);
	if (c->field == COLUMN_AREA)
		return k->noun ? area_cell(g, s, row_head(row), f) : OK;
	x = &k->field[c->field];
	if (x->type == FIELD_TIME &&
	    when_read_next(&g->memo, s, g->ask->zone, (struct utc_s *)((char *)row + x->at)))
		return OK;
	return cell_read(k->field, k->n_fields, x, s, from, row, f);
}

static void blank(const struct judging *g, void *row)
{
	const struct schema *k = &g->j->schema;
	struct visit_in *v = row;

	if (k->noun) {
		noun_blank(k->noun, row);
		row_head(row)->area = g->ask->feed->record.area;
		return;
	}
	memset(v, 0, sizeof *v);
	v->from.v = v->to.v = FIELD_NONE;
}

/* Text that is in the row under this name, if there is such a field. */
static struct str text_of(const struct schema *k, const void *row, const char *name)
{
	for (size_t i = 0; i < k->n_fields; i++)
		if (k->field[i].type == FIELD_TEXT && strcmp(k->field[i].name, name) == 0)
			return *(const struct str *)((const char *)row + k->field[i].at);
	return (struct str){ 0 };
}

static bool names_somebody(const struct schema *k, const void *row)
{
	for (size_t i = 0; i < k->n_fields; i++)
		if (!field_kept(&k->field[i]) && value_given(&k->field[i], row))
			return true;
	return false;
}

static bool says_anything(const struct schema *k, const void *row)
{
	for (size_t i = 0; i < k->n_fields; i++)
		if (!(k->field[i].flags & FIELD_SERVER) && value_given(&k->field[i], row))
			return true;
	return false;
}

/* A list that was sent to the wrong feed would come in as so many cases of nobody. */
static enum err says_nothing(struct fault *f)
{
	return fault_set(f, ERR_RANGE, "这一行没有任何可识别的内容：请检查列名，或在来源里对应各列",
			 "nothing in this row is known here: check the headings, or match the "
			 "columns in the feed");
}

/* What is asked of a row beyond its fields. */
static enum err whole(const struct judging *g, const void *row, struct fault *f)
{
	const struct schema *k = &g->j->schema;
	const struct record *head = row;

	if (k->noun) {
		enum err e = says_anything(k, row) ? row_whole(k->noun, row, f) : says_nothing(f);

		if (e || area_covers(g->ask->feed->record.area, head->area))
			return e;
		fault_set(f, ERR_RANGE, "“区域”不在这个来源的区域之内",
			  "Area: it lies outside the feed's own");
		fault_at(f, "area", NULL);
		return ERR_RANGE;
	}
	for (size_t i = 0; i < k->n_fields; i++)
		if ((k->field[i].flags & FIELD_REQUIRED) && !value_given(&k->field[i], row)) {
			fault_set(f, ERR_RANGE, "“%s”必须填写%.0s",
				  "%.0s%s is missing: it must be given", k->field[i].zh,
				  k->field[i].en);
			fault_at(f, k->field[i].name, NULL);
			return ERR_RANGE;
		}
	if (names_somebody(k, row))
		return OK;
	fault_set(f, ERR_RANGE, "没有说是谁：请给出人员编号、证件号码或电话",
		  "it is not said who it was: give the person's key, ID number or phone");
	fault_at(f, "person", NULL);
	return ERR_RANGE;
}

/* Fields that may be missing and are missed: ours, for the trend of a feed's health. */
static void wanted(struct judging *g)
{
	static const char *const names[FEED_BRINGS_N][WANTED_MAX] = {
		[FEED_NOTIFICATIONS] = { "sex", "age", "onset_on", "classification" },
		[FEED_SAMPLES] = { "result", "sampled_at", "resulted_at", NULL },
		[FEED_CONTACTS] = { "from_source_id", "met_on", NULL },
		[FEED_COUNTS] = { "confirmed_total", NULL },
		[FEED_VISITS] = { "to", NULL },
	};
	const struct schema *k = &g->j->schema;

	for (size_t i = 0; i < WANTED_MAX && names[k->brings][i]; i++)
		for (size_t x = 0; x < k->n_fields; x++)
			if (strcmp(k->field[x].name, names[k->brings][i]) == 0)
				g->wanted[g->n_wanted++] = &k->field[x];
}

static bool is_incomplete(const struct judging *g, const void *row)
{
	for (size_t i = 0; i < g->n_wanted; i++)
		if (!value_given(g->wanted[i], row))
			return true;
	return false;
}

static enum err digest(const struct judging *g, int64_t row, void *at, int64_t *ret)
{
	const struct schema *k = &g->j->schema;
	static const char *const ids[] = { "source_id", "number", "from_source_id",
					   "to_source_id" };
	bool says_whom = !k->people || names_somebody(k, at);
	enum err e = brought_digest(k->noun, at, g->ask->key, ret);

	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		says_whom |= text_of(k, at, ids[i]).n > 0;
	/* Two rows about nobody in particular may be equal and of two people: their place in the
	 * file tells them apart, and the same file again is the same. */
	if (!e && !says_whom)
		*ret = (int64_t)((uint64_t)*ret ^ (uint64_t)row * 0x2545F4914F6CDD1D) & INT64_MAX;
	if (!e && *ret == 0)
		*ret = 1;
	return e;
}

enum err judged_refuse(struct judged *j, int64_t row, const struct fault *why)
{
	struct judged_no no = { .row = row,
				.field = arena_copy(j->a, why->field, strlen(why->field)),
				.zh = arena_copy(j->a, why->zh, strlen(why->zh)),
				.en = arena_copy(j->a, why->en, strlen(why->en)) };

	return no.field && no.zh && no.en ? vec_push(&j->no, no) : ERR_MEMORY;
}

/* Theirs refuses a row, ours ends the push. */
static bool is_theirs(enum err e)
{
	return e == ERR_RANGE || e == ERR_SYNTAX;
}

static enum err settle(struct judging *g, enum err e, void *row, const struct fault *why)
{
	struct judged *j = g->j;
	struct judged_row ok = { .row = j->n_in, .at = row };

	if (!e)
		e = whole(g, row, (struct fault *)why);
	if (is_theirs(e)) {
		if ((e = judged_refuse(j, j->n_in, why)))
			return e;
		j->no.v[j->no.n - 1].line = g->line;
		return OK;
	}
	if (e) {
		*g->f = *why;
		return e;
	}
	if (j->schema.noun && (e = digest(g, j->n_in, row, &ok.digest)))
		return e;
	j->incomplete += is_incomplete(g, row);
	return vec_push(&j->ok, ok);
}

static enum err fill(struct judging *g, const struct csv_record *r, void *row, struct fault *why)
{
	const struct schema *k = &g->j->schema;
	struct value_from from = { .zone = g->ask->zone, .a = g->j->a, .loose = true };
	enum err e = OK;

	blank(g, row);
	for (size_t i = 0; i < g->mapping.n_always && !e; i++) {
		struct mapping_word *w = &g->mapping.always[i];
		struct mapping_column c = mapping_column(&g->mapping, w->text);

		if (c.field >= 0)
			e = value_from_text(&k->field[c.field], w->means, &from, row, why);
		else if (c.field == COLUMN_AREA && k->noun)
			e = area_cell(g, w->means, row_head(row), why);
	}
	for (size_t i = 0; i < r->n_fields && !e; i++)
		if (!g->column.v[i].place.n)
			e = lay_cell(g, &g->column.v[i], r->fields[i], &from, row, why);
	return e;
}

/* A wide table: one row for each of its columns that says something. */
static enum err unfold(struct judging *g, const struct csv_record *r, const void *row, enum err e,
		       const struct fault *why)
{
	const struct schema *k = &g->j->schema;
	struct value_from from = { .zone = g->ask->zone, .a = g->j->a, .loose = true };

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct mapping_column *c = &g->column.v[i];
		struct fault f = *why;
		void *own;
		enum err one = e;

		if (!c->place.n || cell_nothing(r->fields[i]))
			continue;
		if (!(own = arena_take(g->j->a, 1, g->row_bytes)))
			return ERR_MEMORY;
		memcpy(own, row, g->row_bytes);
		g->j->n_in++;
		for (size_t x = 0; x < k->n_fields && !one; x++)
			if (strcmp(k->field[x].name, "place") == 0)
				one = value_from_text(&k->field[x], c->place, &from, own, &f);
		if (!one)
			one = lay_cell(g, c, r->fields[i], &from, own, &f);
		if ((one = settle(g, one, own, &f)))
			return one;
	}
	return OK;
}

static enum err take(struct judging *g, const struct csv_record *r)
{
	struct fault *why = &g->why;
	void *row = arena_take(g->j->a, 1, g->row_bytes);
	enum err e;

	if (!row)
		return ERR_MEMORY;
	g->line = (int64_t)r->line;
	why->code = OK;
	why->zh[0] = why->en[0] = why->field[0] = why->where[0] = '\0';
	if (r->refusal_en) {
		g->j->n_in++;
		e = fault_set(why, ERR_SYNTAX, "%s%.0s", "%.0s%s", r->refusal_zh, r->refusal_en);
		return settle(g, e, row, why);
	}
	e = fill(g, r, row, why);
	if (g->mapping.wide)
		return unfold(g, r, row, e, why);
	g->j->n_in++;
	return settle(g, e, row, why);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Headings that came since the last row: of NDJSON each line may bring some. */
static enum err learn(struct judging *g)
{
	size_t n;
	const struct str *h = body_headings(&g->body, &n);

	for (size_t i = g->column.n; i < n; i++) {
		struct mapping_column c = mapping_column(&g->mapping, h[i]);
		enum err e;

		c.heading = (struct str){ arena_copy(g->j->a, h[i].p, h[i].n), h[i].n };
		for (size_t k = 0; k < i; k++)
			if (c.field != COLUMN_NONE && !c.place.n &&
			    g->column.v[k].field == c.field && !g->column.v[k].place.n) {
				fault_at(g->f, "matching", NULL);
				return fault_set(
					g->f, ERR_RANGE,
					"第 %zu 列和第 %zu 列对应同一个字段，请在列对照里去掉一列",
					"columns %zu and %zu are one and the same field: leave one "
					"out in the feed's columns",
					k + 1, i + 1);
			}
		if (!c.heading.p)
			return ERR_MEMORY;
		if ((e = vec_push(&g->column, c)))
			return e;
	}
	return OK;
}

enum { EXPECTED_BYTES = 160 };

/*
 * A first row of which nothing is a column's name is somebody's: it is not told back as what the
 * columns are called, nor are its cells part of the sentence.
 */
static enum err has_headings(const struct judging *g)
{
	char list[EXPECTED_BYTES];
	size_t n = 0;
	bool more = false;

	for (size_t i = 0; i < g->column.n; i++)
		if (g->column.v[i].field != COLUMN_NONE)
			return OK;
	if (!g->column.n)
		return OK;
	for (size_t i = 0; i < g->j->schema.n_fields; i++) {
		const struct field *x = &g->j->schema.field[i];
		size_t bytes = strlen(x->name) + 2;

		if (x->flags & FIELD_SERVER)
			continue;
		if ((more = n + bytes >= sizeof list))
			break;
		n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", x->name);
	}
	return fault_set(
		g->f, ERR_RANGE,
		"第一行须是列名，但没有一个可识别：应有 %.*s%s；列名不同的，请先在来源里对应各列",
		"the first row must be the headings, and none is known: wanted are %.*s%s; "
		"if yours differ, match the columns in the feed",
		(int)n, list, more ? " …" : "");
}

static enum err rows(struct judging *g)
{
	struct csv_record r;
	bool more = true;
	enum err e;

	while (!(e = body_next(&g->body, &r, &more, g->f)) && more) {
		if (g->j->n_in >= JUDGE_ROWS_MAX)
			return fault_set(g->f, ERR_FULL, "一批最多 %d 行，请分成几批",
					 "a batch has at most %d rows: send several",
					 JUDGE_ROWS_MAX);
		if ((e = learn(g)) || (e = take(g, &r)))
			return e;
	}
	return e;
}

static enum err count(const struct judging *g)
{
	const struct judged *j = g->j;

	assert((size_t)j->n_in == j->ok.n + j->no.n);
	if (j->n_in == 0 && !g->ask->none)
		return fault_set(g->f, ERR_RANGE, "没有数据行", "there are no rows");
	if (g->ask->rows != FIELD_NONE && g->ask->rows != j->n_in) {
		fault_at(g->f, "rows", NULL);
		return fault_set(
			g->f, ERR_RANGE, "说有 %lld 行%.0s，收到 %lld 行：文件可能不完整，请重发",
			"of %lld row%s said, %lld came: the file may be cut, send it again",
			(long long)g->ask->rows, g->ask->rows == 1 ? "" : "s", (long long)j->n_in);
	}
	return OK;
}

static void judging_end(struct judging *g)
{
	body_end(&g->body);
	vec_drop(&g->column);
	vec_drop(&g->named);
}

static enum err columns(struct judging *g)
{
	struct judged *j = g->j;
	struct str *h = arena_take(j->a, g->column.n + 1, sizeof *h);
	struct mapping_column *c = arena_take(j->a, g->column.n + 1, sizeof *c);

	if (!h || !c)
		return ERR_MEMORY;
	for (size_t i = 0; i < g->column.n; i++) {
		h[i] = g->column.v[i].heading;
		c[i] = g->column.v[i];
	}
	j->heading = h;
	j->column = c;
	j->n_columns = g->column.n;
	return OK;
}

enum err judge_read(const struct judge_ask *ask, struct judged *ret, struct fault *f)
{
	CLEANUP(judging_end) struct judging g = { .ask = ask, .j = ret, .f = f };
	enum err e;

	*ret = (struct judged){ .schema = schema_of(ask->feed->brings) };
	if (!ret->schema.n_fields)
		return ERR_BUG;
	wanted(&g);
	g.row_bytes = ret->schema.noun ? ret->schema.noun->bytes : sizeof(struct visit_in);
	if ((e = arena_new(JUDGE_BYTES_MAX, &ret->a)) ||
	    (e = mapping_read(ret->schema, ask->feed->matching, ret->a, &g.mapping, f)) ||
	    (e = body_open(&g.body, ask->body, f)) || (e = learn(&g)) || (e = has_headings(&g)) ||
	    (e = rows(&g)) || (e = count(&g)) || (e = columns(&g)))
		judged_end(ret);
	return e;
}

void judged_end(struct judged *j)
{
	if (j->a)
		arena_wipe(j->a); /* names and numbers lie in it, of refused rows as well */
	arena_end(&j->a);
	vec_drop(&j->ok);
	vec_drop(&j->no);
	*j = (struct judged){ 0 };
}
