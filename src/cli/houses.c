/*
 * houses.c - the smaller verbs on a house: backup, user.
 */
#include "cli/houses.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dice.h"
#include "grid/area.h"
#include "serve/backup.h"
#include "serve/found.h"

#include "base/ban.h"

enum err cli_house_find(struct cli *c, struct house **ret)
{
	if (!c->args.n_operands)
		return fault_set(&c->fault, ERR_USAGE, "需要文件夹", "needs a folder");
	return house_open(c->args.operand[0], ret, &c->fault);
}

enum err cli_house_open(struct cli *c, bool migrate, struct house **ret)
{
	CLEANUP(house_end) struct house *h = NULL;
	enum err e;

	if ((e = cli_house_find(c, &h)) ||
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

struct lying {
	struct area_code in, house;
	int32_t day;
};

/* Whoever answers for an area that is not there sees nothing, and is told so nowhere. */
static enum err lies_somewhere(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct lying *w = arg;
	struct fault unasked = { 0 };
	struct area at;
	enum err e = arena_new(1 << 16, &a);

	if (e)
		return e;
	/* A house whose own area is not there has no tree yet, or is the nation's. */
	if (area_find(tx, w->house, w->day, a, &at, &unasked))
		return OK;
	return area_find(tx, w->in, w->day, a, &at, f);
}

enum err cli_user(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct found_account ask = { 0 };
	char password[POLICY_ONCE_BYTES];
	const char *area = c->args.text[CLI_UNDER];
	struct utc_s now = clock_s(&clock_wall);
	struct lying lying;
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
	lying = (struct lying){ ask.area, h->area, zone_day_of(h->zone, now) };
	if ((e = db_read(h->db, lies_somewhere, &lying, &c->fault)) ||
	    (e = scope_add(&ask.scope, ask.area, &c->fault)) ||
	    (e = found_account(h, &ask, now, password, &c->fault)))
		return e;
	buf_fmt(&text, "%s\n%s\n", c->args.operand[2], password);
	return cli_print(&text, &c->fault);
}
