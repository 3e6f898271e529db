/*
 * moved.h - the grid changes, and every open task has an owner again in the same transaction.
 *
 * A duty is assigned, ended or given to another officer; an officer leaves, returns or changes
 * organisation; an organisation is suspended or resumed; areas are merged. For each open task that
 * this touches:
 *
 *   - an offer to an organisation that is gone is refused by the house,
 *   - a task whose owner is gone goes to who answers for its place now,
 *   - a task whose owner owned it because they answered for its place follows the answer: at once
 *     if they no longer answer there, and, while nobody has accepted it, also if somebody nearer
 *     does now (a duty that ended and was assigned anew takes its tasks back),
 *   - a task that somebody was given in person, or accepted, stays with them,
 *   - checker, line and sender are told anew if they differ.
 *
 * If a task would then have nobody to own or to check it, the change is refused: the sentence says
 * how many they are, for instance where, and what to do first.
 *
 * Shapes:   linear in the open tasks below what changed. A province's own duty touches them all.
 * Errors:   ERR_CONFLICT tasks would be without an owner; what loop_do says. All undo the change.
 * Source:   docs/adr/0025-moved.md
 */
#ifndef LOOP_MOVED_H
#define LOOP_MOVED_H
#include "loop/loop.h"

enum { LOOP_FOLLOWERS = 3 };
/* For record_options: `h` must outlive the book, its loop may be opened after it. */
void loop_followers(struct loop_house *h, struct record_follower ret[LOOP_FOLLOWERS]);

/* This organisation is no longer active; its row says so already. */
MUST_CHECK enum err loop_moved(struct loop *l, struct call *c, struct tx *tx,
			       struct flow_party gone, struct utc_s now, struct fault *f);
/* These areas were merged into others; the tree says so already. */
MUST_CHECK enum err loop_merged(struct loop *l, struct call *c, struct tx *tx,
				const struct area_code *gone, size_t n, struct utc_s now,
				struct fault *f);
#endif
