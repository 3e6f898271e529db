/*
 * agencies.c - what disease control, a community, the police and a telecom authority are told of
 * one case by the real routes: each reply as it is kept in test/look/agencies, and no two of them
 * together lead from the case and its illness to the address.
 *
 * In the kept replies ids, times, receipts and hashes stand as what they are, since each run has
 * its own. `make bless` takes over what changed, after somebody looked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "support/clinic.h"
#include "support/paths.h"
#include "support/vaulted.h"

#define ADDRESS "合成里三号"
#define ILLNESS "covid19.who"
enum agency { CDC, COMMUNITY, POLICE, TELECOM, AGENCIES };
static const char *const word[AGENCIES] = { "cdc", "community", "police", "telecom" };

struct view {
	struct buf raw, kept; /* what it is told */
	struct buf rows;      /* what it brought itself */
};
struct told {
	struct view v[AGENCIES];
};

static void told_end(struct told *t)
{
	for (int a = 0; a < AGENCIES; a++) {
		buf_release(&t->v[a].raw);
		buf_release(&t->v[a].kept);
		buf_release(&t->v[a].rows);
	}
}

/* ---- replies as they are kept ---------------------------------------------------------------- */

static bool all_of(struct str s, const char *signs)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(signs, s.p[i]))
			return false;
	return s.n > 0;
}

/* What a text is, if each run has its own. */
static const char *kind_of(struct str s)
{
	if (s.n == 18 && memcmp(s.p, "4308", 4) == 0 && all_of(s, "0123456789X"))
		return NULL; /* somebody's ID number: the same in each run */
	if (s.n >= 16 && all_of(s, "0123456789"))
		return "<id>";
	if (s.n >= 20 && s.p[4] == '-' && s.p[10] == 'T')
		return "<time>";
	if (s.n == 64 && all_of(s, "0123456789abcdef"))
		return "<hash>";
	if (s.n == 32 && all_of(s, "0123456789abcdef"))
		return "<token>";
	if (s.n == 25 && memcmp(s.p, "case-", 5) == 0)
		return "<case>";
	return s.n > 60 ? "<sealed>" : NULL;
}

static void keep(struct view *v, const char *what, const struct answer *a)
{
	bool number = false;

	buf_str(&v->raw, buf_view(&a->body));
	buf_fmt(&v->kept, "%s\n%d ", what, a->status);
	for (size_t i = 0; i < a->body.n; i++) {
		const char *p = a->body.p + i, *end;
		struct str s = { p + 1, 0 };
		const char *kind;

		/* Counters of the house go their own way. */
		if (number && strchr("0123456789", *p)) {
			buf_char(&v->kept, '0');
			while (i + 1 < a->body.n && strchr("0123456789", a->body.p[i + 1]))
				i++;
			number = false;
			continue;
		}
		if (*p != '"' || !(end = memchr(p + 1, '"', a->body.n - i - 1))) {
			buf_char(&v->kept, *p);
			continue;
		}
		s.n = (size_t)(end - p) - 1;
		kind = kind_of(s);
		buf_char(&v->kept, '"');
		buf_str(&v->kept, kind ? str_of(kind) : s);
		buf_char(&v->kept, '"');
		i += s.n + 1;
		number = str_eq(s, STR("seq")) || str_eq(s, STR("head_due")) ||
			 str_eq(s, STR("head"));
		if (number && i + 1 < a->body.n && a->body.p[i + 1] == ':') {
			buf_char(&v->kept, ':');
			i++;
		}
	}
	buf_lit(&v->kept, "\n\n");
	assert_int_equal(v->kept.failed, OK);
}

static void hear(struct told *t, struct clinic *c, enum agency to, int who, const char *method,
		 const char *target, const char *body, const char *what)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	if (clinic_ask(c, who, method, target, body, &a) / 100 != 2)
		fail_msg("%s: %.*s", what, (int)a.body.n, a.body.p);
	keep(&t->v[to], what, &a);
}

static void as_kept(const struct view *v, const char *agency)
{
	CLEANUP(file_end) struct file *fl = NULL;
	struct file_map m = { 0 };
	struct fault f = { 0 };
	char name[80];
	struct path path;

	(void)snprintf(name, sizeof name, "test/look/agencies/%s.txt", agency);
	path = path_in_source(name);
	if (getenv("OUTPOST_BLESS")) {
		assert_int_equal(file_open(path.s, FILE_REPLACE, &fl, &f), OK);
		assert_int_equal(file_write(fl, v->kept.p, v->kept.n, &f), OK);
		assert_int_equal(file_close(&fl, &f), OK);
		return;
	}
	assert_int_equal(file_map(path.s, &m, &f), OK);
	if (m.n != v->kept.n || memcmp(m.p, v->kept.p, m.n) != 0)
		fail_msg("%s is told otherwise than %s says:\n%.*s", agency, name, (int)v->kept.n,
			 v->kept.p);
	file_unmap(&m);
}

/* ---- the four -------------------------------------------------------------------------------- */

static enum err of_the_community(struct tx *tx, void *arg, struct fault *f)
{
	static const struct sql department = {
		.name = "test.of_the_community",
		.text = "UPDATE accounts SET organisation = 14 WHERE login = 'duty'",
		.args = "",
		.act = SQL_WRITE,
		.across = "a test",
	};

	(void)arg;
	return tx_run(tx, &department, SQL_NO_ARGS, NULL, f);
}

/* Somebody's address or ID number, for an agency whose officer asks and another approves. */
static void glass(struct told *t, struct clinic *c, enum agency to, int who, int second,
		  const char *subject)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char body[400], id[24], url[80];

	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802\",\"matter\":\"paper-17\","
		       "\"reason\":\"somebody must be reached tonight\",\"people\":[\"%s\"]}",
		       subject);
	if (clinic_ask(c, who, "POST", "/api/v1/break-glass", body, &a) != 201)
		fail_msg("%s %.*s", body, (int)a.body.n, a.body.p);
	clinic_text(&a, "id", id, sizeof id);
	(void)snprintf(url, sizeof url, "/api/v1/break-glass/%s/answer", id);
	assert_int_equal(clinic_status(c, second, "POST", url, "{\"approve\":true}"), 200);
	(void)snprintf(url, sizeof url, "/api/v1/break-glass/%s/names", id);
	hear(t, c, to, who, "POST", url, "{}", "POST /break-glass/{id}/names");
	hear(t, c, to, who, "GET", "/api/v1/looks", "", "GET /looks");
}

/* What the four are told of the one case. */
struct story {
	struct told *t;
	struct clinic *c;
	char id[24], subject[24], warrant[600], number[19];
	char feed[24], token[40];
};

static void disease_control(struct story *s)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct told *t = s->t;
	struct clinic *c = s->c;
	char body[700], url[80], trace[24];

	clinic_confirm(c, CLINIC_CHIEF, s->id, s->warrant);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s", s->id);
	hear(t, c, CDC, CLINIC_CHIEF, "GET", url, "", "GET /cases/{id}");
	clinic_ask(c, CLINIC_CHIEF, "GET", url, "", &a);
	clinic_text(&a, "subject", s->subject, sizeof s->subject);
	answer_end(&a);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/trace", s->id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\"}", s->warrant);
	hear(t, c, CDC, CLINIC_CHIEF, "POST", url, body, "POST /cases/{id}/trace");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/traces", s->id);
	clinic_ask(c, CLINIC_CHIEF, "GET", url, "", &a);
	clinic_text(&a, "id", trace, sizeof trace);
	(void)snprintf(url, sizeof url, "/api/v1/traces/%s/names", trace);
	hear(t, c, CDC, CLINIC_CHIEF, "POST", url, "{}", "POST /traces/{id}/names");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/stays", s->id);
	hear(t, c, CDC, CLINIC_CHIEF, "POST", url, body, "POST /cases/{id}/stays");
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/chain", s->id);
	hear(t, c, CDC, CLINIC_CHIEF, "GET", url, "", "GET /cases/{id}/chain");
	hear(t, c, CDC, CLINIC_CHIEF, "GET", "/api/v1/looks", "", "GET /looks");
}

/* Disease control asks the telecom authority, and later sees that it answered. */
static void disease_control_asks(struct story *s)
{
	char url[80], body[700];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/questions", s->id);
	(void)snprintf(body, sizeof body, "{\"warrant\":\"%s\",\"feed\":\"%s\"}", s->warrant,
		       s->feed);
	hear(s->t, s->c, CDC, CLINIC_CHIEF, "POST", url, body, "POST /cases/{id}/questions");
}

static void disease_control_sees_the_answer(struct story *s)
{
	char url[80];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/questions", s->id);
	hear(s->t, s->c, CDC, CLINIC_CHIEF, "GET", url, "", "GET /cases/{id}/questions");
}

static void make_feed(struct story *s, char key[200])
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char number[24], body[300];

	assert_int_equal(clinic_ask(s->c, CLINIC_KEEPER, "POST", "/api/v1/keys",
				    "{\"agency\":\"telecom\",\"area\":\"430802\","
				    "\"areas\":[\"430802\"],\"capabilities\":[\"push\"]}",
				    &a),
			 201);
	clinic_text(&a, "key", key, 200);
	clinic_text(&a, "id", number, sizeof number);
	answer_end(&a);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"name\":\"telecom\","
		       "\"brings\":\"visits\",\"every_min\":60,\"api_key\":\"%s\"}",
		       number);
	assert_int_equal(clinic_ask(s->c, CLINIC_LEAD, "POST", "/api/v1/feeds", body, &a), 201);
	clinic_text(&a, "id", s->feed, sizeof s->feed);
}

/* The rows are of the evening on which the case was in cell-7. */
static void push(struct story *s, const char *who, const char *what)
{
	CLEANUP(buf_release) struct buf from = { 0 }, to = { 0 };
	char url[80], body[300];
	int64_t evening = clinic_evening(s->c, 1);

	when_iso(&from, (struct utc_s){ evening + 17 }, s->c->h->zone);
	when_iso(&to, (struct utc_s){ evening + 1800 }, s->c->h->zone);
	(void)snprintf(url, sizeof url, "/api/v1/feeds/%s/batches", s->feed);
	(void)snprintf(body, sizeof body,
		       "person,id_number,place,kind,from,to\n%s,cell-7,bus,%.*s,%.*s\n", who,
		       (int)from.n, from.p, (int)to.n, to.p);
	buf_str(&s->t->v[TELECOM].rows, str_of(body));
	hear(s->t, s->c, TELECOM, CLINIC_LAB, "POST", url, body, what);
}

/* The telecom authority brings who was where, and is told how many rows were taken. */
static void telecom(struct story *s, char key[200])
{
	struct clinic *c = s->c;
	char who[40];

	make_feed(s, key);
	(void)snprintf(c->cookie[CLINIC_LAB], sizeof c->cookie[CLINIC_LAB],
		       "Authorization: Bearer %s\r\nContent-Type: text/csv\r\n", key);
	(void)snprintf(who, sizeof who, "sim-1,%s", s->number);
	push(s, who, "POST /feeds/{id}/batches");
}

/* It is asked who was at a place at a time, and answers. */
static void telecom_answers(struct story *s, const char *key)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	static const char *const closed[] = { "/api/v1/cases", "/api/v1/break-glass",
					      "/api/v1/batches", "/api/v1/places" };
	struct clinic *c = s->c;
	char url[80];

	hear(s->t, c, TELECOM, CLINIC_LAB, "GET", "/api/v1/questions", "", "GET /questions");
	clinic_ask(c, CLINIC_LAB, "GET", "/api/v1/questions", "", &a);
	clinic_text(&a, "token", s->token, sizeof s->token);
	(void)snprintf(c->cookie[CLINIC_LAB], sizeof c->cookie[CLINIC_LAB],
		       "Authorization: Bearer %s\r\nContent-Type: text/csv\r\n"
		       "Outpost-Question: %s\r\n",
		       key, s->token);
	push(s, "sim-2,", "POST /feeds/{id}/batches, with the token");
	for (size_t i = 0; i < ARRAY_LEN(closed); i++)
		assert_int_equal(clinic_status(c, CLINIC_LAB, "GET", closed[i], ""), 403);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s", s->id);
	assert_int_equal(clinic_status(c, CLINIC_LAB, "GET", url, ""), 403);
	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/questions", s->id);
	assert_int_equal(clinic_status(c, CLINIC_LAB, "GET", url, ""), 403);
}

/* ---- two of them together -------------------------------------------------------------------- */

static bool holds(const struct view *v, const char *text)
{
	return v->raw.n && memmem(v->raw.p, v->raw.n, text, strlen(text));
}

/* A value of one reply by which a row of another could be found: long enough, and of a person. */
static void no_common_value(const struct view *a, const struct view *b, const char *who)
{
	for (size_t i = 0; i < a->raw.n;) {
		const char *p = memchr(a->raw.p + i, '"', a->raw.n - i), *end;
		char value[80];

		if (!p || !(end = memchr(p + 1, '"', (size_t)(a->raw.p + a->raw.n - p) - 1)))
			return;
		i = (size_t)(end - a->raw.p) + 1;
		if (end[1] == ':' || end - p < 8 || end - p > 70)
			continue; /* a key, a word, a receipt */
		(void)snprintf(value, sizeof value, "%.*s", (int)(end - p) + 1, p);
		if (strncmp(value, "\"2026-", 6) == 0 || strncmp(value, "\"4308020000", 10) == 0 ||
		    strcmp(value, "\"id_number\"") == 0)
			continue; /* times, the county and a field's name are everybody's */
		if (holds(b, value))
			fail_msg("%s are both told %s", who, value);
	}
}

static void no_two_of_them_lead_from_an_illness_to_an_address(const struct told *t)
{
	assert_true(holds(&t->v[CDC], ILLNESS) && holds(&t->v[COMMUNITY], ADDRESS));
	for (int a = 0; a < AGENCIES; a++) {
		assert_false(holds(&t->v[a], ILLNESS) && holds(&t->v[a], ADDRESS));
		for (int b = 0; b < AGENCIES; b++) {
			char who[60];

			if (!holds(&t->v[a], ILLNESS) || !holds(&t->v[b], ADDRESS))
				continue;
			(void)snprintf(who, sizeof who, "%s and %s", word[a], word[b]);
			no_common_value(&t->v[a], &t->v[b], who);
		}
	}
}

/* `at` is behind the name of a key: its text, and what is behind that. */
static const char *text_at(const char *at, const char *key, struct str *ret)
{
	char sign[24];
	const char *p, *end;

	(void)snprintf(sign, sizeof sign, "\"%s\":\"", key);
	p = strstr(at, sign);
	assert_non_null(p);
	p += strlen(sign);
	end = strchr(p, '"');
	assert_non_null(end);
	*ret = (struct str){ p, (size_t)(end - p) };
	return end;
}

/* Nobody finds the case by looking for the question's place and times among its own rows. */
static void no_row_of_its_own_is_what_it_was_asked(struct view *v)
{
	const char *at;
	size_t n = 0;

	buf_char(&v->raw, '\0');
	buf_char(&v->rows, '\0');
	assert_non_null(strstr(v->rows.p, ",cell-7,bus,"));
	for (at = v->raw.p; (at = strstr(at, "{\"place\":\"")); n++) {
		struct str place, from, to;
		char line[200];

		at = text_at(at, "place", &place);
		at = text_at(at, "from", &from);
		at = text_at(at, "to", &to);
		(void)snprintf(line, sizeof line, ",%.*s,bus,%.*s,%.*s\n", (int)place.n, place.p,
			       (int)from.n, from.p, (int)to.n, to.p);
		assert_null(strstr(v->rows.p, line));
		line[strlen(line) - to.n - 2] = '\0';
		assert_null(strstr(v->rows.p, line)); /* nor that place and beginning */
		assert_memory_equal(from.p + 13, ":00:00", 6);
		assert_memory_equal(to.p + 13, ":00:00", 6);
	}
	assert_int_equal(n, 1);
}

/*
 * The telecom authority knows a place and a time of the case, and was asked: what any other agency
 * is told adds no case, no illness, nobody and no door to it. Who was there it knows of its own.
 */
static void the_telecom_authority_is_told_a_place_and_nobody(const struct story *s)
{
	const struct view *v = s->t->v, *own = &v[TELECOM];

	assert_true(holds(own, "cell-7") && holds(own, s->token));
	assert_false(holds(own, ILLNESS) || holds(own, ADDRESS) || holds(own, "金丝雀"));
	assert_false(holds(own, s->id) || holds(own, s->subject) || holds(own, s->number));
	for (int a = 0; a < TELECOM; a++) {
		char who[60];

		(void)snprintf(who, sizeof who, "%s and %s", word[TELECOM], word[a]);
		assert_false(holds(&v[a], "cell-7") || holds(&v[a], s->token));
		if (a != CDC) /* which names the feed that it asks */
			no_common_value(own, &v[a], who);
	}
}

static void each_agency_is_told_what_it_needs_and_no_two_of_them_more(void **state)
{
	CLEANUP(told_end) struct told t = { 0 };
	struct database *d = *state;
	struct clinic c;
	struct story s = { .t = &t, .c = &c };
	char key[200], who[300];

	clinic_begin(&c, *state, "agencies");
	vaulted_id_number(5, s.number);
	(void)snprintf(who, sizeof who,
		       "{\"name\":\"金丝雀甲\",\"id_number\":\"%s\",\"phone\":\"13877776666\","
		       "\"address\":\"" ADDRESS "\",\"sex\":\"f\"}",
		       s.number);
	clinic_report_of(&c, s.id, "2026-0917", 0, who);
	clinic_visits(&c, clinic_person(&c, s.id), 1001);
	disease_control(&s);
	MUST(db_write(c.h->db, of_the_community, NULL, &d->fault));
	glass(&t, &c, COMMUNITY, CLINIC_DUTY, CLINIC_LEAD, s.subject);
	glass(&t, &c, POLICE, CLINIC_LEAD, CLINIC_DUTY, s.subject);
	telecom(&s, key);
	disease_control_asks(&s);
	telecom_answers(&s, key);
	disease_control_sees_the_answer(&s);
	for (int a = 0; a < AGENCIES; a++)
		as_kept(&t.v[a], word[a]);
	no_two_of_them_lead_from_an_illness_to_an_address(&t);
	the_telecom_authority_is_told_a_place_and_nobody(&s);
	no_row_of_its_own_is_what_it_was_asked(&t.v[TELECOM]);
	assert_true(holds(&t.v[POLICE], s.number) && !holds(&t.v[POLICE], ADDRESS));
	assert_false(holds(&t.v[COMMUNITY], "金丝雀") || holds(&t.v[COMMUNITY], s.subject));
	assert_false(holds(&t.v[CDC], s.number) || holds(&t.v[TELECOM], s.subject));
	clinic_end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_SQLITE(each_agency_is_told_what_it_needs_and_no_two_of_them_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
