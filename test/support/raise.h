/*
 * raise.h - a small schema and one act on it that is easily seen to be whole or half: a signal, its
 * task, and the head that counts them.
 */
#ifndef TEST_SUPPORT_RAISE_H
#define TEST_SUPPORT_RAISE_H
#include "base/base.h"
#include "db/db.h"
#include "db/step.h"

enum { RAISE_STEPS = 2 };
extern const struct db_step raise_steps[RAISE_STEPS];

/* arg: int64_t *, which gets the number of the signal; they count up without a gap. */
enum err raise_act(struct tx *tx, void *arg, struct fault *f);

struct raise_figures {
	int64_t head, signals, tasks, last;
};
/* arg: struct raise_figures *. */
enum err raise_figures_act(struct tx *tx, void *arg, struct fault *f);
bool raise_whole(const struct raise_figures *n);
#endif
