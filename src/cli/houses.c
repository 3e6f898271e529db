/*
 * houses.c - the smaller verbs on a house: area, backup, restore, user.
 */
#include "cli/houses.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dice.h"
#include "grid/area_import.h"
#include "ledger/ledger.h"
#include "serve/backup.h"
#include "serve/found.h"

#include "base/ban.h"

enum err cli_house_open(struct cli *c, bool migrate, struct house **ret)
{
	CLEANUP(house_end) struct house *h = NULL;
	enum err e;

	if (!c->args.n_operands)
		return fault_set(&c->fault, ERR_USAGE, "需要文件夹", "needs a folder");
	if ((e = house_open(c->args.operand[0], &h, &c->fault)) ||
	    (e = house_database(h, migrate, clock_s(&clock_wall), &c->fault)))
		return e;
	*ret = h;
	h = NULL;
	return OK;
}

enum err cli_backup(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	enum err e;

	if (c->args.n_operands != 2)
		return fault_set(&c->fault, ERR_USAGE, "需要文件夹和备份文件",
				 "needs a folder and a file");
	(void)umask(077);
	if ((e = cli_house_open(c, false, &h)))
		return e;
	return backup_make(h, c->args.operand[1], clock_s(&clock_wall), &c->fault);
}

enum err cli_restore(struct cli *c)
{
	if (c->args.n_operands != 2)
		return fault_set(&c->fault, ERR_USAGE, "需要备份文件和文件夹",
				 "needs a file and a folder");
	(void)umask(077);
	return backup_restore(c->args.operand[0], c->args.operand[1], c->args.text[CLI_KEYS],
			      clock_s(&clock_wall), &c->fault);
}

/* ---- areas ------------------------------------ */

struct importing {
	struct area_import *i;
	struct house *h;
	struct utc_s now;
};

static enum err import_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct importing *w = arg;
	char detail[160];
	struct ledger_entry en = {
		.county = area_county(w->h->area),
		.at = w->now,
		.kind = LEDGER_ACT,
		.purpose = STR("admin"),
		.object = STR("area"),
		.action = STR("import"),
	};
	struct area_import_account n;
	enum err e = area_import_run(tx, w->i, f);

	if (e)
		return e;
	n = area_import_account(w->i);
	(void)snprintf(detail, sizeof detail,
		       "rows=%" PRIu64 " accepted=%" PRIu64 " refused=%" PRIu64
		       " duplicate=%" PRIu64,
		       n.rows - n.outside, n.accepted, n.refused, n.duplicate);
	en.detail = str_of(detail);
	return ledger_append(tx, &en, NULL, f);
}

static void say_refused(void *arg, const struct area_import_refusal *r)
{
	cli_say(arg, "%s 第 %" PRIu64 " 行：%s%.0s", "%s row %" PRIu64 ": %.0s%s", r->file,
		r->number, r->why_zh, r->why_en);
}

static enum err import_options(struct cli *c, struct area_import_options *ret)
{
	const char *under = c->args.text[CLI_UNDER], *from = c->args.text[CLI_FROM];
	struct zone *utc = NULL;
	struct when w;
	enum err e;

	*ret = (struct area_import_options){ .from_day = AREA_DAY_FIRST,
					     .dry = c->args.text[CLI_DRY_RUN] != NULL };
	if (under && area_parse(str_of(under), &ret->under))
		return fault_set(&c->fault, ERR_USAGE, "--under 应为区划代码",
				 "--under is the code of an area");
	if (!from)
		return OK;
	if ((e = zone_open("UTC", &utc, &c->fault)))
		return e;
	e = when_read(str_of(from), utc, &w);
	zone_free(utc);
	if (e || w.kind != WHEN_DATE)
		return fault_set(&c->fault, ERR_USAGE, "--from 应为日期，如 2017-04-10",
				 "--from is a date, as 2017-04-10");
	ret->from_day = w.day;
	return OK;
}

enum err cli_area(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(area_import_end) struct area_import *i = NULL;
	struct area_import_options o;
	struct area_import_account n;
	struct importing w;
	enum err e;

	if (c->args.n_operands < 3 || strcmp(c->args.operand[0], "import") != 0)
		return fault_set(&c->fault, ERR_USAGE, "应为 outpost area import 文件夹 文件…",
				 "it is outpost area import DIR FILE...");
	if ((e = import_options(c, &o)) || (e = area_import_new(&o, &i)))
		return e;
	for (size_t k = 2; k < c->args.n_operands; k++)
		if ((e = area_import_file(i, c->args.operand[k], &c->fault)))
			return e;
	c->args.operand[0] = c->args.operand[1];
	if ((e = cli_house_open(c, false, &h)))
		return e;
	w = (struct importing){ i, h, clock_s(&clock_wall) };
	e = o.dry ? db_read(h->db, area_import_run, i, &c->fault)
		  : db_write(h->db, import_act, &w, &c->fault);
	if (e)
		return e;
	area_import_refused(i, say_refused, c);
	n = area_import_account(i);
	c->areas = (struct cli_count){ true, n.rows - n.outside, n.refused, n.duplicate };
	return OK;
}

/* ---- accounts ------------------------------------ */

static enum err roles_of(struct cli *c, uint32_t *ret)
{
	const char *words = c->args.text[CLI_ROLES];

	*ret = 0;
	for (size_t i = 0; words && words[i];) {
		size_t n = strcspn(words + i, ",");
		enum role r;

		if (!role_of((struct str){ words + i, n }, &r))
			return fault_set(&c->fault, ERR_USAGE, "没有 %.*s 这个角色",
					 "there is no role %.*s", (int)min_size(n, 60), words + i);
		*ret |= role_bit(r);
		i += n + (words[i + n] == ',');
	}
	if (*ret)
		return OK;
	return fault_set(&c->fault, ERR_USAGE, "需要 --roles", "needs --roles");
}

enum err cli_user(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct found_account ask = { 0 };
	char password[POLICY_ONCE_BYTES];
	const char *area = c->args.text[CLI_UNDER];
	enum err e;

	if (c->args.n_operands != 3 || strcmp(c->args.operand[0], "add") != 0)
		return fault_set(&c->fault, ERR_USAGE, "应为 outpost user add 文件夹 登录名",
				 "it is outpost user add DIR LOGIN");
	ask.login = str_of(c->args.operand[2]);
	ask.name = str_of(c->args.text[CLI_NAME] ? c->args.text[CLI_NAME] : c->args.operand[2]);
	c->args.operand[0] = c->args.operand[1];
	if ((e = roles_of(c, &ask.roles)) || (e = cli_house_open(c, false, &h)))
		return e;
	ask.area = h->area;
	ask.due = !h->config.demo; /* nobody in a demo is anybody, and its passwords are printed */
	if (area && area_parse(str_of(area), &ask.area))
		return fault_set(&c->fault, ERR_USAGE, "--under 应为区划代码",
				 "--under is the code of an area");
	if ((e = scope_add(&ask.scope, ask.area, &c->fault)) ||
	    (e = found_account(h, &ask, clock_s(&clock_wall), password, &c->fault)))
		return e;
	buf_fmt(&text, "%s\n%s\n", c->args.operand[2], password);
	return cli_print(&text, &c->fault);
}
