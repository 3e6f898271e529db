/* push_http.c - a batch arrives, and what was said of one. */
#include <string.h>

#include "http/http.h"
#include "intake/inside.h"
#include "intake/intake.sql.h"
#include "intake/question.h"
#include "ledger/ledger.h"

#include "base/ban.h"

enum { BODY_MAX = 64 << 20, PUSH_BYTES = 256 << 20, PAGE_ROWS = 500, SENDER_ID_MAX = 128 };

/* ---- the answer ------------------------------------------------------------------------------ */

static void put_columns(struct json *j, const struct judged *g)
{
	json_open(j, '[');
	for (size_t i = 0; i < g->n_columns; i++) {
		const struct mapping_column *c = &g->column[i];

		json_open(j, '{');
		json_key(j, "column");
		json_str(j, g->heading[i]);
		json_key(j, "field");
		if (c->field == COLUMN_NONE)
			json_nil(j);
		else
			json_str(j, c->field == COLUMN_AREA
					    ? STR("area")
					    : str_of(g->schema.field[c->field].name));
		json_key(j, "place");
		if (c->place.n)
			json_str(j, c->place);
		else
			json_nil(j);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_number(struct json *j, const char *key, int64_t v)
{
	json_key(j, key);
	if (v == FIELD_NONE)
		json_nil(j);
	else
		json_i64(j, v);
}

static void put_account(struct json *j, const struct batch *b)
{
	json_key(j, "account");
	json_open(j, '{');
	put_number(j, "in", b->rows_in);
	put_number(j, "accepted", b->accepted);
	put_number(j, "refused", b->refused);
	put_number(j, "duplicate", b->duplicate);
	json_close(j, '}');
	put_number(j, "linked", b->linked);
	put_number(j, "maybe", b->maybe);
	put_number(j, "incomplete", b->incomplete);
	put_number(j, "late_s", b->late_s);
	put_number(j, "findings_n", b->findings);
}

static void put_refused(struct json *j, int64_t row, int64_t line, struct str field, struct str zh,
			struct str en)
{
	json_open(j, '{');
	put_number(j, "row", row);
	put_number(j, "line", line);
	json_key(j, "field");
	if (field.n)
		json_str(j, field);
	else
		json_nil(j);
	json_key(j, "message_zh");
	json_str(j, zh);
	json_key(j, "message_en");
	json_str(j, en);
	json_close(j, '}');
}

static void put_finding(struct json *j, int64_t row, struct str kind, struct str zh, struct str en)
{
	json_open(j, '{');
	json_key(j, "row");
	if (row)
		json_i64(j, row);
	else
		json_nil(j);
	json_key(j, "kind");
	json_str(j, kind);
	json_key(j, "message_zh");
	json_str(j, zh);
	json_key(j, "message_en");
	json_str(j, en);
	json_close(j, '}');
}

/* Of a batch that is there already: the first of those that are kept with it. */
static enum err put_stored(struct call *c, struct tx *tx, const struct batch *b, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more;
	enum err e = tx_rows(tx, &intake_sql.refused_list,
			     SQL_ARGS(sql_i64(area_county(b->record.area).v),
				      sql_i64(b->record.id.v), sql_i64(0), sql_i64(TOLD_REFUSED)),
			     &r, f);

	json_key(j, "refused_rows");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		put_refused(j, rows_i64(r, 0), rows_i64(r, 1), rows_text(r, 2), rows_text(r, 3),
			    rows_text(r, 4));
	json_close(j, ']');
	return e;
}

/* What is left of the question that it answers: more may come, or not. */
static void put_question(struct json *j, const struct push *p)
{
	bool asked = p->question || (p->again && p->told);

	json_key(j, "question");
	if (asked && !p->release)
		json_str(j, p->told == QUESTION_CLOSED ? STR("closed") : STR("open"));
	else
		json_nil(j);
}

/* Left open for a receipt. */
void push_answer(struct call *c, const struct push *p)
{
	struct json *j = call_json(c);
	const struct judged *g = &p->judged;

	json_open(j, '{');
	json_key(j, "batch");
	if (p->dry)
		json_nil(j);
	else
		call_id_json(c, p->batch.record.id.v);
	json_key(j, "state");
	json_str(j, str_of(batch_states[p->batch.record.state].word));
	json_key(j, "dry");
	json_bool(j, p->dry);
	json_key(j, "again");
	json_bool(j, p->again);
	json_key(j, "why");
	if (p->batch.why.n)
		json_str(j, p->batch.why);
	else
		json_nil(j);
	put_account(j, &p->batch);
	put_question(j, p);
	json_key(j, "columns");
	put_columns(j, g);
	json_key(j, "findings");
	json_open(j, '[');
	for (size_t i = 0; i < min_size(p->findings.v.n, TOLD_FINDINGS); i++) {
		const struct finding *x = &p->findings.v.v[i];

		put_finding(j, x->row, str_of(x->kind), str_of(x->zh), str_of(x->en));
	}
	json_close(j, ']');
	if (p->again)
		return;
	json_key(j, "refused_rows");
	json_open(j, '[');
	for (size_t i = 0; i < min_size(g->no.n, TOLD_REFUSED); i++) {
		const struct judged_no *r = &g->no.v[i];

		put_refused(j, r->row, r->line, str_of(r->field), str_of(r->zh), str_of(r->en));
	}
	json_close(j, ']');
}

/* ---- a push ---------------------------------------------------------------------------------- */

static enum err refuse_key(struct fault *f)
{
	fault_at(f, "Idempotency-Key", NULL);
	return fault_set(
		f, ERR_USAGE, "缺少 Idempotency-Key 请求头：请用贵方的批次号，每批一个",
		"the header Idempotency-Key is missing: send your own number of the batch, "
		"a new one for each");
}

static enum err read_query(struct push *p, const struct call *c, struct fault *f)
{
	struct str rows = http_query(c->rq, "rows");
	bool dry, dry_run; /* an import says dry_run */
	enum err e;

	if ((e = call_flag(c, "dry", &dry, f)) || (e = call_flag(c, "dry_run", &dry_run, f)) ||
	    (e = call_flag(c, "last", &p->last, f)))
		return e;
	p->dry = dry || dry_run;
	p->rows = FIELD_NONE;
	p->token = http_header(c->rq, "Outpost-Question");
	if (p->last && !p->token.n) {
		fault_at(f, "last", NULL);
		return fault_set(f, ERR_USAGE,
				 "last 表示答复的最后一批，须同时有请求头 Outpost-Question",
				 "last is of an answer: the header Outpost-Question is missing");
	}
	p->sender_id = http_header(c->rq, "Idempotency-Key");
	if (p->sender_id.n > SENDER_ID_MAX) {
		fault_at(f, "Idempotency-Key", NULL);
		return fault_set(f, ERR_RANGE, "批次号最长 %d 字节",
				 "a batch's number has at most %d bytes", SENDER_ID_MAX);
	}
	if (rows.n && (str_i64(rows, &p->rows) || p->rows < 0)) {
		fault_at(f, "rows", NULL);
		return fault_set(f, ERR_RANGE, "rows 是行数，只含数字",
				 "rows is how many there are: digits only");
	}
	if (!p->sender_id.n && !p->dry)
		return refuse_key(f);
	if (!p->sender_id.n)
		p->sender_id = STR("dry");
	return OK;
}

/* Whose feed it is: the key that it names, or an account. */
static enum err may_push(const struct who *who, const struct feed *x, struct fault *f)
{
	int64_t key = 0;

	if (x->record.state != FEED_ACTIVE)
		return fault_set(f, ERR_CONFLICT, "这个来源已停用，请先启用",
				 "this feed is suspended: resume it first");
	if (who->kind != WHO_KEY)
		return OK;
	if (x->api_key.n && str_i64(x->api_key, &key) == OK && key == who->account)
		return OK;
	return fault_set(f, ERR_FORBIDDEN, "这把密钥不属于这个来源",
			 "this key is not the one of this feed");
}

struct find_feed {
	struct call *c;
	int64_t id;
	struct feed *feed;
};

static enum err feed_act(struct tx *tx, void *arg, struct fault *f)
{
	struct find_feed *x = arg;

	return intake_feed(x->c, tx, x->id, &x->feed, f);
}

static enum err try_act(struct tx *tx, void *arg, struct fault *f)
{
	return push_try(arg, tx, f);
}

enum err push_open(struct call *c, struct push *p, int64_t feed, struct fault *f)
{
	struct find_feed x = { .c = c, .id = feed };
	struct str matching = http_query(c->rq, "matching");
	enum err e = db_read(c->db, feed_act, &x, f);

	if (e || (e = may_push(c->who, x.feed, f)) || (e = arena_new(PUSH_BYTES, &p->a)))
		return e;
	p->in = (struct intake *)(uintptr_t)c->route->arg;
	p->who = c->who;
	p->now = c->now;
	p->feed = *x.feed;
	if (matching.n)
		p->feed.matching = matching;
	return push_begin(p, f);
}

static enum err push_before(struct call *c, struct fault *f)
{
	struct push *p = arena_take(c->a, 1, sizeof *p);
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->body = c->rq->body;
	if ((e = read_query(p, c, f)) || (e = push_open(c, p, call_id(c, "id"), f)) || !p->dry) {
		if (e)
			push_end(p, false);
		c->parsed = p;
		return e;
	}
	if (!(e = db_read(c->db, try_act, p, f))) {
		push_answer(c, p);
		json_close(call_json(c), '}');
		call_done(c);
	}
	push_end(p, false);
	return e;
}

enum err push_entry(struct push *p, const char *action, struct ledger_entry *ret)
{
	*ret = (struct ledger_entry){ .county = p->batch.record.area,
				      .object = STR("batch"),
				      .object_id = p->batch.record.id.v,
				      .version = p->batch.record.version,
				      .action = str_of(action) };
	if (p->release) {
		enum err e = intake_hash(&batch_noun, p->release, &ret->before);

		if (e)
			return e;
	}
	return intake_hash(&batch_noun, &p->batch, &ret->after);
}

/* Somebody asks again for what is stored: an entry that says so, and the account as it was. */
static enum err entry_again(struct push *p, struct ledger_entry *ret)
{
	*ret = (struct ledger_entry){ .county = p->batch.record.area,
				      .object = STR("batch"),
				      .object_id = p->batch.record.id.v,
				      .action = STR("again") };
	return OK;
}

enum err push_answered(struct call *c, struct tx *tx, const struct push *p, struct fault *f)
{
	struct ledger_entry en = { .county = p->feed.record.area,
				   .object = STR("question"),
				   .action = p->batch.record.state == BATCH_HELD ? STR("hold")
										 : STR("answer") };

	if (p->release && p->question && !p->answers) /* all its rows were refused in the end */
		return push_hold_gone(c, tx, p->release, f);
	if (!p->answers && !p->closed)
		return OK;
	en.object_id = p->closed ? p->closed : p->question->id;
	return call_act(c, tx, &en, f);
}

static enum err push_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct push *p = c->parsed;
	struct ledger_entry en;
	const char *action = "receive";
	char why[200];
	enum err e;

	p->again = false;
	if ((e = call_reach(c, p->feed.record.area, f)) || (e = push_over_budget(p, tx, why, f)))
		return e;
	if (why[0] && p->judged.a) {
		action = "hold";
		e = push_hold(p, tx, str_of(why), f);
	} else {
		e = push_keep(p, tx, f);
	}
	if (e || (e = push_answered(c, tx, p, f)) ||
	    (e = p->again ? entry_again(p, &en) : push_entry(p, action, &en)) ||
	    (e = call_act(c, tx, &en, f)))
		return e;
	call_status(c, p->again ? 200 : 201);
	push_answer(c, p);
	if (p->again && (e = put_stored(c, tx, &p->batch, f)))
		return e;
	call_receipt_json(c);
	json_close(call_json(c), '}');
	return OK;
}

static void push_after(struct call *c, bool committed)
{
	push_end(c->parsed, committed);
}

/* ---- what was refused and found -------------------------------------------------------------- */

static enum err after_of(struct call *c, int64_t *ret, struct fault *f)
{
	struct str after = http_query(c->rq, "after");

	*ret = 0;
	if (after.n == 0 || str_i64(after, ret) == OK)
		return OK;
	fault_at(f, "after", NULL);
	return fault_set(f, ERR_RANGE, "after 是数字", "after is a number");
}

static enum err list(struct call *c, struct tx *tx, const struct sql *sql, bool refused,
		     struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	int64_t after, last = 0, n = 0;
	struct batch *b;
	bool more;
	enum err e;

	if ((e = intake_batch(c, tx, &b, f)) || (e = after_of(c, &after, f)) ||
	    (e = tx_rows(tx, sql,
			 SQL_ARGS(sql_i64(area_county(b->record.area).v), sql_i64(b->record.id.v),
				  sql_i64(after), sql_i64(PAGE_ROWS)),
			 &r, f)))
		return e;
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	while (!(e = rows_next(r, &more, f)) && more) {
		last = rows_i64(r, 0);
		n++;
		if (refused)
			put_refused(j, last, rows_i64(r, 1), rows_text(r, 2), rows_text(r, 3),
				    rows_text(r, 4));
		else
			put_finding(j, rows_i64(r, 1), rows_text(r, 2), rows_text(r, 3),
				    rows_text(r, 4));
	}
	json_close(j, ']');
	json_key(j, "next");
	if (n == PAGE_ROWS)
		call_id_json(c, last);
	else
		json_nil(j);
	json_close(j, '}');
	return e;
}

static enum err refused_run(struct call *c, struct tx *tx, struct fault *f)
{
	return list(c, tx, &intake_sql.refused_list, true, f);
}

static enum err findings_run(struct call *c, struct tx *tx, struct fault *f)
{
	return list(c, tx, &intake_sql.finding_list, false, f);
}

/* What a column of this feed can be: for the page that matches them. */
static enum err fields_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct json *j = call_json(c);
	struct schema k;
	struct feed *x;
	enum err e = intake_feed(c, tx, call_id(c, "id"), &x, f);

	if (e)
		return e;
	k = schema_of(x->brings);
	json_open(j, '{');
	json_key(j, "items");
	json_open(j, '[');
	for (size_t i = 0; i < k.n_fields; i++) {
		if (k.field[i].flags & FIELD_SERVER)
			continue;
		json_open(j, '{');
		json_key(j, "name");
		json_str(j, str_of(k.field[i].name));
		json_key(j, "zh");
		json_str(j, str_of(k.field[i].zh));
		json_key(j, "en");
		json_str(j, str_of(k.field[i].en));
		json_key(j, "required");
		json_bool(j, k.field[i].flags & FIELD_REQUIRED);
		json_key(j, "vault");
		json_bool(j, !field_kept(&k.field[i]));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
	return OK;
}

const struct route intake_push_rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/feeds/{id}/batches", push_run, CAP_PUSH, REACH_AREA, WHY_DUTY,
		BODY_MAX, AUDIT_ACT,
		"推送一批数据，得到逐行的账；答复提问时加请求头 Outpost-Question: 令牌，"
		"可分几批，最后一批加 last=true",
		"Push a batch, and get an account of it row by row; with the header "
		"Outpost-Question: TOKEN it answers a question, in as many batches as it takes, "
		"the last one with last=true"),
	  .takes = route_file, .before = push_before, .after = push_after, .flags = ROUTE_OWN_KEY },
	{ ROUTE(HTTP_GET, "/api/v1/feeds/{id}/fields", fields_run, CAP_FEED_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_NONE, "这个来源的列可以对应哪些字段",
		"What the columns of this feed can be") },
	{ ROUTE(HTTP_GET, "/api/v1/batches/{id}/refused", refused_run, CAP_FEED_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_NONE, "一批中退回的行与原因",
		"Refused rows of a batch, and why") },
	{ ROUTE(HTTP_GET, "/api/v1/batches/{id}/findings", findings_run, CAP_FEED_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_NONE, "一批中的疑点", "What was noticed in a batch") },
};
const size_t intake_push_rows_n = ARRAY_LEN(intake_push_rows);
