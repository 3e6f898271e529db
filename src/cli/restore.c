/*
 * restore.c - the verb `restore`; and two people who approve that a ledger goes back, each by the
 * password and the code that open their account. These are read from standard input, a line each,
 * never from the command line, which every process may see.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/file.h"
#include "cli/houses.h"
#include "serve/approve.h"
#include "serve/backup.h"

#include "base/ban.h"

enum { LINE_BYTES = 256 };

struct said {
	char password[LINE_BYTES], digits[LINE_BYTES];
};

/* A line without its end. At a terminal nobody sees it. */
static enum err read_line(struct file *in, char ret[LINE_BYTES], struct fault *f)
{
	struct termios plain, silent;
	bool hidden = tcgetattr(STDIN_FILENO, &plain) == 0;
	size_t n = 0, got = 1;
	enum err e = OK;
	char c = 0;

	if (hidden) {
		silent = plain;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	while (!e && !(e = file_read(in, &c, 1, &got, f)) && got && c != '\n' && n + 1 < LINE_BYTES)
		ret[n++] = c;
	ret[n] = '\0';
	if (hidden) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &plain);
		fputc('\n', stderr);
	}
	return e;
}

static enum err ask(struct cli *c, struct file *in, struct str login, struct said *ret)
{
	enum err e;

	cli_say(c, "%.*s 的口令：", "password of %.*s:", (int)login.n, login.p);
	if ((e = read_line(in, ret->password, &c->fault)))
		return e;
	cli_say(c, "%.*s 的验证码（没有则留空）：",
		"code of %.*s (empty if there is none):", (int)login.n, login.p);
	return read_line(in, ret->digits, &c->fault);
}

static enum err approve(void *arg, struct house *h, int64_t ret[HEADS_APPROVERS], struct fault *f)
{
	CLEANUP(file_end) struct file *in = NULL;
	struct cli *c = arg;
	struct said typed[HEADS_APPROVERS];
	struct approve_said said[HEADS_APPROVERS];
	const char *words = c->args.text[CLI_APPROVE];
	enum err e = file_open("-", FILE_READ, &in, f);

	for (size_t i = 0; !e && i < HEADS_APPROVERS; i++) {
		struct str login = { words, strcspn(words, ",") };

		words += login.n + (words[login.n] == ',');
		e = ask(c, in, login, &typed[i]);
		said[i] = (struct approve_said){ login, str_of(typed[i].password),
						 str_of(typed[i].digits) };
	}
	if (!e)
		e = approve_check(h, said, clock_s(&clock_wall), ret, f);
	crypt_wipe(typed, sizeof typed);
	return e;
}

enum err cli_restore(struct cli *c)
{
	const struct backup_ask ask_for = {
		.path = c->args.operand[0],
		.dir = c->args.operand[1],
		.keys = c->args.text[CLI_KEYS],
		.against = c->args.text[CLI_AGAINST],
		.approve = c->args.text[CLI_APPROVE] ? approve : NULL,
		.arg = c,
	};
	struct heads_known known;
	enum err e;

	if (c->args.n_operands != 2)
		return fault_set(&c->fault, ERR_USAGE, "需要备份文件和文件夹",
				 "needs a file and a folder");
	(void)umask(077);
	if ((e = backup_restore(&ask_for, clock_s(&clock_wall), &known, &c->fault)))
		return e;
	json_key(cli_tell(c), "entries_given_up");
	json_i64(cli_tell(c), known.lost);
	if (known.lost)
		cli_say(c, "台账退回：放弃已签的 %lld 条记录，已由两人批准并记账",
			"the ledger went back: %lld signed entries were given up; two people "
			"approved it, and the ledger says so",
			(long long)known.lost);
	return OK;
}
