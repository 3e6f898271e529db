/*
 * man.c - the verbs `help` and `version`; with --man the manual page, from the same tables as help.
 *
 * A page is roff: a line that begins with a dot is a request, a backslash begins an escape, and a
 * plain minus is a hyphen. So text goes through put_text, and words to be typed through put_word.
 * Chinese has no blanks: a line may be broken after every character that is not of ASCII, and
 * after a comma.
 */
#include <string.h>

#include "cli/cli.h"
#include "serve/config.h"

#include "base/ban.h"

static void put_text(struct buf *b, const char *s)
{
	if (*s == '.' || *s == '\'')
		buf_lit(b, "\\&");
	for (; *s; s++) {
		if (*s == '\\')
			buf_lit(b, "\\e");
		else
			buf_char(b, *s);
		if (*s == '\n' && (s[1] == '.' || s[1] == '\''))
			buf_lit(b, "\\&");
		if (*s == ',' || ((*s & 0x80) && (s[1] & 0xC0) != 0x80))
			buf_lit(b, "\\:");
	}
}

/* As it is typed: with a minus, not a hyphen, and never broken. */
static void put_word(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '-')
			buf_lit(b, "\\-");
		else if (*s == '\\')
			buf_lit(b, "\\e");
		else
			buf_char(b, *s);
	}
}

struct page {
	struct buf *b;
	bool zh;
};

static const char *pick(const struct page *p, const char *zh, const char *en)
{
	return p->zh ? zh : en;
}

static void section(const struct page *p, const char *zh, const char *en)
{
	buf_lit(p->b, ".SH ");
	put_text(p->b, pick(p, zh, en));
	buf_char(p->b, '\n');
}

static void paragraph(const struct page *p, const char *text)
{
	put_text(p->b, text);
	buf_char(p->b, '\n');
}

/* ---- verbs ---------------------------------------------------------------------------------- */

static void option(const struct page *p, enum cli_option o)
{
	struct cli_option_help h = cli_option_help(o);

	buf_lit(p->b, ".TP\n\\fB");
	put_word(p->b, h.word);
	buf_lit(p->b, "\\fR");
	if (h.value) {
		buf_lit(p->b, " \\fI");
		put_word(p->b, h.value);
		buf_lit(p->b, "\\fR");
	}
	buf_char(p->b, '\n');
	paragraph(p, pick(p, h.zh, h.en));
}

static void verb(const struct page *p, const struct cli_verb *v)
{
	buf_lit(p->b, ".SS outpost ");
	put_word(p->b, v->word);
	buf_lit(p->b, "\n\\fBoutpost ");
	put_word(p->b, v->word);
	buf_lit(p->b, "\\fR");
	for (int i = 0; i < 2; i++) {
		const char *words = i == 0 ? v->operand : v->usage;

		if (!words || !words[0])
			continue;
		buf_char(p->b, ' ');
		put_word(p->b, words);
	}
	buf_lit(p->b, p->zh ? " [选项]\n.PP\n" : " [options]\n.PP\n");
	paragraph(p, pick(p, v->zh, v->en));
	if (v->more_en) {
		buf_lit(p->b, ".PP\n");
		paragraph(p, pick(p, v->more_zh, v->more_en));
	}
	for (int o = 0; o < CLI_OPTION_N; o++)
		if (v->options & CLI_BIT(o))
			option(p, (enum cli_option)o);
}

/* ---- the rest of the page ------------------------------------------------------------------- */

static void exits(const struct page *p)
{
	static const struct {
		const char *code, *zh, *en;
	} CODES[] = {
		{ "0", "一切正常", "all good" },
		{ "1", "完成，但有行被拒绝", "done, but some rows were refused" },
		{ "2", "用法有误，或输入读不了；没有写出结果",
		  "wrong usage, or input that cannot be read; no result was written" },
		{ "3", "内部错误或内存不足；没有写出结果",
		  "our mistake, or no memory; no result was written" },
		{ "4", "verify、fsck：台账或某一行被改动",
		  "verify, fsck: ledger or a row was changed" },
		{ "5", "verify、fsck：另有一段历史", "verify, fsck: another history is told" },
		{ "6", "verify、fsck：缺尾", "verify, fsck: the tail is missing" },
	};

	section(p, "退出码", "EXIT STATUS");
	for (size_t i = 0; i < ARRAY_LEN(CODES); i++) {
		buf_fmt(p->b, ".TP\n\\fB%s\\fR\n", CODES[i].code);
		paragraph(p, pick(p, CODES[i].zh, CODES[i].en));
	}
}

static void files(const struct page *p)
{
	static const struct {
		const char *name, *zh, *en;
	} FILES[] = {
		{ "outpost.ini", "设置", "settings" },
		{ "outpost.sqlite", "数据库（用 PostgreSQL 时没有）",
		  "the database, unless it is PostgreSQL" },
		{ "keys/", "密钥：不进备份，请另存一份",
		  "keys: in no backup, keep a copy elsewhere" },
		{ "tls/authority.pem", "装到终端上的根证书",
		  "the authority, to be put onto the devices" },
		{ "tls/server.pem", "服务器证书", "the certificate of the server" },
		{ "heads/heads", "台账的全部已签账头", "every signed head of the ledger" },
	};

	section(p, "文件", "FILES");
	paragraph(p, pick(p, "一个前哨是一个文件夹，其中：", "A house is a folder; in it:"));
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
		buf_lit(p->b, ".TP\n\\fI");
		put_word(p->b, FILES[i].name);
		buf_lit(p->b, "\\fR\n");
		paragraph(p, pick(p, FILES[i].zh, FILES[i].en));
	}
}

static void settings(const struct page *p)
{
	section(p, "设置", "SETTINGS");
	paragraph(p,
		  pick(p, "outpost.ini 里可写的全部，节与键；写错一处就不启动。",
		       "All that outpost.ini may say, by section and key; one mistake in it, and "
		       "nothing starts."));
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		if (i == 0 || strcmp(k->section, config_keys[i - 1].section) != 0)
			buf_fmt(p->b, ".SS [%s]\n", k->section);
		buf_lit(p->b, ".TP\n\\fB");
		put_word(p->b, k->name);
		buf_lit(p->b, "\\fR");
		if (k->preset[0]) {
			buf_lit(p->b, " = ");
			put_word(p->b, k->preset);
		}
		buf_char(p->b, '\n');
		paragraph(p, pick(p, k->zh, k->en));
		if (k->type == CONFIG_NUMBER)
			buf_fmt(p->b, p->zh ? "（%lld 到 %lld）\n" : "(%lld to %lld)\n",
				(long long)k->min, (long long)k->max);
	}
}

static void man(const struct page *p)
{
	size_t n;
	const struct cli_verb *v = cli_verbs(&n);

	buf_lit(p->b, ".TH OUTPOST 1 \"\" \"outpost " CLI_VERSION "\"\n.nh\n.ad l\n");
	section(p, "名称", "NAME");
	buf_lit(p->b, "outpost \\- ");
	paragraph(p, pick(p, "接触追踪，与一座县级平台的服务器",
			  "contacts traced from visits, and the server of a county house"));
	section(p, "概要", "SYNOPSIS");
	buf_fmt(p->b, "\\fBoutpost\\fR \\fI%s\\fR\n", p->zh ? "动词 [选项]" : "VERB [options]");
	section(p, "说明", "DESCRIPTION");
	paragraph(
		p,
		pick(p,
		     "标准输出只有结果，其余都在标准错误上。选项名不可缩写；--name=value 等于 "
		     "--name value；-- 之后没有选项。拒绝总是中英文各说一遍。",
		     "Standard output carries results and nothing else; everything said goes to "
		     "standard error. Names of options are never shortened, --name=value is --name "
		     "value, and -- ends the options. A refusal is said in Chinese and English."));
	section(p, "动词", "VERBS");
	for (size_t i = 0; i < n; i++)
		verb(p, &v[i]);
	exits(p);
	files(p);
	settings(p);
	section(p, "环境变量", "ENVIRONMENT");
	buf_lit(p->b, ".TP\n\\fBLC_ALL\\fR, \\fBLC_MESSAGES\\fR, \\fBLANG\\fR\n");
	paragraph(p,
		  pick(p, "第一个有值的若以 zh 开头，信息用中文，否则用英文。",
		       "If the first that is set begins with zh, messages are in Chinese, else in "
		       "English."));
	buf_lit(p->b, ".TP\n\\fBTMPDIR\\fR\n");
	paragraph(p, pick(p, "临时文件放在哪里。", "Where files under way lie."));
}

/* ---- verbs ---------------------------------------------------------------------------------- */

void cli_help_all(enum cli_lang lang, struct buf *out)
{
	bool zh = lang == CLI_ZH;
	size_t n;
	const struct cli_verb *v = cli_verbs(&n);

	buf_lit(out,
		zh ? "outpost（前哨）：由到访与病例算出接触者；一座前哨的服务器\n\n"
		     "用法：outpost 动词 [选项]\n\n"
		   : "outpost: contacts computed from visits and cases; the server of a house\n\n"
		     "Usage: outpost VERB [options]\n\n");
	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "  %-10s%s\n", v[i].word, zh ? v[i].zh : v[i].en);
	buf_lit(out,
		zh ? "\noutpost 动词 --help 显示该动词的选项。\n"
		     "退出码：0 一切正常；1 完成，但有行被拒绝；2 用法或输入有误；3 内部错误。\n"
		   : "\noutpost VERB --help shows the options of a verb.\n"
		     "Exit codes: 0 all good, 1 done but some rows were refused, 2 usage or "
		     "unreadable input, 3 internal.\n");
}

enum err cli_help(struct cli *c)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	const struct page p = { &text, c->lang == CLI_ZH };

	if (c->args.text[CLI_MAN])
		man(&p);
	else
		cli_help_all(c->lang, &text);
	return cli_print(&text, &c->fault);
}

enum err cli_version(struct cli *c)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_lit(&text, "outpost " CLI_VERSION "\n");
	json_key(cli_tell(c), "version");
	json_str(cli_tell(c), STR(CLI_VERSION));
	return cli_print(&text, &c->fault);
}
