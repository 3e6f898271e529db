/*
 * sound.c - the verbs `verify` and `fsck`: is the ledger whole, is the house in order.
 */
#include <inttypes.h>
#include <string.h>

#include "base/dice.h"
#include "cli/houses.h"
#include "serve/sound.h"

#include "base/ban.h"

static void say_ledger(struct cli *c, const struct house *h, const struct verify_report *r)
{
	CLEANUP(buf_release) struct buf at = { 0 };
	char county[AREA_TEXT_BYTES];

	area_text(r->county, county);
	cli_say(c,
		"台账：%s；%" PRIu64 " 条记录，%" PRIu64 " 个区域，%" PRIu64 " 个账头，%" PRIu64
		" 条尚无账头",
		"ledger: %s; %" PRIu64 " entries, %" PRIu64 " counties, %" PRIu64 " heads, %" PRIu64
		" entries under no head yet",
		verify_word(r->verdict), r->entries, r->counties, r->heads, r->uncovered);
	when_iso(&at, r->last_head_at, h->zone);
	if (r->heads && !at.failed)
		cli_say(c, "最近的账头签于 %.*s", "the last head was signed at %.*s", (int)at.n,
			at.p);
	if (r->restores)
		cli_say(c, "曾由两人批准退回 %" PRIu64 " 次，共放弃已签的 %" PRIu64 " 条记录",
			"went back after a restore %" PRIu64
			" times, approved by two people; %" PRIu64 " signed entries were given up",
			r->restores, r->given_up);
	if (r->fingerprint[0])
		cli_say(c, "台账公钥指纹 %s", "fingerprint of the first key: %s", r->fingerprint);
	if (r->verdict == VERIFY_WHOLE)
		return;
	cli_say(c, "%s%.0s", "%.0s%s", r->zh, r->en);
	cli_say(c, "位置：区域 %s，序号 %" PRId64 "，账头 %" PRId64,
		"where: county %s, seq %" PRId64 ", head %" PRId64, county, r->seq, r->head);
}

/* A slip of whoever types it is no other history. */
static enum err check_fingerprint(struct cli *c)
{
	const char *hex = c->args.text[CLI_FINGERPRINT];
	size_t n = VERIFY_FINGERPRINT_BYTES - 1;

	if (!hex || (strlen(hex) == n && strspn(hex, "0123456789abcdef") == n))
		return OK;
	return fault_set(&c->fault, ERR_USAGE, "--fingerprint 应为 %zu 位十六进制小写字符",
			 "--fingerprint is %zu hexadecimal digits, in small letters", n);
}

static enum err look(struct cli *c, bool whole, struct sound_report *ret)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct sound_ask ask = { .against = c->args.text[CLI_AGAINST],
				 .fingerprint = c->args.text[CLI_FINGERPRINT],
				 .whole = whole };
	enum err e = check_fingerprint(c);

	e = e ? e : cli_house_open(c, false, &h);
	if (c->args.text[CLI_ALIVE])
		ask.alive_at = clock_s(&clock_wall);
	if (e || (e = sound_look(h, &ask, ret, &c->fault)))
		return e;
	if (cli_tells(c))
		verify_tell(&ret->ledger, cli_tell(c));
	else
		say_ledger(c, h, &ret->ledger);
	return OK;
}

enum err cli_verify(struct cli *c)
{
	struct sound_report r;
	enum err e = look(c, false, &r);

	if (e)
		return e;
	c->exit = (int)r.ledger.verdict;
	return OK;
}

static void say_tasks(struct cli *c, const struct loop_report *r)
{
	if (!cli_tells(c)) {
		cli_say(c, "任务：%" PRIu64 " 个，其中 %" PRIu64 " 处不符",
			"tasks: %" PRIu64 ", %" PRIu64 " things wrong", r->tasks, r->wrong);
		if (r->wrong)
			cli_say(c,
				"其中内容不一致 %" PRIu64 "，无人负责 %" PRIu64
				"，无理由推迟 %" PRIu64 "，漏报升级 %" PRIu64 "，重复 %" PRIu64
				"，专项计数不符 %" PRIu64 "，信号无任务也未排除 %" PRIu64
				"，推送无从答复 %" PRIu64 "；首个任务 %" PRId64,
				"of them %" PRIu64 " contradict themselves, %" PRIu64
				" have no owner at work, %" PRIu64
				" were put off without a reason, %" PRIu64
				" escalations were not told, %" PRIu64 " told twice, %" PRIu64
				" counts of campaigns are wrong, %" PRIu64
				" signals have neither task nor dismissal, %" PRIu64
				" pushes cannot be answered; the first task is %" PRId64,
				r->unsound, r->ownerless, r->put_off, r->untold, r->twice,
				r->miscounted, r->dropped, r->stray, r->first_wrong);
		return;
	}
	json_key(cli_tell(c), "tasks");
	json_i64(cli_tell(c), (int64_t)r->tasks);
	json_key(cli_tell(c), "tasks_wrong");
	json_i64(cli_tell(c), (int64_t)r->wrong);
}

/* Where somebody should look; what stands there is not said. */
static void say_clear(struct cli *c, const struct sound_clear *r)
{
	uint64_t n = r->found + r->names;

	cli_say(c,
		"身份：保险库里的 %" PRIu64 " 项，在 %" PRIu64 " 处文字和 %" PRIu64
		" 字节文件里查找，库外发现证件号、电话或住址 %" PRIu64 " 处，像姓名的 %" PRIu64
		" 处",
		"identities: %" PRIu64 " values of the vault, looked for in %" PRIu64
		" texts and %" PRIu64 " bytes of files; outside it %" PRIu64
		" places with an ID number, a telephone or an address, %" PRIu64
		" with what may be a name",
		r->values, r->texts, r->bytes, r->found, r->names);
	for (uint64_t i = 0; i < n && i < SOUND_CLEAR_TOLD; i++)
		cli_say(c, "  请查看 %s", "  look at %s", r->where[i]);
}

enum err cli_fsck(struct cli *c)
{
	struct sound_report r;
	enum err e = look(c, true, &r);

	if (e)
		return e;
	if (cli_tells(c)) {
		json_key(cli_tell(c), "batches");
		json_i64(cli_tell(c), (int64_t)r.intake.batches);
		json_key(cli_tell(c), "batches_wrong");
		json_i64(cli_tell(c), (int64_t)r.intake.wrong);
		json_key(cli_tell(c), "files");
		json_i64(cli_tell(c), (int64_t)r.evidence.files);
		json_key(cli_tell(c), "files_wrong");
		json_i64(cli_tell(c), (int64_t)r.evidence.wrong);
		json_key(cli_tell(c), "files_without_row");
		json_i64(cli_tell(c), (int64_t)r.evidence.orphans);
		json_key(cli_tell(c), "receipts");
		json_i64(cli_tell(c), (int64_t)r.receipts);
		json_key(cli_tell(c), "receipts_lost");
		json_i64(cli_tell(c), (int64_t)r.receipts_lost);
		json_key(cli_tell(c), "segments");
		json_i64(cli_tell(c), (int64_t)r.trail.segments);
		json_key(cli_tell(c), "segments_wrong");
		json_i64(cli_tell(c), (int64_t)r.trail.wrong);
		json_key(cli_tell(c), "in_clear");
		json_i64(cli_tell(c), (int64_t)r.clear.found);
		json_key(cli_tell(c), "names_in_clear");
		json_i64(cli_tell(c), (int64_t)r.clear.names);
	} else {
		cli_say(c, "回执：%" PRIu64 " 张，其中 %" PRIu64 " 张在台账里找不到",
			"receipts: %" PRIu64 ", of which %" PRIu64 " have no entry", r.receipts,
			r.receipts_lost);
		cli_say(c, "到访分段：%" PRIu64 " 个，其中 %" PRIu64 " 个与数据包不符",
			"segments of visits: %" PRIu64 ", of which %" PRIu64
			" are not what their packs say",
			r.trail.segments, r.trail.wrong);
		cli_say(c, "批次：%" PRIu64 " 个，其中 %" PRIu64 " 个对不上账",
			"batches: %" PRIu64 ", of which %" PRIu64 " do not add up",
			r.intake.batches, r.intake.wrong);
		say_clear(c, &r.clear);
		cli_say(c,
			"任务附件：%" PRIu64 " 个，其中 %" PRIu64 " 个缺失或不符；另有 %" PRIu64
			" 个文件无记录，运行中会自动清除",
			"files of tasks: %" PRIu64 ", of which %" PRIu64
			" are missing or not what they were; %" PRIu64
			" files without a row, which a house at work removes",
			r.evidence.files, r.evidence.wrong, r.evidence.orphans);
	}
	say_tasks(c, &r.loop);
	if ((r.trail.wrong || r.intake.wrong || r.loop.wrong || r.clear.found ||
	     r.evidence.wrong) &&
	    r.ledger.verdict == VERIFY_WHOLE) {
		c->exit = (int)VERIFY_BROKEN;
		return OK;
	}
	c->exit = r.receipts_lost ? (int)VERIFY_TAIL_MISSING : (int)r.ledger.verdict;
	return OK;
}
