/* row.c - see row.h. */
#include "record/row.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ban.h"

struct record *row_head(void *row)
{
	return row; /* NOUN_OF has checked that it comes first */
}

const struct record *row_head_const(const void *row)
{
	return row;
}

void row_id_text(struct record_id id, char ret[24])
{
	snprintf(ret, 24, "%" PRId64, id.v);
}

/* ---- in ------------------------------------------------------------------------------------- */

static enum err area_from_json(const struct json_node *n, enum row_reading reading,
			       struct record *head, struct fault *f)
{
	struct area_code area;
	enum err e;

	if (n->is != JSON_IS_TEXT || area_parse(n->text, &area) || area.v == 0)
		e = fault_set(f, ERR_RANGE, "“区域”不是区划代码，请填 2、4、6、9、12 或 15 位数字",
			      "Area: this is no area code: give 2, 4, 6, 9, 12 or 15 digits");
	else if (reading == ROW_EDIT && area_county(area).v != area_county(head->area).v)
		e = fault_set(f, ERR_RANGE, "“区域”不能改到另一个县区，请在那里新建，并停用这一条",
			      "Area: a row does not move to another county: make a new one there, "
			      "and end this one");
	else
		return head->area = area, OK;
	fault_at(f, "area", NULL);
	return e;
}

/* A copy of one value beside the row: a fixed field may be said again, but not changed. */
static enum err fixed_from_json(const struct noun *n, const struct field *x,
				const struct json_node *node, const struct value_from *from,
				const void *row, struct fault *f)
{
	void *said = arena_take(from->a, 1, n->bytes);
	enum err e;

	if (!said)
		return ERR_MEMORY;
	if ((e = value_from_json(x, node, from, said, f)))
		return e;
	if (value_same(x, said, row))
		return OK;
	e = fault_set(f, ERR_RANGE, "“%s”登记后不能修改%.0s", "%.0s%s cannot be changed any more",
		      x->zh, x->en);
	fault_at(f, x->name, NULL);
	return e;
}

static enum err key_from_json(const struct noun *n, const struct json_node *node,
			      enum row_reading reading, unsigned sight,
			      const struct value_from *from, void *row, struct fault *f)
{
	const struct field *x = noun_field(n, node->key);
	char name[FAULT_PLACE_BYTES];
	enum err e;

	if (str_eq(node->key, STR("area")))
		return area_from_json(node, reading, row_head(row), f);
	if (x && (x->flags & FIELD_SERVER)) {
		e = fault_set(f, ERR_RANGE, "“%s”由系统填写，请去掉%.0s",
			      "%.0s%s is set by the system: leave it out", x->zh, x->en);
	} else if (x && !row_sees(sight, x)) {
		e = fault_set(f, ERR_RANGE, "您无权填写“%s”，请去掉%.0s",
			      "%.0s%s is not yours to set: leave it out", x->zh, x->en);
	} else if (x && reading == ROW_EDIT && (x->flags & FIELD_FIXED) && value_given(x, row)) {
		return fixed_from_json(n, x, node, from, row, f);
	} else if (x) {
		return value_from_json(x, node, from, row, f);
	} else {
		e = fault_set(f, ERR_SYNTAX, "%s没有这个字段，请去掉%.0s",
			      "%.0s%s has no such field: leave it out", n->zh, n->en);
	}
	snprintf(name, sizeof name, "%.*s", (int)min_size(node->key.n, sizeof name), node->key.p);
	fault_at(f, name, NULL);
	return e;
}

enum err row_from_json(const struct noun *n, const struct json_node *map, enum row_reading reading,
		       unsigned sight, const struct value_from *from, void *row, struct fault *f)
{
	enum err e;

	if (map->is != JSON_IS_MAP)
		return fault_set(f, ERR_SYNTAX, "请求内容应为一个 JSON 对象",
				 "the body must be one JSON object");
	for (size_t i = 0; i < map->n; i++)
		if ((e = key_from_json(n, &map->items[i], reading, sight, from, row, f)))
			return e;
	return OK;
}

enum err row_whole(const struct noun *n, const void *row, struct fault *f)
{
	const char *zh = "区域", *en = "Area", *name = "area";
	enum err e;

	if (row_head_const(row)->area.v > 0)
		name = NULL;
	for (size_t i = 0; i < n->n_fields && !name; i++) {
		const struct field *x = &n->field[i];

		if ((x->flags & FIELD_REQUIRED) && !value_given(x, row)) {
			zh = x->zh;
			en = x->en;
			name = x->name;
		}
	}
	if (!name)
		return OK;
	e = fault_set(f, ERR_RANGE, "“%s”必须填写%.0s", "%.0s%s is missing: it must be given", zh,
		      en);
	fault_at(f, name, NULL);
	return e;
}

/* ---- out ------------------------------------------------------------------------------------ */

static void put_id(struct json *j, const char *key, struct record_id id)
{
	char text[24];

	json_key(j, key);
	row_id_text(id, text);
	if (id.v)
		json_str(j, str_of(text));
	else
		json_nil(j);
}

static void put_time(struct json *j, const char *key, struct utc_s t, const struct zone *zone)
{
	char text[48];
	struct buf b = { .p = text, .cap = sizeof text };

	json_key(j, key);
	when_iso(&b, t, zone);
	assert(b.p == text);
	json_str(j, buf_view(&b));
}

static void put_head(const struct noun *n, const struct record *r, const struct zone *zone,
		     struct json *j)
{
	char area[AREA_TEXT_BYTES];

	put_id(j, "id", r->id);
	json_key(j, "area");
	area_text(r->area, area);
	json_str(j, str_of(area));
	json_key(j, "version");
	json_i64(j, r->version);
	json_key(j, "state");
	json_str(j, str_of(n->state[r->state].word));
	put_time(j, "created_at", r->created_at, zone);
	put_time(j, "updated_at", r->updated_at, zone);
	put_id(j, "created_by", r->created_by);
}

void row_to_json(const struct noun *n, const void *row, unsigned sight, const struct zone *zone,
		 struct json *j)
{
	json_open(j, '{');
	put_head(n, row_head_const(row), zone, j);
	for (size_t i = 0; i < n->n_fields; i++)
		if (row_sees(sight, &n->field[i])) {
			json_key(j, n->field[i].name);
			value_to_json(&n->field[i], row, zone, j);
		}
}

void row_canonical(const struct noun *n, const void *row, struct buf *b)
{
	const struct record *r = row_head_const(row);
	struct json j;

	json_begin(&j, b);
	json_open(&j, '[');
	json_str(&j, str_of(n->name));
	json_i64(&j, r->id.v);
	json_i64(&j, r->area.v);
	json_i64(&j, r->version);
	json_str(&j, str_of(n->state[r->state].word));
	json_i64(&j, r->created_at.v);
	json_i64(&j, r->updated_at.v);
	json_i64(&j, r->created_by.v);
	for (size_t i = 0; i < n->n_fields; i++) {
		const struct field *x = &n->field[i];

		if (!field_kept(x) || !value_given(x, row) ||
		    (x->type == FIELD_BOOL && !*(const bool *)((const char *)row + x->at)))
			continue;
		json_str(&j, str_of(x->name));
		if (x->type == FIELD_TIME)
			json_i64(&j, ((const struct utc_s *)((const char *)row + x->at))->v);
		else
			value_to_json(x, row, NULL, &j);
	}
	json_close(&j, ']');
}
