/*
 * args.h - the words of the command line: every option once, with its help.
 *
 * A verb lists the options it takes; help texts, parsing and refusals come from the one table in
 * args.c. `--name value` and `--name=value` are the same, `--` ends the options, names are never
 * shortened, an option that takes one value is refused when given twice. No global state.
 *
 * Memory:   values point into argv.
 * Errors:   ERR_USAGE with a sentence in both languages.
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H
#include "base/base.h"
#include "base/text.h"

enum cli_lang { CLI_EN, CLI_ZH };

enum cli_option {
	CLI_VISITS,
	CLI_SEGMENTS,
	CLI_CASES,
	CLI_NAMED,
	CLI_PROFILE,
	CLI_GENERATIONS,
	CLI_OUT,
	CLI_OUT_DIR,
	CLI_FORMAT,
	CLI_TABLE_FORMAT,
	CLI_GRAPH_FORMAT,
	CLI_ENCOUNTERS,
	CLI_REFUSED,
	CLI_JSON,
	CLI_MIN_OVERLAP,
	CLI_LAG,
	CLI_PRE_DAYS,
	CLI_TZ,
	CLI_SHEET,
	CLI_TOP,
	CLI_ROWS,
	CLI_SEED,
	CLI_THREADS,
	CLI_DB,
	CLI_SUITE,
	CLI_SET,
	CLI_RENEW,
	CLI_LISTEN,
	CLI_TRACE,
	CLI_MAP,
	CLI_AREA,
	CLI_UNDER,
	CLI_FROM,
	CLI_DRY_RUN,
	CLI_SOURCE,
	CLI_REVIEW,
	CLI_KEYS,
	CLI_AGAINST,
	CLI_FINGERPRINT,
	CLI_ALIVE,
	CLI_APPROVE,
	CLI_ROLES,
	CLI_NAME,
	CLI_MAN,
	CLI_LANG,
	CLI_HELP,
	CLI_OPTION_N
};
#define CLI_BIT(o) (UINT64_C(1) << (o))

enum { CLI_VISITS_MAX = 256, CLI_SETS_MAX = 64, CLI_OPERANDS_MAX = 64, CLI_UNSET = -1 };

struct cli_args {
	const char *text[CLI_OPTION_N]; /* NULL: not given. Flags: "" */
	int64_t number[CLI_OPTION_N];   /* CLI_UNSET: not given */
	const char *visits[CLI_VISITS_MAX];
	size_t n_visits;
	const char *sets[CLI_SETS_MAX];
	size_t n_sets;
	const char *operand[CLI_OPERANDS_MAX];
	size_t n_operands;
};

struct cli; /* cli.h */

struct cli_verb {
	const char *word, *operand; /* operand: NULL, or how help calls them */
	size_t operands_max;        /* 0: one */
	const char *usage;          /* what stands between the word and [options] */
	const char *zh, *en;        /* one line, for the list of verbs */
	const char *more_zh, *more_en;
	uint64_t options;
	enum err (*run)(struct cli *c);
};

/* Read the words after the verb. */
MUST_CHECK enum err cli_args_read(const struct cli_verb *v, int n, char *const *words,
				  struct cli_args *ret, struct fault *f);
void cli_args_help(const struct cli_verb *v, enum cli_lang lang, struct buf *out);
struct cli_option_help {
	const char *word, *value, *zh, *en; /* value: NULL for a flag */
};
struct cli_option_help cli_option_help(enum cli_option o);
/* "--name" as it is written. */
const char *cli_option_word(enum cli_option o);
#endif
