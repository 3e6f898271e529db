/*
 * many.h - new tasks and the first row of their stories, many in one statement. For src/loop alone.
 *
 * Life:     many_sql_new at loop_open; many_tasks_new, _add in the order of counties, _flush.
 * Shapes:   MANY_AT_ONCE rows a statement.
 */
#ifndef LOOP_MANY_H
#define LOOP_MANY_H
#include "loop/inside.h"

enum { MANY_AT_ONCE = 32 };

struct many_sql; /* the statements, as text: theirs is loop->many */
MUST_CHECK enum err many_sql_new(struct many_sql **ret);
void many_sql_end(struct many_sql **m);
struct sql_list many_sql_list(const struct many_sql *m); /* for db_prepare */

/* All of them were raised by the same event, at the same moment. */
struct many_task {
	struct task row;
	struct flow_task t;
	int64_t about_id, campaign, key;
};
struct many_tasks;
MUST_CHECK enum err many_tasks_new(struct loop *l, struct tx *tx, const struct flow_event *ev,
				   struct many_tasks **ret);
void many_tasks_end(struct many_tasks **m);
MUST_CHECK enum err many_tasks_add(struct many_tasks *m, const struct many_task *t,
				   struct fault *f);
MUST_CHECK enum err many_tasks_flush(struct many_tasks *m, struct fault *f);
#endif
