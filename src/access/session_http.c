/* session_http.c - signing in and out. */
#include <string.h>

#include "access/account.h"
#include "access/attempt.h"
#include "access/inside.h"
#include "access/session.h"
#include "base/json_read.h"

#include "base/ban.h"

enum { BODY_MAX = 8 * 1024, TYPED_MAX = 64 };

static struct policy *policy_of(const struct call *c)
{
	return c->state->d->o.policy;
}

/* ---- what a session is told ---- */

static enum err tell_scopes(struct call *c, struct tx *tx, const struct who *w, struct fault *f)
{
	const struct dispatch_options *o = &c->state->d->o;
	struct json *j = call_json(c);
	enum err e = OK;

	json_key(j, "scopes");
	json_open(j, '[');
	for (size_t i = 0; i < w->scope.n && e == OK; i++) {
		char code[AREA_TEXT_BYTES];

		area_text(w->scope.v[i], code);
		json_open(j, '{');
		json_key(j, "code");
		json_str(j, str_of(code));
		json_key(j, "level");
		json_str(j, str_of(area_level_words(area_level(w->scope.v[i]))->word));
		if (o->area_tell)
			e = o->area_tell(o->house, tx, w->scope.v[i], j, f);
		json_close(j, '}');
	}
	json_close(j, ']');
	return e;
}

static void tell_words(struct json *j, const struct who *w)
{
	json_key(j, "roles");
	json_open(j, '[');
	for (int r = 0; r < ROLE_N; r++)
		if (w->roles & role_bit((enum role)r))
			json_str(j, str_of(role_row((enum role)r)->word));
	json_close(j, ']');
	json_key(j, "capabilities");
	json_open(j, '[');
	for (int k = CAP_SELF + 1; k < CAP_N; k++)
		if (who_may(w, (enum capability)k))
			json_str(j, str_of(capability_words((enum capability)k)->word));
	json_close(j, ']');
}

/* {account, roles, capabilities, scopes, must_change, totp, demo, now, language, receipt?} */
static enum err tell_session(struct call *c, struct tx *tx, const struct who *w, struct fault *f)
{
	struct json *j = call_json(c);
	enum err e;

	json_open(j, '{');
	json_key(j, "account");
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, w->account);
	json_key(j, "login");
	json_str(j, w->login);
	json_key(j, "name");
	json_str(j, w->name);
	json_close(j, '}');
	tell_words(j, w);
	if ((e = tell_scopes(c, tx, w, f)))
		return e;
	json_key(j, "must_change");
	json_bool(j, w->password_due);
	json_key(j, "totp");
	json_bool(j, w->totp);
	json_key(j, "demo");
	json_bool(j, policy_choice(policy_of(c))->demo);
	json_key(j, "now");
	call_time_json(c, c->now);
	json_key(j, "language");
	json_str(j, w->language == LANGUAGE_EN ? STR("en") : STR("zh"));
	if (c->receipt)
		call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

static enum err session_show(struct call *c, struct tx *tx, struct fault *f)
{
	return tell_session(c, tx, c->who, f);
}

/* ---- signing in ---- */

struct sign_in {
	struct str password, digits;
	char login[ACCOUNT_LOGIN_MAX + 1];
	struct attempt attempt;
	bool known; /* there is such an account, and it is open */
	struct account account;
	struct account_secret secret;
	bool right; /* the password is */
	struct bearer fresh;
	int64_t id;
};

/* One sentence for every reason, so that nobody learns which names exist. */
static enum err not_signed_in(struct fault *f)
{
	return fault_set(
		f, ERR_LOGIN, "登录名、口令或验证码不对，或账号暂时锁定，请核对后再试",
		"the login name, password or code is wrong, or the account is locked for a "
		"while; check them and try again");
}

static enum err sign_in_read(struct tx *tx, void *arg, struct fault *f)
{
	struct call *c = arg;
	struct sign_in *in = c->parsed;
	enum err e = attempt_read(tx, &in->attempt, c->now, f);

	in->known = false;
	if (e)
		return e;
	e = account_by_login(tx, str_of(in->login), c->a, &in->account, f);
	if (e == ERR_ABSENT)
		return OK;
	if (e || (e = account_secret(tx, &in->account, c->a, &in->secret, f)))
		return e;
	in->known = in->account.open && in->secret.password;
	return OK;
}

static const char *const sign_in_keys[] = { "login", "password", "totp", NULL };

static enum err sign_in_parse(struct call *c, struct sign_in *in, struct fault *f)
{
	const struct json_node *n;
	struct str login = { "", 0 };
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &n, f)) ||
	    (e = json_only(n, sign_in_keys, f)) || (e = json_need(n, "login", f)) ||
	    (e = json_need(n, "password", f)) ||
	    (e = json_get_text(n, "login", TYPED_MAX, &login, f)) ||
	    (e = json_get_text(n, "password", PASSWORD_BYTES_MAX, &in->password, f)) ||
	    (e = json_get_text(n, "totp", TYPED_MAX, &in->digits, f)))
		return e;
	/* What cannot be a login name is one that nobody has. */
	if (!account_login_fold(login, in->login))
		memcpy(in->login, "-", 2);
	return attempt_of(policy_of(c), str_of(in->login), c->rq->peer, &in->attempt);
}

static enum err sign_in_before(struct call *c, struct fault *f)
{
	struct sign_in *in = arena_take(c->a, 1, sizeof(*in));
	const struct policy_choice *p = policy_choice(policy_of(c));
	enum err e;

	if (!in)
		return ERR_MEMORY;
	c->parsed = in;
	if ((e = sign_in_parse(c, in, f)))
		return e;
	e = db_read(c->db, sign_in_read, c, f);
	if (e == ERR_RATE)
		return not_signed_in(f);
	if (e)
		return e;
	if ((e = policy_password_is(policy_of(c), in->known ? in->secret.password : NULL,
				    in->password, &in->right, f)))
		return e;
	in->fresh = (struct bearer){ .kind = BEARER_SESSION };
	in->fresh.county = in->known ? area_county(in->account.area) : (struct area_code){ 0 };
	crypt_random_fill(&p->chance, in->fresh.secret, sizeof(in->fresh.secret));
	in->id = policy_id_new(policy_of(c), c->now);
	return OK;
}

/* Count it, say so in the ledger, and answer as if nothing were known. */
static enum err sign_in_failed(struct call *c, struct tx *tx, const struct sign_in *in,
			       struct fault *f)
{
	struct ledger_entry entry = { .kind = LEDGER_REFUSED,
				      .object = STR("account"),
				      .action = STR("sign-in") };
	struct fault said = { 0 };
	enum err e;

	if (in->known) {
		entry.county = in->account.area;
		entry.object_id = in->account.id;
	}
	if ((e = attempt_failed(tx, &in->attempt, c->now, f)) || (e = call_act(c, tx, &entry, f)))
		return e;
	e = not_signed_in(&said);
	call_refuse(c, e, &said);
	return OK;
}

/* Is the second factor there, if there is one? ERR_TOTP: it was not typed. ERR_LOGIN: wrong. */
static enum err second_factor(struct call *c, struct tx *tx, const struct sign_in *in,
			      const struct account_secret *now, struct fault *f)
{
	struct totp t;
	int64_t step;
	enum err e;

	if (!now->totp_on)
		return OK;
	if (in->digits.n == 0)
		return ERR_TOTP;
	if ((e = account_totp_open(policy_of(c), in->account.id, now->totp, &t)))
		return e;
	e = totp_check(&t, in->digits, c->now, now->totp_step, &step);
	crypt_wipe(&t, sizeof(t));
	if (e)
		return e == ERR_CORRUPT ? ERR_LOGIN : e;
	return account_totp_step(tx, &in->account, step, f);
}

static enum err sign_in_make(struct call *c, struct tx *tx, const struct sign_in *in,
			     const struct account_secret *now, struct fault *f)
{
	struct ledger_entry entry = { .county = in->account.area,
				      .actor = in->account.id,
				      .session = in->id,
				      .object = STR("account"),
				      .object_id = in->account.id,
				      .action = STR("sign-in") };
	CLEANUP(buf_release) struct buf cookie = { 0 };
	struct who w;
	enum err e;

	if ((e = account_who(tx, &in->account, now, &w, f)) ||
	    (e = attempt_passed(tx, &in->attempt, f)) ||
	    (e = session_make(tx, &in->fresh, in->id, &w, c->now, f)) ||
	    (e = call_act(c, tx, &entry, f)))
		return e;
	if (c->who->kind == WHO_PERSON &&
	    (e = session_finish(tx, c->who->home, c->who->account, c->who->session, NULL, f)))
		return e;
	w.session = in->id;
	bearer_text(&in->fresh, &cookie);
	if (cookie.failed)
		return cookie.failed;
	if ((e = call_cookie(c, buf_view(&cookie), policy_choice(policy_of(c))->absolute_s)))
		return e;
	return tell_session(c, tx, &w, f);
}

static enum err sign_in_run(struct call *c, struct tx *tx, struct fault *f)
{
	const struct sign_in *in = c->parsed;
	struct sign_in again = *in; /* others may have failed with this name in between */
	struct account_secret now;
	enum err e = attempt_read(tx, &again.attempt, c->now, f);

	if (e)
		return e == ERR_RATE ? not_signed_in(f) : e;
	if (!in->known || !in->right)
		return sign_in_failed(c, tx, &again, f);
	if ((e = account_secret(tx, &in->account, c->a, &now, f)))
		return e;
	if (!now.password || strcmp(now.password, in->secret.password) != 0)
		return sign_in_failed(c, tx, &again, f);
	e = second_factor(c, tx, in, &now, f);
	if (e == ERR_LOGIN)
		return sign_in_failed(c, tx, &again, f);
	return e ? e : sign_in_make(c, tx, &again, &now, f);
}

static enum err sign_out(struct call *c, struct tx *tx, struct fault *f)
{
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = STR("sign-out") };
	enum err e;

	if ((e = session_finish(tx, c->who->home, c->who->account, c->who->session, NULL, f)) ||
	    (e = call_act(c, tx, &entry, f)) || (e = call_cookie(c, STR("out"), 0)))
		return e;
	return call_receipt_only(c);
}

/* ---- where else one is signed in ---- */

static enum err sessions_show(struct call *c, struct tx *tx, struct fault *f)
{
	struct json *j = call_json(c);
	session_list list = { 0 };
	enum err e = session_of(tx, policy_of(c), c->who->home, c->who->account, c->now, &list, f);

	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; !e && i < list.n; i++) {
		json_open(j, '{');
		json_key(j, "id");
		call_id_json(c, list.v[i].id);
		json_key(j, "made_at");
		call_time_json(c, list.v[i].made);
		json_key(j, "seen_at");
		call_time_json(c, list.v[i].seen);
		json_key(j, "this");
		json_bool(j, list.v[i].id == c->who->session);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "as_of");
	call_time_json(c, c->now);
	json_close(j, '}');
	vec_drop(&list);
	return e;
}

static enum err ended(struct call *c, struct tx *tx, struct str action, struct fault *f)
{
	struct ledger_entry entry = { .county = c->who->home,
				      .object = STR("account"),
				      .object_id = c->who->account,
				      .action = action };
	enum err e = call_act(c, tx, &entry, f);

	return e ? e : call_receipt_only(c);
}

static enum err sessions_end_one(struct call *c, struct tx *tx, struct fault *f)
{
	int64_t id = call_id(c, "id");
	uint64_t n;
	enum err e;

	if (id == c->who->session)
		return fault_set(f, ERR_CONFLICT, "这是您正在使用的登录，请用“退出登录”",
				 "this is the one you are using: sign out instead");
	if ((e = session_finish(tx, c->who->home, c->who->account, id, &n, f)))
		return e;
	return n ? ended(c, tx, STR("session-end"), f) : call_absent(f);
}

static enum err sessions_end_others(struct call *c, struct tx *tx, struct fault *f)
{
	enum err e = session_finish_others(tx, c->who->home, c->who->account, c->who->session, f);

	return e ? e : ended(c, tx, STR("sessions-end"), f);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_GET, "/api/v1/session", session_show, CAP_SESSION, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我的账号、角色和区域", "My account, roles and areas") },
	{ ROUTE(HTTP_POST, "/api/v1/session", sign_in_run, CAP_ANYONE, REACH_OWN, WHY_SELF,
		BODY_MAX, AUDIT_ACT, "登录", "Sign in"),
	  .takes = sign_in_keys, .before = sign_in_before, .flags = ROUTE_SECRET },
	{ ROUTE(HTTP_DELETE, "/api/v1/session", sign_out, CAP_SESSION, REACH_OWN, WHY_SELF, 0,
		AUDIT_ACT, "退出登录", "Sign out") },
	{ ROUTE(HTTP_GET, "/api/v1/sessions", sessions_show, CAP_SESSION, REACH_OWN, WHY_SELF, 0,
		AUDIT_NONE, "我在哪些地方登录着", "Where I am signed in") },
	{ ROUTE(HTTP_DELETE, "/api/v1/sessions", sessions_end_others, CAP_SESSION, REACH_OWN,
		WHY_SELF, 0, AUDIT_ACT, "结束我的其他登录", "Sign out everywhere else") },
	{ ROUTE(HTTP_DELETE, "/api/v1/sessions/{id}", sessions_end_one, CAP_SESSION, REACH_OWN,
		WHY_SELF, 0, AUDIT_ACT, "结束我的一次登录", "Sign out in one place") },
};

const struct route_list dispatch_routes_session = { rows, ARRAY_LEN(rows) };
