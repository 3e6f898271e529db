/* casework.c - see casework.h. */
#include "support/casework.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/when.h"
#include "support/outbreak.h"

#include "base/ban.h"

enum { HOUR = 3600, DAY = 86400, EARLY_DAYS = 3, MEASURE_DAYS = 5 };

static const struct {
	const char *name;
	enum ward_who who;
	int status;
} acts[CASEWORK_N] = {
	[CASEWORK_REPORT] = { "report a case", WARD_DOCTOR, 201 },
	[CASEWORK_CONFIRM] = { "confirm it", WARD_TRACER, 200 },
	[CASEWORK_RENEW] = { "confirm it anew", WARD_TRACER, 200 },
	[CASEWORK_CORRECT] = { "correct its onset", WARD_DOCTOR, 200 },
	[CASEWORK_TRACE] = { "trace it", WARD_TRACER, 201 },
	[CASEWORK_AGAIN] = { "trace it again", WARD_TRACER, 201 },
	[CASEWORK_LOCATE] = { "locate a contact", WARD_WORKER, 200 },
	[CASEWORK_RELEASE] = { "release a contact", WARD_TRACER, 200 },
	[CASEWORK_IMPOSE] = { "impose a measure", WARD_TRACER, 201 },
	[CASEWORK_SHORTEN] = { "bring its end forward", WARD_TRACER, 200 },
	[CASEWORK_LIFT] = { "lift a measure", WARD_TRACER, 200 },
	[CASEWORK_APPEAL] = { "appeal against a measure", WARD_TRACER, 200 },
	[CASEWORK_UPHOLD] = { "uphold a measure", WARD_MAYOR, 200 },
	[CASEWORK_OVERTURN] = { "overturn a measure", WARD_MAYOR, 200 },
};

const char *casework_name(enum casework_act act)
{
	return acts[act].name;
}

/* ---- a case of its own ----------------------------------------------------------------------- */

/* Its place, and numbers of people who were there, are no other case's. */
struct patient {
	char id[24], warrant[600];
	int64_t index, place, others;
};
static int64_t n_patients;
static struct outbreak batches; /* their numbers go on from house to house */

static int32_t today(struct ward *w)
{
	return zone_day_of(w->h->zone, ward_now());
}

static int64_t evening(struct ward *w, int32_t back)
{
	return zone_day_start(w->h->zone, today(w) - back).v + 19 * HOUR;
}

static void asked(struct ward *w, enum ward_who who, const char *method, const char *target,
		  const char *body, int status, struct answer *ret)
{
	answer_end(ret);
	if (ward_ask(w, who, method, target, body, ret) != status)
		fail_msg("%s %s: %d %.*s", method, target, ret->status, (int)ret->body.n,
			 ret->body.p);
}

static void of_report(struct ward *w, struct buf *ret)
{
	CLEANUP(buf_release) struct buf onset = { 0 };
	CLEANUP(buf_release) struct buf positive = { 0 };
	const long long n = ++n_patients;

	when_date(&onset, today(w) - EARLY_DAYS);
	when_date(&positive, today(w));
	buf_fmt(ret,
		"{\"area\":\"430802001001000\",\"number\":\"扫-%lld\",\"profile\":"
		"\"covid19.who\",\"onset\":\"%.*s\",\"positive\":\"%.*s\",\"who\":{\"name\":"
		"\"合成\",\"phone\":\"139%08lld\"}}",
		n, (int)onset.n, onset.p, (int)positive.n, positive.p, n);
	buf_char(ret, '\0');
	assert_int_equal(ret->failed, OK);
	ret->n--;
}

static void report(struct ward *w, struct patient *ret)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf body = { 0 };
	char sql[120];

	*ret = (struct patient){ 0 };
	of_report(w, &body);
	asked(w, WARD_DOCTOR, "POST", "/api/v1/cases", body.p, 201, &a);
	(void)snprintf(ret->id, sizeof ret->id, "%s", ward_text(&a, "id"));
	(void)snprintf(sql, sizeof sql, "SELECT person FROM case_person WHERE case_id = %s",
		       ret->id);
	ret->index = ward_scalar(w, sql);
	assert_true(ret->index > 0);
	ret->place = 1000 + 10 * n_patients;
	ret->others = 1000000 + 10 * n_patients;
}

static void event_of_case(struct ward *w, struct patient *p, const char *event)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char target[120];

	(void)snprintf(target, sizeof target, "/api/v1/cases/%s/events/%s", p->id, event);
	asked(w, WARD_TRACER, "POST", target, "", 200, &a);
	(void)snprintf(p->warrant, sizeof p->warrant, "%s", ward_text(&a, "over\":false,\"text"));
}

/* Two met them yesterday, one four days ago. */
static void meet(struct ward *w, const struct patient *p)
{
	const int64_t now = evening(w, 1), early = evening(w, EARLY_DAYS + 1);
	struct trail_visit v[] = {
		outbreak_stay(p->index, p->place, now, 2),
		outbreak_stay(p->others, p->place, now, 2),
		outbreak_stay(p->others + 1, p->place, now + 600, 1),
		outbreak_stay(p->index, p->place + 1, early, 2),
		outbreak_stay(p->others + 2, p->place + 1, early, 2),
	};

	outbreak_bring(w, &batches, v, ARRAY_LEN(v));
}

/* Another yesterday, and one of the two a second time. */
static void meet_more(struct ward *w, const struct patient *p)
{
	const int64_t now = evening(w, 1);
	struct trail_visit v[] = {
		outbreak_stay(p->others + 3, p->place, now, 1),
		outbreak_stay(p->index, p->place + 2, now - 3 * HOUR, 1),
		outbreak_stay(p->others, p->place + 2, now - 3 * HOUR, 1),
	};

	outbreak_bring(w, &batches, v, ARRAY_LEN(v));
}

static void of_correction(struct ward *w, const struct patient *p, struct deeds_request *rq)
{
	CLEANUP(buf_release) struct buf day = { 0 };
	char sql[100];

	when_date(&day, today(w));
	(void)snprintf(sql, sizeof sql, "SELECT version FROM cases WHERE id = %s", p->id);
	rq->method = "PATCH";
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/cases/%s", p->id);
	(void)snprintf(rq->more, sizeof rq->more, "If-Match: \"%lld\"\r\n",
		       (long long)ward_scalar(w, sql));
	buf_fmt(&rq->body, "{\"onset\":\"%.*s\"}", (int)day.n, day.p);
}

static void of_trace(const struct patient *p, struct deeds_request *rq)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/cases/%s/trace", p->id);
	buf_fmt(&rq->body, "{\"warrant\":\"%s\"}", p->warrant);
}

static void begin_request(struct ward *w, struct deeds_request *rq)
{
	*rq = (struct deeds_request){ 0 };
	(void)snprintf(rq->key, sizeof rq->key, "case-%d", w->n_keys++);
}

static void done(struct ward *w, enum casework_act act, struct deeds_request *rq)
{
	int status;

	if (!casework_ask(w, act, rq, &status))
		fail_msg("%s: %d", acts[act].name, status);
	deeds_request_release(rq);
	begin_request(w, rq);
}

static void confirmed(struct ward *w, struct patient *p)
{
	report(w, p);
	meet(w, p);
	event_of_case(w, p, "confirm");
}

static void traced(struct ward *w, struct patient *p)
{
	struct deeds_request rq;

	confirmed(w, p);
	begin_request(w, &rq);
	of_trace(p, &rq);
	done(w, CASEWORK_TRACE, &rq);
}

static void mended(struct ward *w, struct patient *p)
{
	struct deeds_request rq;

	traced(w, p);
	begin_request(w, &rq);
	of_correction(w, p, &rq);
	done(w, CASEWORK_CORRECT, &rq);
	event_of_case(w, p, "renew");
	meet_more(w, p);
}

/* ---- contacts and measures ------------------------------------------------------------------- */

static int64_t contact_of(struct ward *w, const struct patient *p)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT contact FROM contact_person WHERE person = %lld",
		       (long long)p->others);
	return ward_scalar(w, sql);
}

static int64_t task_about(struct ward *w, const char *what, int64_t id)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql,
		       "SELECT id FROM tasks WHERE about = '%s' AND about_id = %lld", what,
		       (long long)id);
	return ward_scalar(w, sql);
}

static void of_task(struct ward *w, int64_t task, const char *event, const char *more,
		    struct deeds_request *rq)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/tasks/%lld/do/%s", (long long)task,
		       event);
	buf_fmt(&rq->body, "{\"turn\":%lld%s}", (long long)ward_turn(w, task), more);
}

static void of_measure(struct ward *w, const struct patient *p, int64_t s, struct deeds_request *rq)
{
	CLEANUP(buf_release) struct buf since = { 0 };
	CLEANUP(buf_release) struct buf until = { 0 };

	when_iso(&since, ward_now(), w->h->zone);
	when_iso(&until, (struct utc_s){ ward_now().v + s }, w->h->zone);
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/measures");
	buf_fmt(&rq->body,
		"{\"area\":\"430802001001\",\"contact\":\"%lld\",\"kind\":\"home\","
		"\"issuer\":\"103\",\"basis\":\"传染病防治法 第五十三条\",\"since\":\"%.*s\","
		"\"until\":\"%.*s\",\"explanation\":\"您与一名确诊病例同场两小时；请居家至期满；"
		"可向市级申诉\"}",
		(long long)contact_of(w, p), (int)since.n, since.p, (int)until.n, until.p);
}

static void of_end(struct ward *w, int64_t id, struct deeds_request *rq)
{
	CLEANUP(buf_release) struct buf until = { 0 };

	when_iso(&until, (struct utc_s){ ward_now().v + DAY }, w->h->zone);
	rq->method = "PATCH";
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/measures/%lld", (long long)id);
	(void)snprintf(rq->more, sizeof rq->more, "If-Match: \"1\"\r\n");
	buf_fmt(&rq->body, "{\"until\":\"%.*s\"}", (int)until.n, until.p);
}

static int64_t imposed(struct ward *w, int64_t s)
{
	struct deeds_request rq;
	struct patient p;

	traced(w, &p);
	begin_request(w, &rq);
	of_measure(w, &p, s, &rq);
	done(w, CASEWORK_IMPOSE, &rq);
	return ward_scalar(w, "SELECT max(id) FROM measures");
}

static void of_event(int64_t measure, const char *event, const char *body, struct deeds_request *rq)
{
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/measures/%lld/events/%s",
		       (long long)measure, event);
	buf_str(&rq->body, str_of(body));
}

static const char appeal[] = "{\"appeal\":\"当晚我不在场\"}";

/* The appeal's task, answered by the county. */
static int64_t answered(struct ward *w)
{
	int64_t id = imposed(w, MEASURE_DAYS * DAY), task;
	struct deeds_request rq;

	begin_request(w, &rq);
	of_event(id, "appeal", appeal, &rq);
	done(w, CASEWORK_APPEAL, &rq);
	task = task_about(w, "measure", id);
	assert_int_equal(ward_do(w, WARD_LEAD, task, "accept", ""), 200);
	assert_int_equal(ward_do(w, WARD_LEAD, task, "prove", ",\"text\":\"查过\""), 200);
	return task;
}

void casework_measure(struct ward *w, bool appealed)
{
	int64_t id = imposed(w, HOUR);
	struct deeds_request rq;

	if (!appealed)
		return;
	begin_request(w, &rq);
	of_event(id, "appeal", appeal, &rq);
	done(w, CASEWORK_APPEAL, &rq);
}

/* ---- an act ---------------------------------------------------------------------------------- */

static void prepare_case(struct ward *w, enum casework_act act, struct deeds_request *rq)
{
	struct patient p;

	switch (act) {
	case CASEWORK_REPORT:
		(void)snprintf(rq->target, sizeof rq->target, "/api/v1/cases");
		of_report(w, &rq->body);
		return;
	case CASEWORK_CONFIRM: report(w, &p); break;
	case CASEWORK_AGAIN: mended(w, &p); break;
	default: confirmed(w, &p); break;
	}
	if (act == CASEWORK_CORRECT)
		of_correction(w, &p, rq);
	else if (act == CASEWORK_TRACE || act == CASEWORK_AGAIN)
		of_trace(&p, rq);
	else
		(void)snprintf(rq->target, sizeof rq->target, "/api/v1/cases/%s/events/%s", p.id,
			       act == CASEWORK_RENEW ? "renew" : "confirm");
}

static void prepare_contact(struct ward *w, enum casework_act act, struct deeds_request *rq)
{
	struct patient p;
	int64_t contact, task;

	traced(w, &p);
	if (act == CASEWORK_IMPOSE) {
		of_measure(w, &p, MEASURE_DAYS * DAY, rq);
		return;
	}
	contact = contact_of(w, &p);
	task = task_about(w, "contact", contact);
	assert_int_equal(ward_do(w, WARD_WORKER, task, "accept", ""), 200);
	if (act == CASEWORK_LOCATE) {
		of_task(w, task, "prove", ",\"text\":\"在家\"", rq);
		return;
	}
	assert_int_equal(ward_do(w, WARD_WORKER, task, "prove", ",\"text\":\"在家\""), 200);
	(void)snprintf(rq->target, sizeof rq->target, "/api/v1/contacts/%lld/events/release",
		       (long long)contact);
	buf_lit(&rq->body, "{}");
}

void casework_prepare(struct ward *w, enum casework_act act, struct deeds_request *rq)
{
	/* Days may have passed: whoever asks signs in again, if need be. */
	assert_int_equal(ward_status(w, acts[act].who, "GET", "/api/v1/session", NULL), 200);
	begin_request(w, rq);
	switch (act) {
	case CASEWORK_SHORTEN: of_end(w, imposed(w, MEASURE_DAYS * DAY), rq); break;
	case CASEWORK_LIFT: of_event(imposed(w, MEASURE_DAYS * DAY), "lift", "{}", rq); break;
	case CASEWORK_APPEAL: of_event(imposed(w, MEASURE_DAYS * DAY), "appeal", appeal, rq); break;
	case CASEWORK_UPHOLD: of_task(w, answered(w), "close", "", rq); break;
	case CASEWORK_OVERTURN:
		of_task(w, answered(w), "cancel", ",\"reason\":\"不在场\"", rq);
		break;
	case CASEWORK_LOCATE:
	case CASEWORK_RELEASE:
	case CASEWORK_IMPOSE: prepare_contact(w, act, rq); break;
	default: prepare_case(w, act, rq); break;
	}
	assert_int_equal(rq->body.failed, OK);
}

bool casework_ask(struct ward *w, enum casework_act act, const struct deeds_request *rq,
		  int *ret_status)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	*ret_status = deeds_ask_as(w, acts[act].who, rq, &a);
	if (*ret_status == acts[act].status)
		return true;
	if (*ret_status && (!ward_text(&a, "message_zh")[0] || !ward_text(&a, "message_en")[0]))
		fail_msg("%s: %d without words: %.*s", acts[act].name, *ret_status, (int)a.body.n,
			 a.body.p);
	return false;
}

/* ---- what is stored -------------------------------------------------------------------------- */

#define COUNT(what) \
	{ \
		.name = "test.casework", .text = "SELECT CAST(" what " AS BIGINT)", .args = "", \
		.across = "a test", .scan = "a test" \
	}
#define ROWS(table) COUNT("(SELECT count(*) FROM " table ")")
#define SUM(table, column) COUNT("(SELECT COALESCE(sum(" column "), 0) FROM " table ")")

static const struct sql stored[CASEWORK_NUMBERS] = {
	[CASEWORK_CASES] = ROWS("cases"),
	[CASEWORK_CASE_VERSIONS] = SUM("cases", "version"),
	[CASEWORK_CASE_PEOPLE] = ROWS("case_person"),
	[CASEWORK_WARRANTS] = ROWS("case_warrant"),
	[CASEWORK_SPENT] = SUM("case_warrant", "spent"),
	[CASEWORK_TRACES] = ROWS("traces"),
	[CASEWORK_PARTS] = ROWS("trace_part"),
	[CASEWORK_CONTACTS] = ROWS("contacts"),
	[CASEWORK_CONTACT_VERSIONS] = SUM("contacts", "version"),
	[CASEWORK_CONTACT_PEOPLE] = ROWS("contact_person"),
	[CASEWORK_FOUND] = ROWS("contacts WHERE state = 'found'"),
	[CASEWORK_EXCLUDED] = ROWS("contacts WHERE state = 'excluded'"),
	[CASEWORK_MEASURES] = ROWS("measures"),
	[CASEWORK_MEASURE_VERSIONS] = SUM("measures", "version"),
	[CASEWORK_IN_FORCE] = ROWS("measures WHERE state = 'in_force'"),
	[CASEWORK_TASKS] = ROWS("tasks"),
	[CASEWORK_TASK_VERSIONS] = SUM("tasks", "version"),
	[CASEWORK_CLOSED] = ROWS("tasks WHERE closed_at IS NOT NULL"),
	[CASEWORK_STORY] = ROWS("task_history"),
	[CASEWORK_OUTBOX] = ROWS("task_notice"),
	[CASEWORK_ENTRIES] = ROWS("ledger_entry"),
	[CASEWORK_KEYS] = ROWS("idempotency"),
	[CASEWORK_ANSWERS] = SUM("idempotency", "status"),
};
static const char *const stored_words[CASEWORK_NUMBERS] = {
	[CASEWORK_CASES] = "cases",
	[CASEWORK_CASE_VERSIONS] = "versions of cases",
	[CASEWORK_CASE_PEOPLE] = "people of cases",
	[CASEWORK_WARRANTS] = "warrants",
	[CASEWORK_SPENT] = "people that warrants brought up",
	[CASEWORK_TRACES] = "traces",
	[CASEWORK_PARTS] = "parts of traces",
	[CASEWORK_CONTACTS] = "contacts",
	[CASEWORK_CONTACT_VERSIONS] = "versions of contacts",
	[CASEWORK_CONTACT_PEOPLE] = "people of contacts",
	[CASEWORK_FOUND] = "contacts to be located",
	[CASEWORK_EXCLUDED] = "excluded contacts",
	[CASEWORK_MEASURES] = "measures",
	[CASEWORK_MEASURE_VERSIONS] = "versions of measures",
	[CASEWORK_IN_FORCE] = "measures in force",
	[CASEWORK_TASKS] = "tasks",
	[CASEWORK_TASK_VERSIONS] = "versions of tasks",
	[CASEWORK_CLOSED] = "closed tasks",
	[CASEWORK_STORY] = "story",
	[CASEWORK_OUTBOX] = "outbox",
	[CASEWORK_ENTRIES] = "entries",
	[CASEWORK_KEYS] = "keys",
	[CASEWORK_ANSWERS] = "answers kept",
};

static enum err stored_act(struct tx *tx, void *arg, struct fault *f)
{
	struct casework_stored *s = arg;

	for (size_t i = 0; i < CASEWORK_NUMBERS; i++) {
		CLEANUP(rows_end) struct rows *r = NULL;
		enum err e = tx_row(tx, &stored[i], SQL_NO_ARGS, &r, f);

		if (e)
			return e;
		s->v[i] = rows_i64(r, 0);
	}
	return OK;
}

struct casework_stored casework_stored(struct ward *w)
{
	struct casework_stored s;
	struct fault f = { 0 };

	if (db_read(w->h->db, stored_act, &s, &f))
		fail_msg("%s", f.en);
	return s;
}

struct casework_stored casework_did(const struct casework_stored *a,
				    const struct casework_stored *b)
{
	struct casework_stored d;

	for (size_t i = 0; i < CASEWORK_NUMBERS; i++)
		d.v[i] = b->v[i] - a->v[i];
	return d;
}

bool casework_same(const struct casework_stored *a, const struct casework_stored *b, char ret[80])
{
	for (size_t i = 0; i < CASEWORK_NUMBERS; i++)
		if (a->v[i] != b->v[i]) {
			(void)snprintf(ret, 80, "%s: %lld, not %lld", stored_words[i],
				       (long long)b->v[i], (long long)a->v[i]);
			return false;
		}
	return true;
}

void casework_fits(struct ward *w)
{
	static const struct {
		const char *what, *sql;
	} never[] = {
		{ "a contact without its person",
		  "SELECT count(*) FROM contacts c WHERE NOT EXISTS (SELECT 1 FROM contact_person"
		  " p WHERE p.contact = c.id)" },
		{ "a contact of no trace",
		  "SELECT count(*) FROM contacts c WHERE NOT EXISTS (SELECT 1 FROM traces t WHERE"
		  " CAST(t.id AS text) = c.trace)" },
		{ "a contact with no task, or two",
		  "SELECT count(*) FROM contacts c WHERE 1 <> (SELECT count(*) FROM tasks t WHERE"
		  " t.about = 'contact' AND t.about_id = c.id)" },
		{ "somebody to be located whose task is done",
		  "SELECT count(*) FROM contacts c JOIN tasks t ON t.about_id = c.id AND t.about ="
		  " 'contact' WHERE c.state = 'found' AND t.closed_at IS NOT NULL" },
		{ "an excluded contact with an open task",
		  "SELECT count(*) FROM contacts c JOIN tasks t ON t.about_id = c.id AND t.about ="
		  " 'contact' WHERE c.state = 'excluded' AND t.closed_at IS NULL" },
		{ "a confirmed case without a warrant",
		  "SELECT count(*) FROM cases c WHERE c.state = 'confirmed' AND NOT EXISTS (SELECT"
		  " 1 FROM case_warrant w WHERE w.case_id = c.id)" },
		{ "a warrant for a case that is not confirmed",
		  "SELECT count(*) FROM case_warrant w JOIN cases c ON c.id = w.case_id WHERE"
		  " c.state <> 'confirmed'" },
		{ "an appeal that is nobody's to answer",
		  "SELECT count(*) FROM measures m WHERE m.state = 'appealed' AND NOT EXISTS"
		  " (SELECT 1 FROM tasks t WHERE t.about = 'measure' AND t.about_id = m.id AND"
		  " t.closed_at IS NULL)" },
		{ "people beyond what warrants brought up",
		  "SELECT CASE WHEN (SELECT COALESCE(sum(spent), 0) FROM case_warrant) = (SELECT"
		  " COALESCE(sum(contacts), 0) FROM traces) THEN 0 ELSE 1 END" },
	};

	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		int64_t n = ward_scalar(w, never[i].sql);

		if (n)
			fail_msg("%s: %lld", never[i].what, (long long)n);
	}
}
