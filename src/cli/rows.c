/*
 * rows.c - the verbs `import` and `export`: rows of any noun, in from a file and out to one.
 *
 * Whoever can open the folder sits at the machine, and may what the files already let them: all of
 * the house's area and every field. The ledger says that it was done here, by nobody's account.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/book.h"
#include "record/files.h"

#include "base/ban.h"

struct desk_book {
	struct cli_book in;
	struct who who;
	struct files_ask ask;
};

static void book_end(struct desk_book *b)
{
	cli_book_end(&b->in);
}

static enum err book_open(struct cli *c, struct desk_book *b)
{
	enum err e = cli_book_open(c, &b->in);

	if (e || (e = scope_add(&b->who.scope, b->in.h->area, &c->fault)))
		return e;
	b->who.kind = WHO_PERSON;
	b->who.home = b->in.h->area;
	b->who.capabilities = ~capability_bit(CAP_NONE);
	b->who.language = c->lang == CLI_EN ? LANGUAGE_EN : LANGUAGE_ZH;
	b->ask = (struct files_ask){ .book = b->in.book,
				     .db = b->in.h->db,
				     .noun = c->args.operand[1],
				     .who = &b->who,
				     .now = clock_s(&clock_wall),
				     .area = str_of(c->args.text[CLI_AREA] ? c->args.text[CLI_AREA]
									   : "") };
	return OK;
}

/* With --json: its element in the array "refused", which is open. */
static void say_refused(void *arg, uint64_t line, const struct fault *why)
{
	struct cli *c = arg;
	struct json *j;

	if (!cli_tells(c)) {
		cli_say(c, "第 %" PRIu64 " 行：%s%.0s", "row %" PRIu64 ": %.0s%s", line, why->zh,
			why->en);
		return;
	}
	j = cli_tell(c);
	json_open(j, '{');
	json_key(j, "row");
	json_i64(j, (int64_t)line);
	json_key(j, "field");
	if (why->field[0])
		json_str(j, str_of(why->field));
	else
		json_nil(j);
	json_key(j, "message_zh");
	json_str(j, str_of(why->zh));
	json_key(j, "message_en");
	json_str(j, str_of(why->en));
	json_close(j, '}');
}

static void tell_receipts(struct cli *c, struct str lines)
{
	struct json *j = cli_tell(c);

	json_key(j, "receipts");
	json_open(j, '[');
	for (size_t at = 0; at < lines.n;) {
		const char *end = memchr(lines.p + at, '\n', lines.n - at);

		json_str(j, (struct str){ lines.p + at, (size_t)(end - lines.p) - at });
		at = (size_t)(end - lines.p) + 1;
	}
	json_close(j, ']');
}

/* A result over a file of the house, or over what it is made from, would be the end of that. */
static enum err keeps_off(struct cli *c, enum cli_option out)
{
	const char *path = c->args.text[out], *word = cli_option_word(out);

	if (!path)
		return OK;
	if (file_lies_below(path, c->args.operand[0]))
		return fault_set(&c->fault, ERR_USAGE, "%s 不能放在 Outpost 的文件夹 %s 里",
				 "%s cannot lie in the folder of the house, %s", word,
				 c->args.operand[0]);
	if (c->args.n_operands > 2 && file_same(path, c->args.operand[2]))
		return fault_set(&c->fault, ERR_USAGE, "%s 不能是要导入的文件",
				 "%s cannot be the file that is taken in", word);
	return OK;
}

enum err cli_import(struct cli *c)
{
	CLEANUP(book_end) struct desk_book b = { 0 };
	struct files_account n = { 0 };
	const struct files_in in = { .file = c->args.operand[2],
				     .mapping = c->args.text[CLI_MAP],
				     .refused = c->args.text[CLI_REFUSED],
				     .dry = c->args.text[CLI_DRY_RUN] != NULL,
				     .tell = say_refused,
				     .arg = c };
	enum err e, printed = OK;

	if (c->args.n_operands != 3)
		return fault_set(&c->fault, ERR_USAGE, "应为 outpost import 文件夹 对象 文件",
				 "it is outpost import DIR NOUN FILE");
	(void)umask(077);
	if ((e = keeps_off(c, CLI_REFUSED)) || (e = book_open(c, &b)))
		return e;
	json_key(cli_tell(c), "refused");
	json_open(cli_tell(c), '[');
	e = files_take_in(&b.ask, &in, &n, &c->fault);
	json_close(cli_tell(c), ']');
	c->rows = (struct cli_count){ !e, n.in, n.refused, n.duplicate };
	tell_receipts(c, buf_view(&n.receipts));
	if (n.receipts.n)
		printed = cli_print(&n.receipts, e ? NULL : &c->fault);
	buf_release(&n.receipts);
	return e ? e : printed;
}

enum err cli_export(struct cli *c)
{
	CLEANUP(book_end) struct desk_book b = { 0 };
	const char *out = c->args.text[CLI_OUT], *format = c->args.text[CLI_TABLE_FORMAT];
	bool excel = format && strcmp(format, "xlsx") == 0;
	uint64_t n;
	enum err e;

	if (c->args.n_operands != 2)
		return fault_set(&c->fault, ERR_USAGE, "应为 outpost export 文件夹 对象",
				 "it is outpost export DIR NOUN");
	if (format && !excel && strcmp(format, "csv") != 0)
		return fault_set(&c->fault, ERR_USAGE, "--format 只能是 csv 或 xlsx",
				 "--format is csv or xlsx");
	if (excel && !out)
		return fault_set(&c->fault, ERR_USAGE, "xlsx 需要 --out", "xlsx needs --out");
	(void)umask(077);
	if ((e = keeps_off(c, CLI_OUT)) || (e = book_open(c, &b)) ||
	    (e = files_give_out(&b.ask, out ? out : "-", excel, &n, &c->fault)))
		return e;
	json_key(cli_tell(c), "rows");
	json_i64(cli_tell(c), (int64_t)n);
	return OK;
}
