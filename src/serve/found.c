#include "serve/found.h"

#include <stdio.h>
#include <string.h>

#include "access/account.h"
#include "base/memory.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"

#include "base/ban.h"

struct founding {
	const struct house *h;
	const struct found_account *ask;
	struct policy *policy;
	struct utc_s now;
	bool first; /* the house itself is founded with it */
	const char *hash;
};

static enum err note(struct tx *tx, const struct founding *w, struct str object, int64_t id,
		     struct str action, struct area_code area, struct fault *f)
{
	struct ledger_entry en = {
		.county = area_county(area),
		.at = w->now,
		.kind = LEDGER_ACT,
		.purpose = STR("admin"),
		.object = object,
		.object_id = id,
		.action = action,
		.detail = STR("at the command line"),
	};

	return ledger_append(tx, &en, NULL, f);
}

static enum err make_account(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct founding *w = arg;
	const struct found_account *ask = w->ask;
	struct account_new n = {
		.id = policy_id_new(w->policy, w->now),
		.area = ask->area,
		.login = ask->login,
		.name = ask->name,
		.language = LANGUAGE_ZH,
	};
	struct account of;
	enum err e = arena_new(1 << 16, &a);

	n.by = n.id;
	if (e || (e = account_make(tx, &n, w->now, f)) || (e = account_at(tx, n.id, a, &of, f)) ||
	    (e = account_password(tx, &of, w->hash, ask->due, 0, w->now, f)) ||
	    (e = account_grant(tx, &of, ask->roles, &ask->scope, f)))
		return e;
	if (w->first && (e = note(tx, w, STR("house"), 0, STR("found"), w->h->area, f)))
		return e;
	return note(tx, w, STR("account"), n.id, STR("create"), ask->area, f);
}

static enum err account_in(struct house *h, const struct found_account *ask, struct utc_s now,
			   bool first, char ret_password[POLICY_ONCE_BYTES], struct fault *f)
{
	CLEANUP(policy_end) struct policy *policy = NULL;
	struct policy_choice choice = policy_defaults();
	char hash[PASSWORD_TEXT_BYTES];
	struct founding w = { h, ask, NULL, now, first, hash };
	enum err e = role_check(ask->roles, f);

	if (e)
		return e;
	choice.key = h->secret;
	e = policy_new(&choice, &policy);
	crypt_wipe(&choice.key, sizeof choice.key);
	if (e)
		return e;
	w.policy = policy;
	policy_password_once(policy, ret_password);
	e = policy_password_hash(policy, str_of(ret_password), hash, f);
	return e ? e : db_write(h->db, make_account, &w, f);
}

enum err found_account(struct house *h, const struct found_account *ask, struct utc_s now,
		       char ret_password[POLICY_ONCE_BYTES], struct fault *f)
{
	return account_in(h, ask, now, false, ret_password, f);
}

enum err found_house(const char *dir, const struct config *config, enum crypt_suite suite,
		     struct utc_s now, struct found_first *ret, struct fault *f)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct found_account admin = {
		.login = STR("admin"),
		.name = STR("系统管理员"),
		.roles = role_bit(ROLE_SYSTEM_ADMIN),
		.due = true,
	};
	enum err e = house_make(dir, config, suite, &crypt_random_system, now, f);

	memset(ret, 0, sizeof *ret);
	if (e || (e = house_open(dir, &h, f)) || (e = house_database(h, true, now, f)))
		return e;
	admin.area = h->area;
	if ((e = scope_add(&admin.scope, h->area, f)) ||
	    (e = account_in(h, &admin, now, true, ret->password, f)))
		return e;
	memcpy(ret->login, "admin", 6);
	return verify_fingerprint(crypt_signer_public(h->signer), ret->fingerprint);
}
