/* measure.c - see measure.h. */
#include "epidemic/measure.h"

#include <string.h>

#include "base/memory.h"
#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "loop/duty_of.h"

#include "base/ban.h"

enum { ROW_BYTES = 1 << 16, PROFILES_BYTES = 8 << 20, OVER_MAX = 200, LOOK_BACK_S = 86400 };

static const struct choice kinds[MEASURE_KIND_N] = {
	[MEASURE_CENTRAL] = { "central", "集中隔离医学观察", "Quarantine in a facility" },
	[MEASURE_HOME] = { "home", "居家隔离医学观察", "Quarantine at home" },
	[MEASURE_MONITOR] = { "monitor", "健康监测", "Health monitoring" },
};
static const struct choice ends[MEASURE_END_N] = {
	[MEASURE_BY_TIME] = { "end", "到期自动结束", "By its own end" },
	[MEASURE_BY_LIFT] = { "lift", "决定机关解除", "Lifted by the issuer" },
	[MEASURE_BY_LAPSE] = { "lapse", "申诉逾期未答复", "An appeal not answered in time" },
	[MEASURE_BY_OVERTURN] = { "overturn", "申诉后撤销", "Overturned on appeal" },
	[MEASURE_BY_CASE] = { "case", "病例已订正为排除", "The case was overturned" },
};
static const struct choice states[] = {
	[MEASURE_IN_FORCE] = { "in_force", "执行中", "In force" },
	[MEASURE_APPEALED] = { "appealed", "申诉中", "Appealed" },
	[MEASURE_ENDED] = { "ended", "已结束", "Ended" },
	[MEASURE_OVERTURNED] = { "overturned", "已撤销", "Overturned" },
};

static const struct field fields[] = {
	{ REF(struct measure, contact), "接触者", "Contact", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER | FIELD_KEY,
	  .refers = "contact" },
	{ CHOICE(struct measure, kind), "措施", "Kind", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED | FIELD_FILTER, .choice = kinds,
	  .n_choices = ARRAY_LEN(kinds) },
	{ REF(struct measure, issuer), "决定机关", "Issued by", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED, .refers = "organisation" },
	{ TEXT(struct measure, basis), "法律依据", "Legal basis", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED, 4, 200, .hint_zh = "法律名称与条款",
	  .hint_en = "the law and its article" },
	{ TEXT(struct measure, evidence), "证据（追踪编号）", "Evidence (trace)", SEE_CDC,
	  FIELD_SERVER, 1, 20 },
	{ TIME(struct measure, since), "开始", "Since", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_LISTED },
	{ TIME(struct measure, until), "到期", "Until", SEE_CDC, FIELD_REQUIRED | FIELD_LISTED,
	  .hint_zh = "到时自动结束；只能提前，不能推迟",
	  .hint_en = "ends by itself then; may be brought forward, never put off" },
	{ LONG(struct measure, explanation), "告知内容", "What the person is told", SEE_CDC,
	  FIELD_REQUIRED | FIELD_FIXED, 10, 2000, .hint_zh = "为什么、做什么、到何时、怎样申诉",
	  .hint_en = "why, what, until when, and how to appeal" },
	{ LONG(struct measure, appeal), "申诉理由", "Appeal", SEE_CDC, 0, 2, 2000 },
	{ TIME(struct measure, ended_at), "结束时间", "Ended", SEE_CDC, FIELD_SERVER },
	{ CHOICE(struct measure, ended_by), "结束原因", "Ended by", SEE_CDC, FIELD_SERVER,
	  .choice = ends, .n_choices = ARRAY_LEN(ends) },
};

static bool says_why(const void *row, const struct who *who, struct utc_s now)
{
	(void)who;
	(void)now;
	return ((const struct measure *)row)->appeal.n > 0;
}
static bool never(const void *row, const struct who *who, struct utc_s now)
{
	(void)row;
	(void)who;
	(void)now;
	return false;
}
static const char task_zh[] = "申诉由上级的任务处理：核查通过即维持，撤销任务即撤销措施";
static const char task_en[] = "an appeal is decided by its task above: a task that is closed "
			      "upholds, one that is struck overturns";

static const struct step steps[] = {
	{ STEP(MEASURE_NONE, "impose", MEASURE_IN_FORCE, "决定", "Impose"), CAP_MEASURE },
	{ STEP(MEASURE_IN_FORCE, "lift", MEASURE_ENDED, "解除", "Lift"), CAP_MEASURE },
	{ STEP(MEASURE_IN_FORCE, "appeal", MEASURE_APPEALED, "申诉", "Appeal"), CAP_MEASURE,
	  says_why, "请写明申诉理由（appeal）", "say why, in `appeal`" },
	{ STEP(MEASURE_APPEALED, "uphold", MEASURE_IN_FORCE, "维持", "Uphold"), CAP_NONE, never,
	  task_zh, task_en },
	{ STEP(MEASURE_APPEALED, "overturn", MEASURE_OVERTURNED, "撤销", "Overturn"), CAP_NONE,
	  never, task_zh, task_en },
	{ STEP(MEASURE_APPEALED, "lift", MEASURE_ENDED, "解除", "Lift"), CAP_MEASURE },
};

/* ---- what no field can say alone ------------------------------------------------------------- */

static enum err refuse(struct fault *f, const char *field, const char *zh, const char *en)
{
	enum err e = fault_set(f, ERR_RANGE, "%s%.0s", "%.0s%s", zh, en);

	fault_at(f, field, NULL);
	return e;
}

/* Evidence of the row that this thread checks: it is written before the next one is checked. */
enum { TRACE_BYTES = 20 };
static _Thread_local char trace_kept[TRACE_BYTES];

/* The last day on which the profile follows up such a contact. */
static enum err last_day(struct tx *tx, struct record_id contact, struct arena *a, int32_t *ret,
			 struct str *ret_trace, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	const struct profile *p;
	struct fault unasked = { 0 };
	size_t degree = 0;
	int32_t last;
	enum err e =
		tx_row(tx, &epidemic_sql.contact_to_measure, SQL_ARGS(sql_i64(contact.v)), &r, f);

	if (e == ERR_ABSENT)
		return refuse(f, "contact", "此接触者已排除或已解除",
			      "this contact is excluded or released");
	if (e)
		return e;
	while (degree < TRACE_CLASS_N &&
	       !str_eq(rows_text(r, 0), str_of(trace_class_word((enum trace_class)degree))))
		degree++;
	if (degree == TRACE_CLASS_N)
		return refuse(f, "contact", "没有追踪判定过此接触者",
			      "no trace has said of what degree this contact is");
	last = (int32_t)(rows_i64(r, 2) / 86400); /* a day too few at most: local days are ahead */
	if (rows_text(r, 3).n > TRACE_BYTES)
		return ERR_CORRUPT;
	ret_trace->n = rows_text(r, 3).n;
	memcpy(trace_kept, rows_text(r, 3).p, ret_trace->n);
	ret_trace->p = trace_kept;
	if ((e = case_profile(rows_text(r, 1), a, &p, f)))
		return e;
	e = profile_follow_up_end(p, (enum trace_class)degree, last, ret, &unasked);
	return e == ERR_ABSENT
		       ? refuse(f, "contact", "此类接触者按疾病规则不需随访，不能采取限制措施",
				"the profile follows up no contact of this degree: there is "
				"no ground for a measure")
		       : e;
}

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	const struct measure *was = before;
	struct measure *m = after;
	struct str trace;
	int32_t end;
	enum err e;

	if (m->record.state == MEASURE_ENDED || m->record.state == MEASURE_OVERTURNED) {
		if (m->ended_at.v == FIELD_NONE) {
			m->ended_at = m->record.updated_at;
			m->ended_by = MEASURE_BY_LIFT; /* no other end is a person's step */
		}
		return OK;
	}
	if (m->until.v <= m->since.v)
		return refuse(f, "until", "到期须晚于开始", "it must end after it begins");
	if (was && m->until.v > was->until.v)
		return refuse(f, "until", "到期不能推迟；需要更久的，另行决定新的措施",
			      "an end is never put off: impose a new measure");
	if (was && m->until.v == was->until.v)
		return OK;
	if ((e = arena_new(PROFILES_BYTES, &a)) ||
	    (e = last_day(tx, m->contact, a, &end, &trace, f)))
		return e;
	if (m->until.v > ((int64_t)end + 2) * 86400)
		return refuse(f, "until", "到期晚于疾病规则的随访期",
			      "it ends later than the disease profile follows up");
	if (!was)
		m->evidence = trace;
	return OK;
}

/* ---- appeal ---------------------------------------------------------------------------------- */

/* To whom: who answers for the area above the issuer's, in epidemics, and is another. */
static enum err decider(struct tx *tx, const struct measure *m, struct flow_party *ret,
			struct fault *f)
{
	struct flow_duty duty;
	enum err e = loop_duty(tx, m->record.area, DUTY_EPIDEMIC,
			       (struct flow_party){ m->issuer.v }, &duty, f);

	if (e)
		return e;
	*ret = duty.checker;
	return OK;
}

static enum err follow(struct call *c, struct tx *tx, const void *before, const void *after,
		       struct fault *f)
{
	const struct measure *was = before, *m = after;
	struct loop_new task = { .area = m->record.area,
				 .sector = DUTY_EPIDEMIC,
				 .kind = STR("appeal"),
				 .rule = STR("appeal-answer"),
				 .title = STR("答复对防控措施的申诉 Answer an appeal"),
				 .about = STR("measure"),
				 .about_id = m->record.id.v,
				 .needs = FLOW_TEXT,
				 .until = FLOW_NEVER };
	int64_t id;
	enum err e;

	if (!c || !was || m->record.state != MEASURE_APPEALED ||
	    was->record.state == MEASURE_APPEALED)
		return OK;
	task.sender.v = m->issuer.v;
	if ((e = decider(tx, m, &task.owner, f)) || (e = loop_raise(c, tx, &task, &id, f)))
		return e;
	json_key(call_json(c), "task");
	call_id_json(c, id);
	return OK;
}

/* Its appeals. */
static enum err tell(struct call *c, struct tx *tx, const void *row, struct fault *f)
{
	return loop_tell_about(c, tx, STR("measure"), ((const struct measure *)row)->record.id, f);
}

const struct noun measure_noun = {
	.name = "measure",
	.path = "measures",
	.zh = "防控措施",
	.en = "Measure",
	.en_many = "Measures",
	NOUN_OF(struct measure, fields, states, steps),
	.read = CAP_CDC_READ,
	.write = CAP_MEASURE,
	.label = "basis",
	.why = WHY_EPIDEMIC,
	.check = check,
	.follow = follow,
	.tell = tell,
};

/* `by` MEASURE_RUNS: an appeal is upheld. */
static enum err turn(struct call *c, struct tx *tx, const struct record_book *book, int64_t id,
		     enum measure_end by, struct utc_s now, struct fault *f)
{
	const enum measure_state to = by == MEASURE_RUNS          ? MEASURE_IN_FORCE
				      : by == MEASURE_BY_OVERTURN ? MEASURE_OVERTURNED
								  : MEASURE_ENDED;
	CLEANUP(arena_end) struct arena *a = NULL;
	struct measure *was, is;
	void *row;
	enum err e;

	if ((e = arena_new(ROW_BYTES, &a)) ||
	    (e = record_get(book, tx, &measure_noun, (struct record_id){ id }, a, &row, f)))
		return e;
	was = row;
	is = *was;
	if (was->record.state != MEASURE_APPEALED &&
	    (was->record.state != MEASURE_IN_FORCE || to != MEASURE_ENDED))
		return OK;
	is.record.state = (int)to;
	if (by) {
		is.ended_at = now;
		is.ended_by = by;
	}
	return record_follow(book, c, tx, &measure_noun, was, &is, by ? ends[by].word : "uphold",
			     now, f);
}

static enum err issuer_of(struct tx *tx, const struct record_book *book, int64_t id,
			  struct flow_party *ret, struct fault *f)
{
	CLEANUP(arena_end) struct arena *a = NULL;
	void *row;
	enum err e;

	if ((e = arena_new(ROW_BYTES, &a)) ||
	    (e = record_get(book, tx, &measure_noun, (struct record_id){ id }, a, &row, f)))
		return e;
	ret->v = ((const struct measure *)row)->issuer.v;
	return OK;
}

/* Whoever ordered it neither answers the appeal nor checks the answer, however the grid stands. */
static enum err not_issuer(struct call *c, struct tx *tx, const struct record_book *book,
			   int64_t id, enum flow_on on, struct fault *f)
{
	struct flow_party party, issuer;
	enum err e;

	if (!c || (on != FLOW_ON_PROVE && on != FLOW_ON_CLOSE && on != FLOW_ON_RETURN &&
		   on != FLOW_ON_EXTEND))
		return OK;
	if ((e = loop_party(c, tx, &party, NULL, f)) || (e = issuer_of(tx, book, id, &issuer, f)))
		return e;
	if (party.v != issuer.v)
		return OK;
	e = fault_set(f, ERR_ROLE, "对本机关所作决定的申诉，本机关不能答复或核查；请由另一机关办理",
		      "an appeal is neither answered nor checked by who ordered the measure: it is "
		      "for another organisation");
	fault_at(f, "issuer", NULL);
	return e;
}

/* Of two answers neither would be the one. */
static enum err stays_whole(struct fault *f)
{
	return fault_set(f, ERR_CONFLICT, "申诉由一个机关整体答复，不能拆分或并入；可由上级改派",
			 "an appeal is answered whole and by one organisation: it is neither split "
			 "nor merged, but a level above may hand it to another");
}

/* Late is who should have answered; or, once they did, the issuer, which must not decide on it. */
static enum err lapse(struct call *c, struct tx *tx, const struct record_book *book, int64_t id,
		      const struct flow_task *t, struct utc_s now, struct fault *f)
{
	struct flow_party issuer = t->checker;
	enum err e = t->phase == FLOW_PROVED ? issuer_of(tx, book, id, &issuer, f) : OK;

	if (e || t->checker.v != issuer.v)
		return e;
	return turn(c, tx, book, id, MEASURE_BY_LAPSE, now, f);
}

enum err measure_task_step(struct call *c, struct tx *tx, const struct record_book *book,
			   int64_t id, const struct loop_step *s, struct utc_s now, struct fault *f)
{
	const struct flow_task *t = s->t;
	enum err e = s->on == FLOW_ON_FOLD ? stays_whole(f) : not_issuer(c, tx, book, id, s->on, f);

	if (e)
		return e;
	if (t->phase == FLOW_CLOSED && t->outcome == FLOW_OUT_DONE)
		return turn(c, tx, book, id, MEASURE_RUNS, now, f);
	if (t->phase == FLOW_CLOSED)
		return turn(c, tx, book, id, MEASURE_BY_OVERTURN, now, f);
	return s->on == FLOW_ON_CLOCK && (t->marks & FLOW_LATE) ? lapse(c, tx, book, id, t, now, f)
								: OK;
}

/* Its ground was that the person met a case, and there was none. */
enum err measure_case_end(struct call *c, struct tx *tx, int64_t case_id, struct fault *f)
{
	VEC(int64_t) ids = { 0 };
	enum err e;

	{
		CLEANUP(rows_end) struct rows *r = NULL;
		bool more;

		e = tx_rows(tx, &epidemic_sql.measures_of_case, SQL_ARGS(sql_i64(case_id)), &r, f);
		while (!e && !(e = rows_next(r, &more, f)) && more)
			e = vec_push(&ids, rows_i64(r, 0));
	}
	for (size_t i = 0; i < ids.n && !e; i++)
		e = turn(c, tx, epidemic_of(c)->o.book, ids.v[i], MEASURE_BY_CASE, c->now, f);
	vec_drop(&ids);
	return e;
}

/* ---- the hard end ---------------------------------------------------------------------------- */

/* As the tick of tasks: groups, a transaction each, and one that fails is tried one by one. */
struct due { int64_t id, at, of; }; /* what is ended; by when, and of which row, the list goes */
struct ending {
	struct epidemic *x;
	struct utc_s now;
	const char *state; /* of the measures that are listed */
	struct due v[OVER_MAX], after;
	size_t n, from, to; /* of the group; the piece of it that is written */
	enum err bad;       /* of what was passed over: the first, and how many */
	int64_t bad_id;
	uint64_t n_bad;
};

static enum err list(struct ending *g, struct rows *r, size_t of, struct fault *f)
{
	bool more;
	enum err e;

	g->n = 0;
	while (!(e = rows_next(r, &more, f)) && more)
		g->v[g->n++] = (struct due){ rows_i64(r, 0), rows_i64(r, 1), rows_i64(r, of) };
	return e;
}

static enum err measures_list(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct ending *g = arg;
	enum err e =
		tx_rows(tx, &epidemic_sql.measures_over,
			SQL_ARGS(sql_text(str_of(g->state)), sql_time(g->now), sql_i64(g->after.at),
				 sql_i64(g->after.of), sql_i64(OVER_MAX)),
			&r, f);

	return e ? e : list(g, r, 0, f);
}

/* Whatever ended it: nobody has to answer an appeal against what is over. */
static enum err appeals_list(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct ending *g = arg;
	enum err e =
		tx_rows(tx, &epidemic_sql.appeals_over,
			SQL_ARGS(sql_i64(g->after.at), sql_i64(g->after.of), sql_i64(OVER_MAX)), &r,
			f);

	return e ? e : list(g, r, 2, f);
}

static enum err end_act(struct tx *tx, void *arg, struct fault *f)
{
	struct ending *g = arg;
	enum err e = OK;

	for (size_t i = g->from; i < g->to && !e; i++) {
		e = turn(NULL, tx, g->x->o.book, g->v[i].id, MEASURE_BY_TIME, g->now, f);
		e = e == ERR_ABSENT ? OK : e; /* gone since */
	}
	return e;
}

static enum err strike_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct ending *g = arg;
	struct loop_act act = { .ev = { .on = FLOW_ON_CANCEL,
					.turn = FLOW_ANY_TURN,
					.actor = FLOW_HOUSE,
					.by = FLOW_NEVER,
					.reason = true },
				.reason =
					STR("防控措施已结束，申诉不再待办 The measure has ended") };
	struct flow_effects fx;
	enum err e = OK;

	for (size_t i = g->from; i < g->to && !e; i++) {
		act.task = g->v[i].id;
		e = loop_do(g->x->o.loop, NULL, tx, &act, g->now, &fx, f);
		e = e == ERR_CONFLICT || e == ERR_ABSENT ? OK : e; /* somebody was quicker */
	}
	return e;
}

static enum err piece(struct ending *g, db_act *act, size_t from, size_t to, struct fault *f)
{
	g->from = from;
	g->to = to;
	return db_write(g->x->o.db, act, g, f);
}

static enum err write_all(struct ending *g, db_act *act, struct fault *f)
{
	struct fault unasked = { 0 };
	enum err e = g->n ? piece(g, act, 0, g->n, &unasked) : OK;

	if (db_fails_all(e)) {
		*f = unasked;
		return e;
	}
	for (size_t i = 0; i < g->n && e; i++) {
		struct fault why = { 0 };
		enum err one = piece(g, act, i, i + 1, &why);

		if (db_fails_all(one)) {
			*f = why;
			return one;
		}
		if (one && !g->n_bad++) {
			g->bad = one;
			g->bad_id = g->v[i].id;
		}
	}
	return OK;
}

static enum err go(struct ending *g, db_act *look, db_act *act, struct due after, struct fault *f)
{
	enum err e;

	g->after = after;
	do {
		if ((e = db_read(g->x->o.db, look, g, f)) || (e = write_all(g, act, f)))
			return e;
		if (g->n)
			g->after = g->v[g->n - 1];
	} while (g->n == OVER_MAX);
	return OK;
}

/* What was passed over is told by its number alone, and tried again the next time. */
static enum err tell_bad(const struct ending *g, struct fault *f)
{
	if (!g->n_bad)
		return OK;
	return fault_set(
		f, g->bad,
		"到期的防控措施或申诉有 %llu 项未能了结（例如 %lld：%s），其余已了结；请运行 "
		"outpost fsck",
		"%llu measures or appeals that were due could not be ended, for instance %lld "
		"(%s), the others were: run outpost fsck",
		(unsigned long long)g->n_bad, (long long)g->bad_id, err_word(g->bad));
}

enum err epidemic_tick(struct epidemic *x, struct utc_s now, struct fault *f)
{
	static const char *const open[] = { "in_force", "appealed" };
	struct ending g = { .x = x, .now = now };
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(open) && !e; i++) {
		g.state = open[i];
		e = go(&g, measures_list, end_act, (struct due){ 0, INT64_MIN, INT64_MIN }, f);
	}
	if (!e)
		e = go(&g, appeals_list, strike_act,
		       (struct due){ 0, now.v - LOOK_BACK_S, INT64_MAX }, f);
	return e ? e : tell_bad(&g, f);
}
