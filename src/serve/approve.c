#include "serve/approve.h"

#include <string.h>

#include "access/account.h"
#include "base/memory.h"

#include "base/ban.h"

enum { WORK_BYTES = 1 << 16 };

struct person {
	struct policy *policy;
	const struct approve_said *said;
	struct utc_s now;
	struct arena *a;
	struct account account;
	struct account_secret secret;
	uint32_t roles;
	bool known;
};

static enum err nobody(struct fault *f)
{
	return fault_set(f, ERR_LOGIN, "批准人的登录名、口令或验证码不对，请核对后再试",
			 "the login name, password or code of somebody who approves is wrong; "
			 "check them and try again");
}

static enum err find_act(struct tx *tx, void *arg, struct fault *f)
{
	struct person *p = arg;
	char login[ACCOUNT_LOGIN_MAX + 1];
	struct scope scope;
	enum err e;

	p->known = false;
	if (!account_login_fold(p->said->login, login))
		return OK;
	e = account_by_login(tx, str_of(login), p->a, &p->account, f);
	if (e == ERR_ABSENT)
		return OK;
	if (e || (e = account_secret(tx, &p->account, p->a, &p->secret, f)) ||
	    (e = account_rights(tx, &p->account, &p->roles, &scope, f)))
		return e;
	p->known = p->account.open && p->secret.password && !p->secret.due;
	return OK;
}

static enum err digits_act(struct tx *tx, void *arg, struct fault *f)
{
	struct person *p = arg;
	struct totp t;
	int64_t step;
	enum err e = account_totp_open(p->policy, p->account.id, p->secret.totp, &t);

	if (e)
		return e;
	e = totp_check(&t, p->said->digits, p->now, p->secret.totp_step, &step);
	crypt_wipe(&t, sizeof t);
	return e ? e : account_totp_step(tx, &p->account, step, f);
}

static enum err check_one(struct house *h, struct person *p, struct fault *f)
{
	struct fault unasked = { 0 };
	bool right;
	enum err e;

	if ((e = db_read(h->db, find_act, p, f)) ||
	    (e = policy_password_is(p->policy, p->known ? p->secret.password : NULL,
				    p->said->password, &right, f)))
		return e;
	if (!right)
		return nobody(f);
	if (!p->secret.totp_on)
		return OK;
	e = db_write(h->db, digits_act, p, &unasked);
	return e == ERR_CORRUPT || e == ERR_LOGIN || e == ERR_SYNTAX || e == ERR_RANGE ? nobody(f)
										       : e;
}

/* The administrator's office that these roles hold; no account holds two. */
static uint32_t office(uint32_t roles)
{
	for (int r = 0; r < ROLE_N; r++)
		if (role_row((enum role)r)->admin && (roles & role_bit((enum role)r)))
			return role_bit((enum role)r);
	return 0;
}

enum err approve_check(struct house *h, const struct approve_said said[HEADS_APPROVERS],
		       struct utc_s now, int64_t ret[HEADS_APPROVERS], struct fault *f)
{
	CLEANUP(policy_end) struct policy *policy = NULL;
	CLEANUP(arena_end) struct arena *a = NULL;
	struct policy_choice choice = policy_defaults();
	uint32_t offices[HEADS_APPROVERS];
	enum err e = arena_new(WORK_BYTES, &a);

	choice.key = h->secret;
	if (!e)
		e = policy_new(&choice, &policy);
	crypt_wipe(&choice.key, sizeof choice.key);
	for (size_t i = 0; !e && i < HEADS_APPROVERS; i++) {
		struct person p = { .policy = policy, .said = &said[i], .now = now, .a = a };

		e = check_one(h, &p, f);
		offices[i] = office(p.roles);
		ret[i] = p.account.id;
	}
	if (e)
		return e;
	if (offices[0] && offices[1] && offices[0] != offices[1] && ret[0] != ret[1])
		return OK;
	return fault_set(f, ERR_ROLE, "须由两位不同职责的管理员批准（系统、安全、审计三者之二）",
			 "two administrators of different offices must approve (two of system, "
			 "security and audit)");
}
