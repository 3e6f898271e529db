/*
 * cli.h - one run of the program: its words, its language, its account.
 *
 * cli_run is the whole program without main(), so that tests and the fuzz target can call it.
 * Standard output carries results and nothing else; everything said goes to standard error, and
 * the account is its last word. A run that ends with 2 or 3 has written no result.
 *
 * Life:     cli_run(argc, argv) -> exit code; nothing outlives it.
 * Errors:   exit codes: 0 all good, 1 done but rows were refused, 2 usage or unreadable input,
 *           3 ours.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "base/base.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/args.h"

struct cli_count {
	bool given;
	uint64_t in, refused, duplicate;
};

struct cli {
	struct cli_args args;
	const struct cli_verb *verb;
	enum cli_lang lang;
	bool terminal; /* standard error is one: a progress bar may be drawn */
	struct cli_count visits, cases, named, areas, rows;
	char profile[128]; /* as results name it; "" for none */
	int exit;          /* of a run that went well: what it found, for verify and fsck */
	struct fault fault;
	struct buf told; /* what cli_tell's writer wrote */
	struct json tell;
};

#define CLI_VERSION "0.1.0"

/* argv[0] is the program. */
int cli_run(int argc, char *const *argv);

/* The verbs, one each in the file of its name. */
enum err cli_trace(struct cli *c);
enum err cli_seal(struct cli *c);
enum err cli_sources(struct cli *c);
enum err cli_chains(struct cli *c);
enum err cli_profiles(struct cli *c);
enum err cli_bench(struct cli *c);
enum err cli_demo(struct cli *c);
enum err cli_help(struct cli *c);
enum err cli_version(struct cli *c);

/* The table of them, in the order in which people are told. */
const struct cli_verb *cli_verbs(size_t *ret_n);
void cli_help_all(enum cli_lang lang, struct buf *out);

/* ---- say.c: what is said on standard error -------------------------------------------------- */
/* One line in the language of the run; both formats take the same arguments. */
void cli_say(const struct cli *c, const char *zh, const char *en, ...) PRINTF(2, 4) PRINTF(3, 4);
/* The fault in both languages, the run's own first. */
void cli_say_fault(const struct cli *c, enum err e);
/* Text from a file, fit for a terminal: control bytes become '?', at most 200 bytes. */
void cli_say_put(struct buf *b, struct str s);
/* The object that --json ends with, open: a verb may add what it found to the account. */
struct json *cli_tell(struct cli *c);
bool cli_tells(const struct cli *c); /* is --json asked for? */
/* The account, as lines or as JSON; the last thing a run says. */
void cli_say_account(struct cli *c, int exit_code, enum err e);
/* Redraw the progress bar if there is a terminal; total 0: unknown. */
void cli_say_progress(const struct cli *c, uint64_t done, uint64_t total, uint64_t rows);
void cli_say_progress_end(const struct cli *c);
/* Write text to standard output. */
MUST_CHECK enum err cli_print(const struct buf *b, struct fault *f);
#endif
