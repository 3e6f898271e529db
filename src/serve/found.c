#include "serve/found.h"

#include <stdio.h>
#include <string.h>

#include "access/account.h"
#include "base/memory.h"
#include "grid/account.h"
#include "ledger/ledger.h"
#include "ledger/verify.h"
#include "serve/nouns.h"

#include "base/ban.h"

enum { NODE = 255 }; /* of ids made at the command line: a server may be running beside it */

struct founding {
	const struct house *h;
	const struct found_account *ask;
	struct record_book *book;
	struct utc_s now;
	bool first; /* the house itself is founded with it */
	const char *hash;
};

static enum err note(struct tx *tx, const struct founding *w, struct ledger_entry *en,
		     struct fault *f)
{
	en->at = w->now;
	en->kind = LEDGER_ACT;
	en->purpose = STR("admin");
	en->detail = STR("at the command line");
	return ledger_append(tx, en, NULL, f);
}

/* As whoever makes one at the console owes it: with the hash of the row. */
static enum err note_account(struct tx *tx, const struct founding *w, int64_t id, struct arena *a,
			     struct fault *f)
{
	struct ledger_entry en;
	void *row;
	enum err e = record_get(w->book, tx, &account_noun, (struct record_id){ id }, a, &row, f);

	if (e || (e = record_entry(&account_noun, NULL, row, STR("create"), &en)))
		return e;
	return note(tx, w, &en, f);
}

static enum err make_account(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct founding *w = arg;
	const struct found_account *ask = w->ask;
	struct ledger_entry house = { .county = area_county(w->h->area),
				      .object = STR("house"),
				      .action = STR("found") };
	struct account_new n = {
		.area = ask->area,
		.login = ask->login,
		.name = ask->name,
		.language = LANGUAGE_ZH,
	};
	struct account of;
	enum err e = arena_new(1 << 16, &a);

	if (e || (e = record_prime(w->book, tx, f)))
		return e;
	n.by = n.id = record_id_new(w->book).v;
	if ((e = account_make(tx, &n, w->now, f)) || (e = account_at(tx, n.id, a, &of, f)) ||
	    (e = account_password(tx, &of, w->hash, ask->due, 0, w->now, f)) ||
	    (e = account_grant(tx, &of, ask->roles, &ask->scope, f)))
		return e;
	if (w->first && (e = note(tx, w, &house, f)))
		return e;
	return note_account(tx, w, n.id, a, f);
}

static enum err account_in(struct house *h, const struct found_account *ask, struct utc_s now,
			   bool first, char ret_password[POLICY_ONCE_BYTES], struct fault *f)
{
	CLEANUP(policy_end) struct policy *policy = NULL;
	CLEANUP(record_end) struct record_book *book = NULL;
	const struct noun *nouns[NOUNS_MAX];
	const struct record_options o = { .nouns = nouns,
					  .n = nouns_all(nouns),
					  .zone = h->zone,
					  .clock = &clock_wall,
					  .node = NODE };
	struct policy_choice choice = policy_defaults();
	char hash[PASSWORD_TEXT_BYTES];
	struct founding w = { h, ask, NULL, now, first, hash };
	enum err e = role_check(ask->roles, f);

	if (e || (e = record_open(&o, &book, f)))
		return e;
	w.book = book;
	choice.key = h->secret;
	e = policy_new(&choice, &policy);
	crypt_wipe(&choice.key, sizeof choice.key);
	if (e)
		return e;
	policy_password_once(policy, ret_password);
	e = policy_password_hash(policy, str_of(ret_password), hash, f);
	return e ? e : db_write(h->db, make_account, &w, f);
}

enum err found_account(struct house *h, const struct found_account *ask, struct utc_s now,
		       char ret_password[POLICY_ONCE_BYTES], struct fault *f)
{
	return account_in(h, ask, now, false, ret_password, f);
}

static enum err found_in(const char *dir, struct utc_s now, struct found_first *ret,
			 struct fault *f)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct found_account admin = {
		.login = STR("admin"),
		.name = STR("系统管理员"),
		.roles = role_bit(ROLE_SYSTEM_ADMIN),
		.due = true,
	};
	enum err e = house_open(dir, &h, f);

	if (e || (e = house_database(h, true, now, f)))
		return e;
	admin.area = h->area;
	if ((e = scope_add(&admin.scope, h->area, f)) ||
	    (e = account_in(h, &admin, now, true, ret->password, f)))
		return e;
	memcpy(ret->login, "admin", 6);
	return verify_fingerprint(crypt_signer_public(h->signer), ret->fingerprint);
}

/* What cannot be finished is taken away again: a word that was wrong is mended and said anew. */
enum err found_house(const char *dir, const struct config *config, enum crypt_suite suite,
		     struct utc_s now, struct found_first *ret, struct fault *f)
{
	enum err e = house_make(dir, config, suite, &crypt_random_system, now, f);

	memset(ret, 0, sizeof *ret);
	if (e)
		return e;
	if ((e = found_in(dir, now, ret, f)))
		house_take_away(dir);
	return e;
}
