/*
 * init.c - the verb `init`: a new house, and the one account that opens it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dice.h"
#include "cli/houses.h"
#include "ledger/ledger.h"
#include "serve/found.h"

#include "base/ban.h"

static enum err settings(const struct cli_args *a, struct config *ret, struct fault *f)
{
	enum err e = OK;

	config_defaults(ret);
	if (a->text[CLI_DB])
		e = config_set(ret, STR("db.url"), str_of(a->text[CLI_DB]), f);
	for (size_t i = 0; !e && i < a->n_sets; i++) {
		const char *equals = strchr(a->sets[i], '=');

		if (!equals)
			return fault_set(f, ERR_USAGE, "--set 应为 节.键=值",
					 "--set is SECTION.KEY=VALUE");
		e = config_set(ret, (struct str){ a->sets[i], (size_t)(equals - a->sets[i]) },
			       str_of(equals + 1), f);
	}
	return e;
}

static enum err suite_of(const char *word, enum crypt_suite *ret, struct fault *f)
{
	for (int s = CRYPT_WORLD; s <= CRYPT_SM; s++) {
		if (word && strcmp(word, crypt_suite_word((enum crypt_suite)s)) != 0)
			continue;
		*ret = (enum crypt_suite)s;
		return OK;
	}
	return fault_set(f, ERR_USAGE, "--suite 只能是 world 或 sm", "--suite is world or sm");
}

static enum err note_renewed(struct tx *tx, void *arg, struct fault *f)
{
	struct ledger_entry en = *(const struct ledger_entry *)arg;

	return ledger_append(tx, &en, NULL, f);
}

static enum err renew(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(buf_release) struct buf ends = { 0 };
	struct utc_s now = clock_s(&clock_wall), until;
	struct ledger_entry en = { .at = now,
				   .kind = LEDGER_ACT,
				   .purpose = STR("admin"),
				   .object = STR("house"),
				   .action = STR("renew-certificate") };
	enum err e = cli_house_open(c, false, &h);

	if (e)
		return e;
	en.county = area_county(h->area);
	if ((e = house_renew(h, &crypt_random_system, now, &until, &c->fault)) ||
	    (e = db_write(h->db, note_renewed, &en, &c->fault)))
		return e;
	when_iso(&ends, until, h->zone);
	cli_say(c, "服务器证书已换，有效期至 %.*s；运行中的服务一分钟内自行换用",
		"the certificate of the server is renewed and good until %.*s; a server at work "
		"takes it up within a minute",
		(int)ends.n, ends.p);
	json_key(cli_tell(c), "until");
	json_str(cli_tell(c), buf_view(&ends));
	return ends.failed;
}

enum err cli_init(struct cli *c)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	const struct cli_args *a = &c->args;
	struct found_first first;
	struct config config;
	enum crypt_suite suite = CRYPT_WORLD;
	struct utc_s now = clock_s(&clock_wall);
	enum err e;

	if (!a->n_operands)
		return fault_set(&c->fault, ERR_USAGE, "需要文件夹", "needs a folder");
	(void)umask(077);
	if (a->text[CLI_RENEW])
		return renew(c);
	if ((e = settings(a, &config, &c->fault)) ||
	    (e = suite_of(a->text[CLI_SUITE], &suite, &c->fault)))
		return e;
	if ((e = found_house(a->operand[0], &config, suite, now, &first, &c->fault)))
		return e;
	buf_fmt(&text, "%s\n%s\n", first.login, first.password);
	json_key(cli_tell(c), "fingerprint");
	json_str(cli_tell(c), str_of(first.fingerprint));
	cli_say(c,
		"已建好 %s。\n"
		"  首个账号（系统管理员）与一次性口令见标准输出，首次登录须改。\n"
		"  安全管理员等其他账号：outpost user add %s …\n"
		"  台账公钥指纹 %s，请抄写保存，验账时用。\n"
		"  备份密钥 %s/keys/backup.key，请复制到别处，没有它备份打不开。",
		"%s is made.\n"
		"  The first account (system administrator) and its one-time password stand on "
		"standard output; it is to be changed at the first log-in.\n"
		"  For a security administrator and others: outpost user add %s ...\n"
		"  The fingerprint of the ledger's key is %s: write it down, for verifying.\n"
		"  Backups open with %s/keys/backup.key alone: copy it to another place.",
		a->operand[0], a->operand[0], first.fingerprint, a->operand[0]);
	return cli_print(&text, &c->fault);
}
