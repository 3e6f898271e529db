/* self_http.c - one's own password and one's own second factor. */
#include <string.h>

#include "access/account.h"
#include "access/attempt.h"
#include "access/inside.h"
#include "access/session.h"
#include "base/json_read.h"
#include "crypt/encode.h"

#include "base/ban.h"

enum { BODY_MAX = 8 * 1024, TYPED_MAX = 64 };

static struct policy *policy_of(const struct call *c)
{
	return c->state->d->o.policy;
}

/* ---- one's own password ---- */

struct new_password {
	struct str old, fresh;
	struct attempt attempt;
	struct account account;
	struct account_secret secret;
	bool right;
	char hash[PASSWORD_TEXT_BYTES];
};

static enum err password_read(struct tx *tx, void *arg, struct fault *f)
{
	struct call *c = arg;
	struct new_password *p = c->parsed;
	enum err e;

	if ((e = attempt_read(tx, &p->attempt, c->now, f)) ||
	    (e = account_at(tx, c->who->account, c->a, &p->account, f)))
		return e;
	return account_secret(tx, &p->account, c->a, &p->secret, f);
}

static const char *const password_keys[] = { "old", "new", NULL };

static enum err password_before(struct call *c, struct fault *f)
{
	struct new_password *p = arena_take(c->a, 1, sizeof(*p));
	const struct json_node *n;
	enum err e;

	if (!p)
		return ERR_MEMORY;
	c->parsed = p;
	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, password_keys, f)) || (e = json_need(n, "old", f)) ||
	    (e = json_need(n, "new", f)) ||
	    (e = json_get_text(n, "old", PASSWORD_BYTES_MAX, &p->old, f)) ||
	    (e = json_get_text(n, "new", PASSWORD_BYTES_MAX, &p->fresh, f)) ||
	    (e = policy_password_fits(p->fresh, c->who->login, f)) ||
	    (e = attempt_of(policy_of(c), c->who->login, c->rq->peer, &p->attempt)) ||
	    (e = db_read(c->db, password_read, c, f)))
		return e;
	if (str_eq(p->fresh, p->old)) {
		fault_at(f, "new", NULL);
		return fault_set(f, ERR_RANGE, "新口令与旧口令相同，请换一个",
				 "the new password is the old one; please take another");
	}
	if ((e = policy_password_is(policy_of(c), p->secret.password, p->old, &p->right, f)))
		return e;
	return p->right ? policy_password_hash(policy_of(c), p->fresh, p->hash, f) : OK;
}

static enum err password_wrong(struct call *c, struct tx *tx, const struct attempt *at,
			       struct fault *f)
{
	struct ledger_entry entry = { .county = c->who->home,
				      .kind = LEDGER_REFUSED,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("password") };
	struct fault said = { 0 };
	enum err e;

	if ((e = attempt_failed(tx, at, c->now, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	fault_at(&said, "old", NULL);
	e = fault_set(&said, ERR_RANGE, "旧口令不对", "the old password is not right");
	call_refuse(c, e, &said);
	return OK;
}

static enum err password_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct new_password *p = c->parsed;
	struct attempt again = p->attempt;
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("password") };
	struct account_secret now;
	enum err e;

	if ((e = attempt_read(tx, &again, c->now, f)))
		return e;
	if (!p->right)
		return password_wrong(c, tx, &again, f);
	if ((e = account_secret(tx, &p->account, c->a, &now, f)))
		return e;
	if (strcmp(now.password, p->secret.password) != 0)
		return ERR_CONFLICT;
	if ((e = account_password(tx, &p->account, p->hash, false, c->who->session, c->now, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	return call_receipt_only(c);
}

/* ---- one's own second factor ---- */

struct new_totp {
	struct totp t;
	struct buf sealed;
};

static enum err totp_guard(struct call *c, struct tx *tx, struct account *ret,
			   struct account_secret *ret_secret, struct fault *f)
{
	enum err e;

	if ((e = account_at(tx, c->who->account, c->a, ret, f)) ||
	    (e = account_secret(tx, ret, c->a, ret_secret, f)))
		return e;
	if (ret_secret->totp_on)
		return fault_set(f, ERR_CONFLICT,
				 "已经设置动态验证码；要更换，请由安全管理员先取消",
				 "there is a second factor already; a security administrator takes "
				 "it away first");
	return OK;
}

static enum err totp_begin(struct call *c, struct tx *tx, struct fault *f)
{
	const struct policy_choice *p = policy_choice(policy_of(c));
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("totp-begin") };
	CLEANUP(buf_release) struct buf sealed = { 0 }, secret = { 0 }, uri = { 0 };
	struct json *j = call_json(c);
	struct account_secret old;
	struct account account;
	struct totp t;
	enum err e;

	totp_new(&p->chance, &t);
	encode_base32(&secret, t.v, sizeof(t.v));
	totp_uri(&t, str_of(p->issuer), c->who->login, &uri);
	if ((e = totp_guard(c, tx, &account, &old, f)) ||
	    (e = account_totp_seal(policy_of(c), account.id, &t, &sealed)) ||
	    (e = account_totp(tx, &account, buf_view(&sealed), false, -1, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	crypt_wipe(&t, sizeof(t));
	json_open(j, '{');
	json_key(j, "secret");
	json_str(j, buf_view(&secret));
	json_key(j, "uri");
	json_str(j, buf_view(&uri));
	call_receipt_json(c);
	json_close(j, '}');
	return secret.failed ? secret.failed : uri.failed;
}

static const char *const totp_keys[] = { "code", NULL };

static enum err totp_confirm(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("totp-on") };
	struct str digits = { "", 0 };
	const struct json_node *n;
	struct account_secret old;
	struct account account;
	struct totp t;
	int64_t step;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, totp_keys, f)) || (e = json_need(n, "code", f)) ||
	    (e = json_get_text(n, "code", TYPED_MAX, &digits, f)) ||
	    (e = totp_guard(c, tx, &account, &old, f)))
		return e;
	if (old.totp.n == 0)
		return fault_set(f, ERR_CONFLICT, "请先取得密钥", "ask for a secret first");
	if ((e = account_totp_open(policy_of(c), account.id, old.totp, &t)))
		return e;
	e = totp_check(&t, digits, c->now, -1, &step);
	crypt_wipe(&t, sizeof(t));
	if (e == ERR_CORRUPT) {
		fault_at(f, "code", NULL);
		return fault_set(f, ERR_RANGE, "验证码不对，请看手机的时间是否准确",
				 "the code is wrong; see whether the phone's clock is right");
	}
	if (e || (e = account_totp(tx, &account, old.totp, true, step, f)) ||
	    (e = session_finish_others(tx, account.area, account.id, c->who->session, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	return call_receipt_only(c);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_PUT, "/api/v1/session/password", password_run, CAP_SESSION, REACH_OWN,
		WHY_SELF, BODY_MAX, AUDIT_ACT, "修改我的口令", "Change my password"),
	  .takes = password_keys, .before = password_before },
	{ ROUTE(HTTP_POST, "/api/v1/session/totp", totp_begin, CAP_SESSION, REACH_OWN, WHY_SELF,
		BODY_MAX, AUDIT_ACT, "取得动态验证码的密钥", "Get the secret of a second factor"),
	  .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_PUT, "/api/v1/session/totp", totp_confirm, CAP_SESSION, REACH_OWN, WHY_SELF,
		BODY_MAX, AUDIT_ACT, "启用动态验证码", "Put the second factor in force"),
	  .takes = totp_keys },
};

const struct route_list dispatch_routes_self = { rows, ARRAY_LEN(rows) };
