/*
 * silent.h - a feed that fell silent is a signal: one for each silence, with a task to whoever
 * answers for the feed's area.
 *
 * What intake found silent and has no signal yet gets one, so nothing is lost by whatever ended
 * between the two, and nothing is formed twice. Where nobody answers it is tried again each time.
 * It ends as every signal does, by people; a feed that speaks again ends nothing.
 */
#ifndef SERVE_SILENT_H
#define SERVE_SILENT_H
#include "loop/loop.h"
#include "serve/serve.h"

/* After intake_tick; open pages hear of it by `told`. */
MUST_CHECK enum err silent_tick(struct serve *s, struct utc_s now, loop_told *told,
				struct fault *f);
#endif
