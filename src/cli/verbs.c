/*
 * verbs.c - the table of verbs, and the run from the first word to the exit code.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/houses.h"

#include "base/ban.h"

#define COMMON (CLI_BIT(CLI_JSON) | CLI_BIT(CLI_LANG) | CLI_BIT(CLI_HELP))
#define READS \
	(CLI_BIT(CLI_VISITS) | CLI_BIT(CLI_REFUSED) | CLI_BIT(CLI_TZ) | CLI_BIT(CLI_SHEET) | \
	 CLI_BIT(CLI_THREADS))
#define ASKS \
	(CLI_BIT(CLI_SEGMENTS) | CLI_BIT(CLI_CASES) | CLI_BIT(CLI_NAMED) | CLI_BIT(CLI_PROFILE) | \
	 CLI_BIT(CLI_OUT) | CLI_BIT(CLI_MIN_OVERLAP) | CLI_BIT(CLI_LAG) | CLI_BIT(CLI_PRE_DAYS))

// clang-format off
static const struct cli_verb VERBS[] = {
	{ .word = "trace", .usage = "(--visits FILE | --segments DIR) --cases FILE",
	  .zh = "每个病例的接触者，逐代，带证据",
	  .en = "the contacts of every case, generation by generation, with the proof",
	  .more_zh = "结果的列：case,contact,generation,via,class,encounters,overlap_s,"
		     "first_exposure,last_exposure,places,rule,profile",
	  .more_en = "Columns of the result: case,contact,generation,via,class,encounters,"
		     "overlap_s,first_exposure,last_exposure,places,rule,profile",
	  .options = COMMON | READS | ASKS | CLI_BIT(CLI_GENERATIONS) | CLI_BIT(CLI_FORMAT) |
		     CLI_BIT(CLI_ENCOUNTERS),
	  .run = cli_trace },
	{ .word = "seal", .usage = "--visits FILE --out DIR",
	  .zh = "把到访记录封存成可直接查询的文件夹",
	  .en = "build sealed segments from visits, to be asked many times",
	  .more_zh = "文件夹原有的封存数据整体被取代；任何时刻中断，留下的是旧的或新的，不会是一半。",
	  .more_en = "What the folder held before is replaced as a whole; a run killed at any "
		     "moment leaves the old state or the new one.",
	  .options = COMMON | READS | CLI_BIT(CLI_OUT_DIR),
	  .run = cli_seal },
	{ .word = "sources", .usage = "(--visits FILE | --segments DIR) --cases FILE",
	  .zh = "病例可能在哪里、被谁感染：场所、时段与人的排名",
	  .en = "where the cases may have caught it: ranked places, events and people",
	  .more_zh = "窗口：病例给出 from,to，或由 --profile 的潜伏期从 onset 倒推。",
	  .more_en = "The window: from,to of the cases file, or the profile's incubation before "
		     "onset.",
	  .options = COMMON | READS | ASKS | CLI_BIT(CLI_FORMAT) | CLI_BIT(CLI_TOP) |
		     CLI_BIT(CLI_ENCOUNTERS),
	  .run = cli_sources },
	{ .word = "chains", .usage = "[--visits FILE | --segments DIR] --cases FILE [--named FILE]",
	  .zh = "病例之间谁可能传给了谁：遵守时间先后的图",
	  .en = "who may have infected whom among the cases, as a graph that respects time",
	  .more_zh = "给了 --named 时可以没有到访记录，也可以没有病例。",
	  .more_en = "With --named neither visits nor cases are needed.",
	  .options = COMMON | READS | ASKS | CLI_BIT(CLI_GRAPH_FORMAT),
	  .run = cli_chains },
	{ .word = "profiles", .operand = "[ID|FILE]", .usage = "",
	  .zh = "列出疾病规则，显示一个，或检查一个文件",
	  .en = "list the disease profiles, show one, or check a file of them",
	  .options = COMMON,
	  .run = cli_profiles },
	{ .word = "bench", .operand = "trace", .usage = "",
	  .zh = "用合成到访量本机的速度",
	  .en = "figures of this machine on synthetic visits",
	  .options = COMMON | CLI_BIT(CLI_ROWS) | CLI_BIT(CLI_SEED) | CLI_BIT(CLI_THREADS),
	  .run = cli_bench },
	{ .word = "init", .operand = "DIR", .usage = "",
	  .zh = "建一个新的前哨：设置、密钥、数据库、首个账号",
	  .en = "make a new house: settings, keys, database and a first account",
	  .more_zh = "标准输出是首个账号的登录名与一次性口令，各占一行。",
	  .more_en = "Standard output is the login name and the one-time password, a line each.",
	  .options = COMMON | CLI_BIT(CLI_DB) | CLI_BIT(CLI_SUITE) | CLI_BIT(CLI_SET) |
		     CLI_BIT(CLI_RENEW),
	  .run = cli_init },
	{ .word = "serve", .operand = "DIR", .usage = "",
	  .zh = "运行服务，直到收到 SIGTERM",
	  .en = "run the server until SIGTERM",
	  .more_zh = "标准输出的第一行是网址。",
	  .more_en = "The first line of standard output is the URL.",
	  .options = COMMON | CLI_BIT(CLI_LISTEN) | CLI_BIT(CLI_TRACE),
	  .run = cli_serve },
	{ .word = "check", .operand = "DIR", .usage = "",
	  .zh = "检查数据库结构、全部语句与路由",
	  .en = "hold schema, every statement and every route against the database",
	  .options = COMMON,
	  .run = cli_check },
	{ .word = "verify", .operand = "DIR", .usage = "",
	  .zh = "验账：台账是否完整",
	  .en = "is the ledger whole?",
	  .more_zh = "退出码：0 完整，4 被改动，5 分叉，6 缺尾；1 至 3 同其他动词。",
	  .more_en = "Exit codes: 0 whole, 4 broken, 5 forked, 6 tail missing; 1 to 3 as in every "
		     "verb.",
	  .options = COMMON | CLI_BIT(CLI_AGAINST) | CLI_BIT(CLI_FINGERPRINT) | CLI_BIT(CLI_ALIVE),
	  .run = cli_verify },
	{ .word = "fsck", .operand = "DIR", .usage = "",
	  .zh = "检查全部：数据库、台账、每行与台账是否一致、回执是否都在",
	  .en = "look at everything: database, ledger, rows against the ledger, receipts",
	  .more_zh = "退出码同 verify。",
	  .more_en = "Exit codes as of verify.",
	  .options = COMMON | CLI_BIT(CLI_AGAINST) | CLI_BIT(CLI_FINGERPRINT) | CLI_BIT(CLI_ALIVE),
	  .run = cli_fsck },
	{ .word = "expiry", .operand = "verify DIR [BACKUP...]",
	  .operands_max = CLI_OPERANDS_MAX, .usage = "",
	  .zh = "到期的到访记录是否真的无从读取：密钥、数据包、分段，以及全部文件和备份的原始字节",
	  .en = "are visits that have ended really gone: keys, packs, segments, and the raw bytes "
		"of every file and backup",
	  .more_zh = "退出码：0 已无从读取，4 仍有残留；1 至 3 同其他动词。",
	  .more_en = "Exit codes: 0 gone, 4 something is left; 1 to 3 as in every verb.",
	  .options = COMMON,
	  .run = cli_expiry },
	{ .word = "user", .operand = "add DIR LOGIN", .operands_max = 3, .usage = "",
	  .zh = "开一个账号，口令只显示一次",
	  .en = "make an account; its password is told once",
	  .options = COMMON | CLI_BIT(CLI_ROLES) | CLI_BIT(CLI_NAME) | CLI_BIT(CLI_UNDER),
	  .run = cli_user },
	{ .word = "area", .operand = "import|boundary DIR FILE...",
	  .operands_max = CLI_OPERANDS_MAX, .usage = "",
	  .zh = "导入区划（CSV 或 xlsx）或其边界（GeoJSON）",
	  .en = "take areas in (CSV or xlsx), or their outlines (GeoJSON)",
	  .more_zh = "import 的列：code,name，可选 name_en,aliases,from,to,into。\n"
		     "boundary 须有 --source；边界按代码（code、adcode、id）找区划，否则按名称在 --under "
		     "的直接下级里找。",
	  .more_en = "Columns of import: code,name and optional name_en,aliases,from,to,into.\n"
		     "boundary needs --source; an outline finds its area by code (code, adcode, "
		     "id), else by name right below --under.",
	  .options = COMMON | CLI_BIT(CLI_UNDER) | CLI_BIT(CLI_FROM) | CLI_BIT(CLI_DRY_RUN) |
		     CLI_BIT(CLI_SOURCE) | CLI_BIT(CLI_REVIEW),
	  .run = cli_area },
	{ .word = "import", .operand = "DIR NOUN FILE", .operands_max = 3, .usage = "",
	  .zh = "导入一种对象：CSV 或 xlsx；列按名称、标签或 --map 对应",
	  .en = "take rows of a noun in: CSV or xlsx; columns by name, label or --map",
	  .more_zh = "NOUN 如 organisations（见数据字典）。标准输出是回执，每个区县一行。整个文件要么"
		     "逐行有了着落，要么什么也没有发生。",
	  .more_en = "NOUN as organisations (see the data dictionary). Standard output is the "
		     "receipt, a line a county. Either every row has its place in the account, or "
		     "nothing happened.",
	  .options = COMMON | CLI_BIT(CLI_MAP) | CLI_BIT(CLI_AREA) | CLI_BIT(CLI_DRY_RUN) |
		     CLI_BIT(CLI_REFUSED),
	  .run = cli_import },
	{ .word = "export", .operand = "DIR NOUN", .operands_max = 2, .usage = "",
	  .zh = "导出一种对象",
	  .en = "give the rows of a noun out",
	  .options = COMMON | CLI_BIT(CLI_AREA) | CLI_BIT(CLI_TABLE_FORMAT) | CLI_BIT(CLI_OUT),
	  .run = cli_export },
	{ .word = "backup", .operand = "DIR FILE", .operands_max = 2, .usage = "",
	  .zh = "在线备份成一个加密文件，密钥不在其中",
	  .en = "back a house up, while it works, into one sealed file without keys",
	  .options = COMMON,
	  .run = cli_backup },
	{ .word = "restore", .operand = "FILE DIR", .operands_max = 2, .usage = "",
	  .zh = "由备份重建",
	  .en = "make a house of a backup",
	  .more_zh = "备份之后还签过记录的，恢复会让台账退回：须由两人以 --approve 批准。"
		     "没有第二因素的人，验证码一行留空。",
	  .more_en = "If entries were signed after the backup, the ledger would go back, and two "
		     "people must approve by --approve. Who has no second factor leaves the line "
		     "of the code empty.",
	  .options = COMMON | CLI_BIT(CLI_KEYS) | CLI_BIT(CLI_AGAINST) | CLI_BIT(CLI_APPROVE),
	  .run = cli_restore },
	{ .word = "demo", .usage = "",
	  .zh = "造一座合成的小城，追一个病例到第二代",
	  .en = "make a synthetic town and trace one case to the second generation",
	  .options = COMMON | CLI_BIT(CLI_OUT_DIR) | CLI_BIT(CLI_SEED),
	  .run = cli_demo },
	{ .word = "help", .usage = "",
	  .zh = "列出动词；--man 给出手册页",
	  .en = "list the verbs; with --man the manual page",
	  .options = COMMON | CLI_BIT(CLI_MAN),
	  .run = cli_help },
	{ .word = "version", .usage = "",
	  .zh = "显示版本",
	  .en = "show the version",
	  .options = COMMON,
	  .run = cli_version },
};
// clang-format on

static enum cli_lang lang_of_environment(void)
{
	static const char *const NAMES[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		const char *value = getenv(NAMES[i]);

		if (value && value[0])
			return strncmp(value, "zh", 2) == 0 ? CLI_ZH : CLI_EN;
	}
	return CLI_EN;
}

const struct cli_verb *cli_verbs(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(VERBS);
	return VERBS;
}

static enum err set_lang(struct cli *c)
{
	const char *lang = c->args.text[CLI_LANG];

	if (!lang)
		return OK;
	if (strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0)
		return fault_set(&c->fault, ERR_USAGE, "--lang 只能是 zh 或 en",
				 "--lang is zh or en");
	c->lang = lang[0] == 'z' ? CLI_ZH : CLI_EN;
	return OK;
}

static int finish(struct cli *c, enum err e)
{
	bool refused = c->visits.refused || c->cases.refused || c->named.refused ||
		       c->areas.refused || c->rows.refused;
	int code = e ? err_exit(e) : refused ? 1 : c->exit;

	if (e) {
		cli_say_fault(c, e);
		if (e == ERR_USAGE)
			cli_say(c, "见 outpost %s%s--help", "see outpost %s%s--help",
				c->verb ? c->verb->word : "", c->verb ? " " : "");
	}
	cli_say_account(c, code, e);
	buf_release(&c->told);
	return code;
}

static int run_verb(struct cli *c, int n, char *const *words)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	enum err e = cli_args_read(c->verb, n, words, &c->args, &c->fault);

	if (!e)
		e = set_lang(c);
	if (e)
		return finish(c, e);
	if (!c->args.text[CLI_HELP])
		return finish(c, c->verb->run(c));
	cli_args_help(c->verb, c->lang, &text);
	e = cli_print(&text, &c->fault);
	return e ? finish(c, e) : 0;
}

/* The options that people try first are verbs, too. */
static const char *verb_word(const char *word)
{
	if (strcmp(word, "--version") == 0)
		return "version";
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ? "help" : word;
}

int cli_run(int argc, char *const *argv)
{
	struct cli c = { .lang = lang_of_environment(), .terminal = isatty(STDERR_FILENO) == 1 };

	for (size_t o = 0; o < CLI_OPTION_N; o++)
		c.args.number[o] = CLI_UNSET;
	if (argc < 2) {
		CLEANUP(buf_release) struct buf text = { 0 };

		cli_help_all(c.lang, &text);
		fprintf(stderr, "%.*s", (int)text.n, text.p);
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		if (strcmp(verb_word(argv[1]), VERBS[i].word) == 0) {
			c.verb = &VERBS[i];
			return run_verb(&c, argc - 2, argv + 2);
		}
	}
	return finish(&c, fault_set(&c.fault, ERR_USAGE, "没有 %.60s 这个动词",
				    "there is no verb %.60s", argv[1]));
}
