/* many.c - see many.h. */
#include "loop/many.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

enum { TITLE_BYTES = 480, TASK_SAME = 19, TASK_EACH = 7, STORY_SAME = 8, STORY_EACH = 3 };

/* ---- the statements ------------------------------------------------------------------------- */

struct many_sql {
	struct sql v[4]; /* tasks and stories, MANY_AT_ONCE of each; then one of each */
	char *text[4], *args[4];
};
enum { TASKS, STORIES, TASK, STORY };

static const char task_head[] =
	"INSERT INTO tasks (county, area, id, version, state, created_at, updated_at, created_by, "
	"kind, sector, rule, title, detail, about, about_id, campaign, owner, checker, sender, "
	"needs, level, late, stage, next_by, due, accept_by, done_by, city, packed) VALUES ";
static const char story_head[] =
	"INSERT INTO task_history (county, task, version, n, turn, at, event, actor, party, owner, "
	"to_whom, level, done_by, key) VALUES ";

static void task_row(struct buf *b, size_t at)
{
	buf_fmt(b,
		"($1, $%zu, $%zu, 1, $2, $3, $3, $4, $5, $6, $7, $%zu, $8, $9, $%zu, $10, $%zu, "
		"$%zu, $11, $12, 0, $18, $13, $14, $15, $16, $17, $19, $%zu)",
		at, at + 1, at + 2, at + 3, at + 4, at + 5, at + 6);
}

static void story_row(struct buf *b, size_t at)
{
	buf_fmt(b, "($1, $%zu, 1, 0, $2, $3, $4, $5, $6, $%zu, $7, 0, $8, $%zu)", at, at + 1,
		at + 2);
}

static enum err compose(struct many_sql *m, int which, const char *name, size_t n)
{
	CLEANUP(buf_release) struct buf text = { 0 }, args = { 0 };
	bool tasks = which == TASKS || which == TASK;

	buf_lit(&text, tasks ? task_head : story_head);
	buf_lit(&args, tasks ? "itiitttttiiitiiiiii" : "iiitiiii");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_lit(&text, ", ");
		if (tasks)
			task_row(&text, TASK_SAME + 1 + i * TASK_EACH);
		else
			story_row(&text, STORY_SAME + 1 + i * STORY_EACH);
		buf_lit(&args, tasks ? "iitiiib" : "iii");
	}
	buf_put(&text, "", 1);
	buf_put(&args, "", 1);
	if (text.failed || args.failed || !(m->text[which] = mem_take(text.n, 1)) ||
	    !(m->args[which] = mem_take(args.n, 1)))
		return ERR_MEMORY;
	memcpy(m->text[which], text.p, text.n);
	memcpy(m->args[which], args.p, args.n);
	m->v[which] = (struct sql){
		.name = name, .text = m->text[which], .args = m->args[which], .act = SQL_WRITE
	};
	return OK;
}

enum err many_sql_new(struct many_sql **ret)
{
	CLEANUP(many_sql_end) struct many_sql *m = mem_take(1, sizeof *m);
	enum err e;

	if (!m)
		return ERR_MEMORY;
	if ((e = compose(m, TASKS, "many.tasks", MANY_AT_ONCE)) ||
	    (e = compose(m, STORIES, "many.stories", MANY_AT_ONCE)) ||
	    (e = compose(m, TASK, "many.task", 1)) || (e = compose(m, STORY, "many.story", 1)))
		return e;
	*ret = m;
	m = NULL;
	return OK;
}

void many_sql_end(struct many_sql **m)
{
	if (!*m)
		return;
	for (size_t i = 0; i < ARRAY_LEN((*m)->v); i++) {
		mem_drop((*m)->text[i]);
		mem_drop((*m)->args[i]);
	}
	mem_drop(*m);
	*m = NULL;
}

struct sql_list many_sql_list(const struct many_sql *m)
{
	return (struct sql_list){ m->v, ARRAY_LEN(m->v) };
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct held {
	struct many_task t;
	char title[TITLE_BYTES];
	uint8_t packed[FLOW_PACKED_BYTES];
};
struct many_tasks {
	const struct many_sql *sql;
	struct tx *tx;
	struct flow_event ev;
	size_t n;
	struct held v[MANY_AT_ONCE];
};

enum err many_tasks_new(struct loop *l, struct tx *tx, const struct flow_event *ev,
			struct many_tasks **ret)
{
	struct many_tasks *m = mem_take(1, sizeof *m);

	if (!m)
		return ERR_MEMORY;
	m->sql = l->many;
	m->tx = tx;
	m->ev = *ev;
	*ret = m;
	return OK;
}

void many_tasks_end(struct many_tasks **m)
{
	mem_drop(*m);
	*m = NULL;
}

static struct sql_value id_or_null(int64_t id)
{
	return id ? sql_i64(id) : sql_null();
}
static struct sql_value time_or_null(struct utc_s t)
{
	return t.v == FIELD_NONE ? sql_null() : sql_time(t);
}
static struct sql_value text_or_null(struct str s)
{
	return s.n ? sql_text(s) : sql_null();
}

/* What rows of one county have in common. */
static void same_of(const struct held *h, struct sql_value v[TASK_SAME])
{
	const struct task *t = &h->t.row;
	const struct record *r = &t->record;
	size_t n = 0;

	v[n++] = sql_i64(area_county(r->area).v);
	v[n++] = sql_text(str_of(task_states[r->state].word));
	v[n++] = sql_time(r->created_at);
	v[n++] = sql_i64(r->created_by.v);
	v[n++] = sql_text(t->kind);
	v[n++] = sql_text(str_of(duty_sectors[t->sector].word));
	v[n++] = text_or_null(t->rule);
	v[n++] = text_or_null(t->detail);
	v[n++] = text_or_null(t->about);
	v[n++] = id_or_null(h->t.campaign);
	v[n++] = sql_i64(t->sender.v);
	v[n++] = sql_i64(t->needs);
	v[n++] = sql_text(str_of(task_stages[t->stage].word));
	v[n++] = time_or_null(t->next_by);
	v[n++] = time_or_null(t->due);
	v[n++] = time_or_null(t->accept_by);
	v[n++] = time_or_null(t->done_by);
	v[n++] = sql_i64(t->late);
	v[n++] = sql_i64(area_at(r->area, AREA_CITY).v);
}

static void each_of(const struct held *h, struct sql_value v[TASK_EACH])
{
	const struct task *t = &h->t.row;

	v[0] = sql_i64(t->record.area.v);
	v[1] = sql_i64(t->record.id.v);
	v[2] = sql_text(t->title);
	v[3] = id_or_null(h->t.about_id);
	v[4] = sql_i64(t->owner.v);
	v[5] = sql_i64(t->checker.v);
	v[6] = sql_blob((struct str){ (const char *)h->packed, sizeof h->packed });
}

static enum err write_tasks(struct many_tasks *m, const struct held *h, size_t n, struct fault *f)
{
	struct sql_value v[TASK_SAME + TASK_EACH * MANY_AT_ONCE];

	same_of(h, v);
	for (size_t i = 0; i < n; i++)
		each_of(&h[i], v + TASK_SAME + i * TASK_EACH);
	return tx_later(m->tx, &m->sql->v[n == 1 ? TASK : TASKS],
			(struct sql_args){ v, TASK_SAME + n * TASK_EACH }, n, f);
}

static enum err write_stories(struct many_tasks *m, const struct held *h, size_t n, struct fault *f)
{
	struct sql_value v[STORY_SAME + STORY_EACH * MANY_AT_ONCE] = {
		sql_i64(area_county(h->t.row.record.area).v),
		sql_i64(h->t.t.turn),
		sql_time(h->t.row.record.created_at),
		sql_text(STR("raise")),
		sql_i64(m->ev.person.v),
		sql_i64(m->ev.party.v),
		id_or_null(m->ev.to.v),
		sql_i64(h->t.t.stage[FLOW_TO_DO].by),
	};

	for (size_t i = 0; i < n; i++) {
		v[STORY_SAME + i * STORY_EACH] = sql_i64(h[i].t.t.id);
		v[STORY_SAME + i * STORY_EACH + 1] = sql_i64(h[i].t.t.owner.v);
		v[STORY_SAME + i * STORY_EACH + 2] = id_or_null(h[i].t.key);
	}
	return tx_later(m->tx, &m->sql->v[n == 1 ? STORY : STORIES],
			(struct sql_args){ v, STORY_SAME + n * STORY_EACH }, n, f);
}

enum err many_tasks_flush(struct many_tasks *m, struct fault *f)
{
	size_t step = m->n == MANY_AT_ONCE ? MANY_AT_ONCE : 1;
	enum err e = OK;

	for (size_t i = 0; i < m->n && !e; i += step)
		if (!(e = write_tasks(m, &m->v[i], step, f)))
			e = write_stories(m, &m->v[i], step, f);
	m->n = 0;
	return e;
}

enum err many_tasks_add(struct many_tasks *m, const struct many_task *t, struct fault *f)
{
	struct area_code county = area_county(t->row.record.area);
	struct held *h;
	enum err e = OK;

	if (m->n && area_county(m->v[0].t.row.record.area).v != county.v)
		e = many_tasks_flush(m, f);
	if (e)
		return e;
	h = &m->v[m->n++];
	h->t = *t;
	assert(t->row.title.n <= sizeof h->title);
	memcpy(h->title, t->row.title.p, t->row.title.n);
	h->t.row.title.p = h->title;
	flow_pack(&t->t, h->packed);
	return m->n == MANY_AT_ONCE ? many_tasks_flush(m, f) : OK;
}
