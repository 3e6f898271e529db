/*
 * say.c - everything a run says, in the two languages, on standard error.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"

#include "base/ban.h"

enum { SAY_BYTES_MAX = 200, COUNTS = 5 };

void cli_say(const struct cli *c, const char *zh, const char *en, ...)
{
	va_list ap;

	fputs("outpost: ", stderr);
	va_start(ap, en);
	vfprintf(stderr, c->lang == CLI_ZH ? zh : en, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cli_say_put(struct buf *b, struct str s)
{
	for (size_t i = 0; i < min_size(s.n, SAY_BYTES_MAX); i++) {
		unsigned char byte = (unsigned char)s.p[i];

		buf_char(b, byte < 0x20 || byte == 0x7f ? '?' : s.p[i]);
	}
	if (s.n > SAY_BYTES_MAX)
		buf_lit(b, "...");
}

void cli_say_fault(const struct cli *c, enum err e)
{
	const char *zh = c->fault.code ? c->fault.zh : err_zh(e);
	const char *en = c->fault.code ? c->fault.en : err_en(e);

	fprintf(stderr, "outpost: %s\noutpost: %s\n", c->lang == CLI_ZH ? zh : en,
		c->lang == CLI_ZH ? en : zh);
}

/* ---- the account ---------------------------------------------------------------------------- */

struct named_count {
	const char *name;
	const struct cli_count *count;
};

static void counts_of(const struct cli *c, struct named_count ret[static COUNTS])
{
	ret[0] = (struct named_count){ "visits", &c->visits };
	ret[1] = (struct named_count){ "cases", &c->cases };
	ret[2] = (struct named_count){ "named", &c->named };
	ret[3] = (struct named_count){ "areas", &c->areas };
	ret[4] = (struct named_count){ "rows", &c->rows };
}

static uint64_t accepted(const struct cli_count *k)
{
	return k->in - k->refused - k->duplicate;
}

static void account_lines(const struct cli *c)
{
	struct named_count counts[COUNTS];

	counts_of(c, counts);
	for (size_t i = 0; i < COUNTS; i++) {
		const struct cli_count *k = counts[i].count;

		if (k->given)
			fprintf(stderr,
				"%s: %" PRIu64 " in = %" PRIu64 " accepted + %" PRIu64
				" refused + %" PRIu64 " duplicate\n",
				counts[i].name, k->in, accepted(k), k->refused, k->duplicate);
	}
}

static void account_counts(const struct cli *c, struct json *j)
{
	struct named_count counts[COUNTS];

	counts_of(c, counts);
	for (size_t i = 0; i < COUNTS; i++) {
		const struct cli_count *k = counts[i].count;

		if (!k->given)
			continue;
		json_key(j, counts[i].name);
		json_open(j, '{');
		json_key(j, "in");
		json_i64(j, (int64_t)k->in);
		json_key(j, "accepted");
		json_i64(j, (int64_t)accepted(k));
		json_key(j, "refused");
		json_i64(j, (int64_t)k->refused);
		json_key(j, "duplicate");
		json_i64(j, (int64_t)k->duplicate);
		json_close(j, '}');
	}
}

static void account_rules(const struct cli *c, struct json *j)
{
	static const struct {
		enum cli_option option;
		const char *key;
	} OVERRIDES[] = {
		{ CLI_MIN_OVERLAP, "min_overlap" },
		{ CLI_LAG, "lag" },
		{ CLI_PRE_DAYS, "pre_days" },
	};

	if (!(c->verb->options & CLI_BIT(CLI_PROFILE)))
		return;
	json_key(j, "profile");
	json_str(j, str_of(c->profile));
	json_key(j, "overrides");
	json_open(j, '{');
	for (size_t i = 0; i < ARRAY_LEN(OVERRIDES); i++) {
		if (c->args.number[OVERRIDES[i].option] == CLI_UNSET)
			continue;
		json_key(j, OVERRIDES[i].key);
		json_i64(j, c->args.number[OVERRIDES[i].option]);
	}
	json_close(j, '}');
}

static void json_sentence(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_str(j, str_of(text));
}

struct json *cli_tell(struct cli *c)
{
	if (!c->tell.out) {
		json_begin(&c->tell, &c->told);
		json_open(&c->tell, '{');
	}
	return &c->tell;
}

bool cli_tells(const struct cli *c)
{
	return c->args.text[CLI_JSON] != NULL;
}

static void account_json(struct cli *c, int exit_code, enum err e)
{
	struct json *j;

	if (e) { /* nothing that was found before it counts */
		buf_clear(&c->told);
		c->tell.out = NULL;
	}
	j = cli_tell(c);
	if (!e) {
		account_counts(c, j);
		account_rules(c, j);
	} else {
		json_key(j, "error");
		json_open(j, '{');
		json_sentence(j, "code", err_word(e));
		json_sentence(j, "message_zh", c->fault.code ? c->fault.zh : err_zh(e));
		json_sentence(j, "message_en", c->fault.code ? c->fault.en : err_en(e));
		json_close(j, '}');
	}
	json_key(j, "exit");
	json_i64(j, exit_code);
	json_close(j, '}');
	if (!c->told.failed)
		fprintf(stderr, "%.*s\n", (int)c->told.n, c->told.p);
}

void cli_say_account(struct cli *c, int exit_code, enum err e)
{
	if (cli_tells(c))
		account_json(c, exit_code, e);
	else if (!e)
		account_lines(c);
}

/* ---- progress ------------------------------------------------------------------------------- */

void cli_say_progress(const struct cli *c, uint64_t done, uint64_t total, uint64_t rows)
{
	char bar[41];
	uint64_t full = total ? done * 40 / total : 0;

	if (!c->terminal)
		return;
	full = full > 40 ? 40 : full;
	memset(bar, '-', 40);
	memset(bar, '#', full);
	bar[40] = '\0';
	if (total)
		fprintf(stderr, "\r[%s] %3" PRIu64 "%%  %" PRIu64, bar, full * 100 / 40, rows);
	else
		fprintf(stderr, "\r%" PRIu64, rows);
}

void cli_say_progress_end(const struct cli *c)
{
	if (c->terminal)
		fputs("\r\033[K", stderr);
}

enum err cli_print(const struct buf *b, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	if (b->failed)
		return b->failed;
	if ((e = file_open("-", FILE_REPLACE, &fl, f)))
		return e;
	if ((e = file_write(fl, b->p, b->n, f)))
		return e;
	return file_close(&fl, f);
}
