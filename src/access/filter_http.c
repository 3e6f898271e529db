/*
 * filter_http.c - filters of lists that somebody keeps under names of their own.
 *
 * A filter is what stands behind the question mark of the list's address, so it can be sent to
 * somebody else as a link. What must not stand in an address, the console does not send.
 */
#include <string.h>

#include "access/dispatch.h"
#include "access/filter.sql.h"
#include "access/inside.h"
#include "base/json_read.h"

#include "base/ban.h"

enum {
	BODY_MAX = 64 * 1024,
	FILTERS_MAX = 30,
	NOUNS_MAX = 50,
	NOUN_BYTES_MAX = 40,
	NAME_CHARS_MAX = 40,
	NAME_BYTES_MAX = 4 * NAME_CHARS_MAX,
	QUERY_BYTES_MAX = 1000
};

static int64_t home_of(const struct call *c)
{
	return area_county(c->who->home).v;
}

/* Each noun's filters, as they were kept. */
static enum err mine(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more = false;
	enum err e = tx_rows(tx, &filter_sql.mine,
			     SQL_ARGS(sql_i64(home_of(c)), sql_i64(c->who->account)), &r, f);

	if (e)
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		json_open(j, '{');
		json_key(j, "noun");
		json_str(j, rows_text(r, 0));
		json_key(j, "filters");
		json_raw(j, rows_text(r, 1));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
	return e;
}

/* Words of the path of a noun: small letters and _. */
static bool is_noun(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '_')
			return false;
	return s.n > 0;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && str_characters(s) <= NAME_CHARS_MAX;
}

/* As it stands in an address: percent signs and letters, no blanks. */
static bool is_query(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '#')
			return false;
	return s.n > 0;
}

static enum err read_one(const struct json_node *n, struct str *ret_name, struct json *j,
			 struct fault *f)
{
	static const char *const keys[] = { "name", "query", NULL };
	struct str query = STR("");
	enum err e;

	*ret_name = query;
	if ((e = json_only(n, keys, f)) ||
	    (e = json_get_text(n, "name", NAME_BYTES_MAX, ret_name, f)) ||
	    (e = json_get_text(n, "query", QUERY_BYTES_MAX, &query, f)))
		return e;
	if (!is_name(*ret_name)) {
		fault_at(f, "name", NULL);
		return fault_set(f, ERR_RANGE, "名称应有 1 到 %d 个字",
				 "a name has 1 to %d characters", NAME_CHARS_MAX);
	}
	if (!is_query(query)) {
		fault_at(f, "query", NULL);
		return fault_set(f, ERR_RANGE, "条件应写成网址问号之后的样子",
				 "a filter is written as behind the question mark of an address");
	}
	json_open(j, '{');
	json_key(j, "name");
	json_str(j, *ret_name);
	json_key(j, "query");
	json_str(j, query);
	json_close(j, '}');
	return OK;
}

/* The list once more, in our own writing. */
static enum err read_filters(const struct json_node *list, struct buf *out, struct fault *f)
{
	struct str name[FILTERS_MAX];
	struct json j;
	enum err e = OK;

	if (!list || list->is != JSON_IS_LIST || list->n > FILTERS_MAX) {
		fault_at(f, "filters", NULL);
		return fault_set(f, ERR_RANGE, "filters 应为列表，最多 %d 条",
				 "filters is a list of %d at most", FILTERS_MAX);
	}
	json_begin(&j, out);
	json_open(&j, '[');
	for (size_t i = 0; !e && i < list->n; i++) {
		e = read_one(&list->items[i], &name[i], &j, f);
		for (size_t k = 0; !e && k < i; k++)
			if (str_eq(name[i], name[k])) {
				fault_at(f, "name", NULL);
				e = fault_set(f, ERR_EXISTS, "已有同名的筛选，请换一个名称",
					      "there is a filter of this name; take another");
			}
	}
	json_close(&j, ']');
	return e ? e : out->failed;
}

/* Nobody needs more nouns than there are. */
static enum err room_for(struct call *c, struct tx *tx, struct str noun, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	bool more = false, there = false;
	size_t n = 0;
	enum err e = tx_rows(tx, &filter_sql.mine,
			     SQL_ARGS(sql_i64(home_of(c)), sql_i64(c->who->account)), &r, f);

	while (!e && !(e = rows_next(r, &more, f)) && more) {
		there = there || str_eq(rows_text(r, 0), noun);
		n++;
	}
	if (e || there || n < NOUNS_MAX)
		return e;
	return fault_set(f, ERR_RANGE, "筛选存得太多", "too many filters are kept");
}

static const char *const filters_keys[] = { "noun", "filters", NULL };

static enum err put(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(buf_release) struct buf filters = { 0 };
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("filters") };
	const struct json_node *n;
	struct str noun = STR("");
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, filters_keys, f)) ||
	    (e = json_get_text(n, "noun", NOUN_BYTES_MAX, &noun, f)))
		return e;
	if (!is_noun(noun)) {
		fault_at(f, "noun", NULL);
		return fault_set(f, ERR_RANGE, "noun 应为台账的英文路径，如 organisations",
				 "noun is the path of a register, like organisations");
	}
	if ((e = read_filters(json_at(n, "filters"), &filters, f)) ||
	    (e = room_for(c, tx, noun, f)) ||
	    (e = tx_run(tx, &filter_sql.put,
			SQL_ARGS(sql_i64(home_of(c)), sql_i64(c->who->account), sql_text(noun),
				 sql_text(buf_view(&filters))),
			NULL, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	return call_receipt_only(c);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/session/filters", mine, CAP_SESSION, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我存下的筛选", "The filters that I keep") },
	{ ROUTE(HTTP_PUT, "/api/v1/session/filters", put, CAP_SESSION, REACH_OWN, WHY_SELF,
		BODY_MAX, AUDIT_ACT, "存下一个台账的筛选", "Keep the filters of a register"),
	  .takes = filters_keys },
};

const struct route_list dispatch_routes_filter = { rows, ARRAY_LEN(rows) };
