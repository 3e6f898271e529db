/* key_http.c - API keys of agencies: make, list, withdraw. */
#include <string.h>

#include "access/inside.h"
#include "access/key.h"
#include "base/json_read.h"

#include "base/ban.h"

enum { BODY_MAX = 16 * 1024, DAYS_USUAL = 180, DAY_S = 24 * 3600 };

static void tell(struct call *c, const struct key *k)
{
	struct json *j = call_json(c);
	char code[AREA_TEXT_BYTES];

	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, k->id);
	json_key(j, "agency");
	json_str(j, k->agency);
	area_text(k->area, code);
	json_key(j, "area");
	json_str(j, str_of(code));
	json_key(j, "areas");
	json_open(j, '[');
	for (size_t i = 0; i < k->scope.n; i++) {
		area_text(k->scope.v[i], code);
		json_str(j, str_of(code));
	}
	json_close(j, ']');
	json_key(j, "capabilities");
	json_open(j, '[');
	for (int i = 0; i < CAP_N; i++)
		if (k->capabilities & capability_bit((enum capability)i))
			json_str(j, str_of(capability_words((enum capability)i)->word));
	json_close(j, ']');
	json_key(j, "made_at");
	call_time_json(c, k->made_at);
	json_key(j, "made_by");
	call_id_json(c, k->made_by);
	json_key(j, "ends_at");
	call_time_json(c, k->ends_at);
	json_close(j, '}');
}

static void tell_each(const struct key *k, void *arg)
{
	tell(arg, k);
}

static enum err key_list(struct call *c, struct tx *tx, struct fault *f)
{
	const struct scope *in = call_scope(c);
	struct json *j = call_json(c);
	enum err e = OK;

	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < in->n && e == OK; i++)
		e = key_each(tx, in->v[i], c->a, tell_each, c, f);
	json_close(j, ']');
	json_close(j, '}');
	return e;
}

static enum err read_capabilities(const struct json_node *map, uint64_t *ret, struct fault *f)
{
	const struct json_node *list = json_at(map, "capabilities");
	uint64_t all = 0;

	for (size_t i = 0; list && list->is == JSON_IS_LIST && i < list->n; i++) {
		enum capability k = list->items[i].is == JSON_IS_TEXT
					    ? capability_of(list->items[i].text)
					    : CAP_NONE;

		if (!key_may_hold(k)) {
			fault_at(f, "capabilities", NULL);
			return fault_set(f, ERR_RANGE, "接口密钥不能有这项权限",
					 "this is nothing that an API key may hold");
		}
		all |= capability_bit(k);
	}
	if (!all) {
		fault_at(f, "capabilities", NULL);
		return fault_set(f, ERR_RANGE, "请至少列出一项权限",
				 "name one capability at least");
	}
	*ret = all;
	return OK;
}

static const char *const key_keys[] = { "agency", "area", "areas", "capabilities", "days", NULL };

static enum err read_key(struct call *c, struct key *k, struct fault *f)
{
	struct str area = { "", 0 };
	const struct json_node *n;
	int64_t days = DAYS_USUAL;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, key_keys, f)) || (e = json_need(n, "agency", f)) ||
	    (e = json_need(n, "area", f)) ||
	    (e = json_get_text(n, "agency", KEY_AGENCY_BYTES_MAX, &k->agency, f)) ||
	    (e = json_get_text(n, "area", AREA_DIGITS, &area, f)) ||
	    (e = json_get_i64(n, "days", 1, KEY_LIFE_S_MAX / DAY_S, &days, f)) ||
	    (e = read_capabilities(n, &k->capabilities, f)))
		return e;
	if (area_parse(area, &k->area) != OK) {
		fault_at(f, "area", NULL);
		return fault_set(f, ERR_RANGE, "没有这样的区划代码", "there is no such area code");
	}
	k->made_at = c->now;
	k->ends_at = (struct utc_s){ c->now.v + days * DAY_S };
	k->made_by = c->who->account;
	if ((e = call_reach(c, k->area, f)))
		return e;
	return account_http_areas(c, n, &k->scope, f);
}

static enum err key_begin(struct call *c, struct tx *tx, struct fault *f)
{
	struct policy *p = c->state->d->o.policy;
	struct ledger_entry entry = { .object = STR("api-key"), .action = STR("make") };
	CLEANUP(buf_release) struct buf text = { 0 };
	struct bearer b = { .kind = BEARER_KEY };
	struct json *j = call_json(c);
	struct key k = { .id = policy_id_new(p, c->now) };
	enum err e;

	crypt_random_fill(&policy_choice(p)->chance, b.secret, sizeof(b.secret));
	bearer_text(&b, &text);
	if ((e = text.failed) || (e = read_key(c, &k, f)) || (e = key_make(tx, &k, &b, f)))
		return e;
	entry.county = k.area;
	entry.object_id = k.id;
	if ((e = call_act(c, tx, &entry, f)))
		return e;
	call_status(c, 201);
	json_open(j, '{');
	json_key(j, "item");
	tell(c, &k);
	json_key(j, "key");
	json_str(j, buf_view(&text));
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static enum err key_end(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = { .object = STR("api-key"), .action = STR("withdraw") };
	struct key k;
	enum err e = key_at(tx, call_id(c, "id"), c->a, &k, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	entry.county = k.area;
	entry.object_id = k.id;
	if ((e = call_reach(c, k.area, f)) || (e = key_withdraw(tx, k.id, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	return call_receipt_only(c);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/keys", key_list, CAP_GRANT, REACH_AREA, WHY_ADMIN, 0, AUDIT_NONE,
		"我区域内的接口密钥", "API keys of my areas") },
	{ ROUTE(HTTP_POST, "/api/v1/keys", key_begin, CAP_GRANT, REACH_AREA, WHY_ADMIN, BODY_MAX,
		AUDIT_ACT, "发给机构一个接口密钥", "Give an agency an API key"),
	  .takes = key_keys, .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_DELETE, "/api/v1/keys/{id}", key_end, CAP_GRANT, REACH_AREA, WHY_ADMIN, 0,
		AUDIT_ACT, "收回一个接口密钥", "Withdraw an API key") },
};

const struct route_list dispatch_routes_key = { rows, ARRAY_LEN(rows) };
