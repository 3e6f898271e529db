/*
 * rules.h - what a run asks the engine: the profile chosen, its overrides, the world it sees.
 *
 * Life:     rules_begin (before anything is read) -> rules_window for cases -> rules_bind (when
 *           all names are known) -> rules.ask is ready -> rules_end.
 */
#ifndef CLI_RULES_H
#define CLI_RULES_H
#include "base/base.h"
#include "base/memory.h"
#include "cli/load.h"
#include "profile/profile.h"

struct rules {
	struct arena *arena;
	const struct zone *zone;       /* of --tz; the load's */
	const struct profile *profile; /* NULL: none chosen */
	struct profile_overrides overrides;
	struct trace_rules rules;
	struct trace_world world;
	struct trace_ask ask;
};

MUST_CHECK enum err rules_begin(struct cli *c, struct rules *ret);
void rules_end(struct rules *r); /* for CLEANUP() */
/* A load_window: the infectious window by the profile. arg is the rules. */
enum err rules_window(void *arg, struct load_case *k, struct fault *f);
/* rules_window, or NULL if there is no profile to work windows out with. */
load_window *rules_window_if_any(const struct rules *r);
/* ask = the rules over the loaded names, with every named contact, and with proof. */
MUST_CHECK enum err rules_bind(struct rules *r, struct load *l);
/* The word for a rule in results. */
struct str rules_word(const struct rules *r, uint16_t rule);
/* Whether --profile or an operand names a file and not an id. */
bool rules_is_file(const char *path);
/* Read a profile file, and say every fault of it. */
MUST_CHECK enum err rules_file(struct cli *c, const char *path, struct arena *a,
			       struct profile_set *ret);
#endif
