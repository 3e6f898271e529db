/* account_http.c - what administrators do to an account beyond its row: passwords and grants. */
#include <stdio.h>
#include <string.h>

#include "access/account.h"
#include "access/inside.h"
#include "access/session.h"
#include "base/json_read.h"

#include "base/ban.h"

enum { BODY_MAX = 16 * 1024, WORDS_MAX = 64 };

/* The account in the path, if the caller's areas cover it. */
static enum err find(struct call *c, struct tx *tx, struct account *ret, struct fault *f)
{
	struct account a;
	enum err e = account_at(tx, call_id(c, "id"), c->a, &a, f);

	if (e)
		return e == ERR_ABSENT ? call_absent(f) : e;
	if ((e = call_reach(c, a.area, f)))
		return e;
	*ret = a;
	return OK;
}

/* Nobody gives themselves a password without the old one, rights, or a way around the factor. */
static enum err find_other(struct call *c, struct tx *tx, struct account *ret, struct fault *f)
{
	enum err e = find(c, tx, ret, f);

	if (e == OK && ret->id == c->who->account)
		return fault_set(f, ERR_CONFLICT, "不能对自己的账号这样做，请由另一位管理员办理",
				 "not with one's own account; another administrator does it");
	if (e == OK && ret->closed)
		return fault_set(f, ERR_CONFLICT, "这个账号已注销，请另开一个",
				 "this account is closed: make a new one");
	return e;
}

static struct ledger_entry entry_of(const struct account *a, struct str action)
{
	return (struct ledger_entry){
		.county = a->area, .object = STR("account"), .object_id = a->id, .action = action
	};
}

/* ---- a password to be told once ---- */

struct once {
	char password[POLICY_ONCE_BYTES], hash[PASSWORD_TEXT_BYTES];
};

enum err account_once_before(struct call *c, struct fault *f)
{
	struct once *o = arena_take(c->a, 1, sizeof(*o));
	struct policy *p = c->state->d->o.policy;

	if (!o)
		return ERR_MEMORY;
	c->parsed = o;
	policy_password_once(p, o->password);
	return policy_password_hash(p, str_of(o->password), o->hash, f);
}

enum err account_once_give(struct call *c, struct tx *tx, const struct account *of, struct fault *f)
{
	const struct once *o = c->parsed;
	enum err e = account_password(tx, of, o->hash, true, 0, c->now, f);

	if (e)
		return e;
	json_key(call_json(c), "password");
	json_str(call_json(c), str_of(o->password));
	return OK;
}

static enum err reset_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry;
	struct account a;
	enum err e = find_other(c, tx, &a, f);

	if (e)
		return e;
	json_open(call_json(c), '{');
	entry = entry_of(&a, STR("password-reset"));
	if ((e = account_once_give(c, tx, &a, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

/* ---- roles and areas ---- */

static void tell_grant(struct call *c, uint32_t roles, const struct scope *scope, bool totp)
{
	struct json *j = call_json(c);
	char code[AREA_TEXT_BYTES];

	json_open(j, '{');
	json_key(j, "roles");
	json_open(j, '[');
	for (int r = 0; r < ROLE_N; r++)
		if (roles & role_bit((enum role)r))
			json_str(j, str_of(role_row((enum role)r)->word));
	json_close(j, ']');
	json_key(j, "areas");
	json_open(j, '[');
	for (size_t i = 0; i < scope->n; i++) {
		area_text(scope->v[i], code);
		json_str(j, str_of(code));
	}
	json_close(j, ']');
	json_key(j, "totp"); /* has a second factor */
	json_bool(j, totp);
	if (c->receipt)
		call_receipt_json(c);
	json_close(j, '}');
}

static enum err grant_show(struct call *c, struct tx *tx, struct fault *f)
{
	struct account_secret secret;
	struct ledger_entry entry;
	struct scope scope;
	struct account a;
	uint32_t roles;
	enum err e;

	if ((e = find(c, tx, &a, f)) || (e = account_rights(tx, &a, &roles, &scope, f)) ||
	    (e = account_secret(tx, &a, c->a, &secret, f)))
		return e;
	entry = entry_of(&a, STR("rights"));
	if ((e = call_saw(c, &entry, f)))
		return e;
	tell_grant(c, roles, &scope, secret.totp_on);
	return OK;
}

static enum err texts(const struct json_node *map, const char *key, const struct json_node **ret,
		      struct fault *f)
{
	const struct json_node *list;
	enum err e;

	if ((e = json_need(map, key, f)))
		return e;
	list = json_at(map, key);
	for (size_t i = 0; list->is == JSON_IS_LIST && i < list->n; i++)
		if (list->items[i].is != JSON_IS_TEXT)
			list = &list->items[i];
	if (list->is != JSON_IS_LIST || list->n > WORDS_MAX) {
		fault_at(f, key, NULL);
		return fault_set(f, ERR_SYNTAX, "这里应是文字的列表", "this is a list of texts");
	}
	*ret = list;
	return OK;
}

enum err account_http_areas(struct call *c, const struct json_node *map, struct scope *ret,
			    struct fault *f)
{
	const struct json_node *list;
	struct scope scope = { 0 };
	enum err e = texts(map, "areas", &list, f);

	for (size_t i = 0; e == OK && i < list->n; i++) {
		struct area_code a;

		if (area_parse(list->items[i].text, &a) != OK)
			e = fault_set(f, ERR_RANGE, "没有这样的区划代码",
				      "there is no such area code");
		else
			e = scope_add(&scope, a, f);
		if (e)
			fault_at(f, "areas", NULL);
	}
	if (e)
		return e;
	/* What one does not have, one does not hand on. */
	if (!scope_holds(call_scope(c), &scope)) {
		fault_at(f, "areas", NULL);
		return fault_set(f, ERR_RANGE, "只能授予您自己区域以内的区域",
				 "only areas inside your own can be granted");
	}
	*ret = scope;
	return OK;
}

static enum err read_roles(const struct json_node *map, uint32_t *ret, struct fault *f)
{
	const struct json_node *list;
	uint32_t roles = 0;
	enum role role;
	enum err e = texts(map, "roles", &list, f);

	if (e)
		return e;
	for (size_t i = 0; i < list->n; i++) {
		if (!role_of(list->items[i].text, &role)) {
			fault_at(f, "roles", NULL);
			return fault_set(f, ERR_RANGE, "没有这样的角色", "there is no such role");
		}
		roles |= role_bit(role);
	}
	*ret = roles;
	return OK;
}

static const char *const grant_keys[] = { "roles", "areas", NULL };

static enum err grant_run(struct call *c, struct tx *tx, struct fault *f)
{
	char roles_text[SESSION_ROLES_BYTES], detail[SESSION_ROLES_BYTES + 32];
	struct account_secret secret;
	const struct json_node *n;
	struct ledger_entry entry;
	struct scope scope;
	struct account a;
	uint32_t roles = 0;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, grant_keys, f)) || (e = read_roles(n, &roles, f)) ||
	    (e = find_other(c, tx, &a, f)) || (e = account_http_areas(c, n, &scope, f)) ||
	    (e = account_grant(tx, &a, roles, &scope, f)) ||
	    (e = account_secret(tx, &a, c->a, &secret, f)))
		return e;
	(void)session_roles_text(roles, roles_text);
	(void)snprintf(detail, sizeof(detail), "areas=%zu roles=%s", scope.n, roles_text);
	entry = entry_of(&a, STR("grant"));
	entry.detail = str_of(detail);
	if ((e = call_act(c, tx, &entry, f)))
		return e;
	tell_grant(c, roles, &scope, secret.totp_on);
	return OK;
}

static enum err totp_off(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry;
	struct account a;
	enum err e;

	if ((e = find_other(c, tx, &a, f)) ||
	    (e = account_totp(tx, &a, (struct str){ 0 }, false, -1, f)))
		return e;
	entry = entry_of(&a, STR("totp-off"));
	if ((e = call_act(c, tx, &entry, f)))
		return e;
	return call_receipt_only(c);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/accounts/{id}/password", reset_run, CAP_ACCOUNT_WRITE,
		REACH_AREA, WHY_ADMIN, BODY_MAX, AUDIT_ACT, "给一个一次性口令",
		"Give a one-time password"),
	  .before = account_once_before, .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_GET, "/api/v1/accounts/{id}/grant", grant_show, CAP_ACCOUNT_READ, REACH_AREA,
		WHY_ADMIN, 0, AUDIT_READ, "账号的角色和区域",
		"The roles and areas of an account") },
	{ ROUTE(HTTP_PUT, "/api/v1/accounts/{id}/grant", grant_run, CAP_GRANT, REACH_AREA,
		WHY_ADMIN, BODY_MAX, AUDIT_ACT, "授予角色和区域", "Grant roles and areas"),
	  .takes = grant_keys },
	{ ROUTE(HTTP_DELETE, "/api/v1/accounts/{id}/totp", totp_off, CAP_GRANT, REACH_AREA,
		WHY_ADMIN, 0, AUDIT_ACT, "取消动态验证码", "Take away the second factor") },
};

const struct route_list dispatch_routes_account = { rows, ARRAY_LEN(rows) };
