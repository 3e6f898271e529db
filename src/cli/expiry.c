/*
 * expiry.c - the verb `expiry`: are visits that have ended really gone?
 */
#include <inttypes.h>
#include <string.h>

#include "cli/houses.h"
#include "serve/proof.h"

#include "base/ban.h"

enum { NOT_GONE = 4 };

static void tell_day(struct json *j, const struct proof_day *d)
{
	CLEANUP(buf_release) struct buf day = { 0 };

	when_date(&day, d->day);
	json_open(j, '{');
	json_key(j, "day");
	json_str(j, buf_view(&day));
	json_key(j, "key");
	json_str(j, str_of(d->print));
	json_key(j, "visits");
	json_i64(j, (int64_t)d->visits);
	json_key(j, "gone");
	json_bool(j, !d->key_left && !d->packs_left && !d->segment_left);
	json_close(j, '}');
}

static void say_day(struct cli *c, const struct proof_day *d)
{
	CLEANUP(buf_release) struct buf day = { 0 };

	when_date(&day, d->day);
	if (day.failed)
		return;
	cli_say(c, "%.*s：%" PRIu64 " 条到访，密钥 %s%s%s%s%.0s%.0s%.0s",
		"%.*s: %" PRIu64 " visits, key %s%.0s%.0s%.0s%s%s%s", (int)day.n, day.p, d->visits,
		d->print, d->key_left ? "，密钥仍在" : "", d->packs_left ? "，数据包仍在" : "",
		d->segment_left ? "，分段仍在" : "", d->key_left ? ", the key is left" : "",
		d->packs_left ? ", packs are left" : "",
		d->segment_left ? ", a segment is left" : "");
}

static void say(struct cli *c, const struct proof *p)
{
	for (size_t i = 0; i < p->days.n; i++)
		say_day(c, &p->days.v[i]);
	cli_say(c,
		"%zu 天已到期；查看了 %" PRIu64 " 字节和 %" PRIu64 " 份备份，其中找到已销毁的密钥 "
		"%" PRIu64 " 处",
		"%zu days have ended; of %" PRIu64 " bytes and %" PRIu64
		" backups looked through, %" PRIu64 " places hold a key that was destroyed",
		p->days.n, p->bytes, p->backups, p->keys_found);
	cli_say(c, "%s%.0s", "%.0s%s",
		p->gone ? "到期的到访已无从读取" : "有到期的到访尚未清除干净",
		p->gone ? "nothing can read visits that have ended"
			: "something of visits that have ended is left");
}

enum err cli_expiry(struct cli *c)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(proof_end) struct proof p = { 0 };
	enum err e;

	if (c->args.n_operands < 2 || strcmp(c->args.operand[0], "verify") != 0)
		return fault_set(&c->fault, ERR_USAGE,
				 "应为 outpost expiry verify 文件夹 [备份...]",
				 "it is outpost expiry verify DIR [BACKUP...]");
	c->args.operand[0] = c->args.operand[1];
	if ((e = cli_house_open(c, false, &h)) ||
	    (e = proof_look(h, (const char *const *)c->args.operand + 2, c->args.n_operands - 2, &p,
			    &c->fault)))
		return e;
	if (cli_tells(c)) {
		struct json *j = cli_tell(c);

		json_key(j, "days");
		json_open(j, '[');
		for (size_t i = 0; i < p.days.n; i++)
			tell_day(j, &p.days.v[i]);
		json_close(j, ']');
		json_key(j, "keys_found");
		json_i64(j, (int64_t)p.keys_found);
		json_key(j, "gone");
		json_bool(j, p.gone);
	} else
		say(c, &p);
	c->exit = p.gone ? 0 : NOT_GONE;
	return OK;
}
