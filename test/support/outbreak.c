/* outbreak.c - see outbreak.h. */
#include "support/outbreak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/when.h"
#include "vault/vault.h"

enum { HOUR = 3600 };

static int64_t pseudonym_of(struct ward *w, const char *name, const char *phone, int64_t batch)
{
	struct vault_presence p = { .at = ward_now() };
	struct fault f = { 0 };
	int64_t ret;

	p.who.text[VAULT_NAME] = str_of(name);
	p.who.text[VAULT_PHONE] = str_of(phone);
	p.who.text[VAULT_ADDRESS] = STR("大桥路 7 号");
	if (vault_pseudonym(w->s->vault, batch, &p, 1, &ret, &f) ||
	    vault_keep(w->s->vault, batch, &f))
		fail_msg("%s", f.en);
	return ret;
}

void outbreak_bring(struct ward *w, struct outbreak *o, struct trail_visit *v, size_t n)
{
	struct database *d = w->d;
	struct db *own = d->db;
	enum trail_fate fate[OUTBREAK_BATCH_MAX];
	struct trails s = { .d = d, .t = w->s->trail };
	struct trails_keep k = {
		&s, { { 430802000000000 }, 5 + o->n_batches++ }, v, n, fate, false
	};

	assert_true(n <= ARRAY_LEN(fate));
	for (size_t i = 0; i < n; i++)
		v[i].kind = STR("restaurant");
	d->db = w->h->db;
	MUST(trails_keep(&k, &d->fault));
	d->db = own;
}

struct trail_visit outbreak_stay(int64_t person, int64_t place, int64_t from, int64_t hours)
{
	return (struct trail_visit){ .person = person,
				     .place = { place },
				     .from = { from },
				     .to = { from + hours * HOUR } };
}

/* A doctor of the village reports it, where they are and not elsewhere. */
static void report(struct ward *w, struct outbreak *o, int32_t today)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	CLEANUP(buf_release) struct buf day = { 0 };
	char body[600];

	when_date(&day, today);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"430802000000000\",\"number\":\"甲一\",\"profile\":"
		       "\"covid19.who\",\"onset\":\"%.*s\",\"positive\":\"%.*s\",\"who\":{\"name\":"
		       "\"金丝雀\",\"id_number\":\"430802198501010011\",\"phone\":"
		       "\"13800000000\"}}",
		       (int)day.n, day.p, (int)day.n, day.p);
	if (ward_ask(w, WARD_DOCTOR, "POST", "/api/v1/cases", body, &a) != 404)
		fail_msg("a doctor of a village reports where they are not: %d", a.status);
	answer_end(&a);
	memcpy(strstr(body, "430802000000000"), "430802001001000", 15);
	if (ward_ask(w, WARD_DOCTOR, "POST", "/api/v1/cases", body, &a) != 201)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	(void)snprintf(o->id, sizeof o->id, "%s", ward_text(&a, "id"));
}

static void confirm(struct ward *w, struct outbreak *o)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	char url[120];

	(void)snprintf(url, sizeof url, "/api/v1/cases/%s/events/confirm", o->id);
	if (ward_ask(w, WARD_TRACER, "POST", url, "", &a) != 200)
		fail_msg("%d %.*s", a.status, (int)a.body.n, a.body.p);
	(void)snprintf(o->warrant, sizeof o->warrant, "%s", ward_text(&a, "over\":false,\"text"));
}

void outbreak_begin(struct ward *w, struct outbreak *o)
{
	int32_t today = zone_day_of(w->h->zone, ward_now());
	char sql[120];

	memset(o, 0, sizeof *o);
	o->evening = zone_day_start(w->h->zone, today - 1).v + 19 * HOUR;
	report(w, o, today);
	(void)snprintf(sql, sizeof sql, "SELECT person FROM case_person WHERE case_id = %s", o->id);
	o->index = ward_scalar(w, sql);
	assert_true(o->index > 0);
	o->neighbour = pseudonym_of(w, "邻座甲", "13912345678", 99);
	struct trail_visit v[] = {
		outbreak_stay(o->index, OUTBREAK_PLACE, o->evening, 2),
		outbreak_stay(o->neighbour, OUTBREAK_PLACE, o->evening, 2),
		outbreak_stay(1002, OUTBREAK_PLACE, o->evening + 600, 1),
		outbreak_stay(1002, OUTBREAK_BUS, o->evening + 3 * HOUR, 1),
		outbreak_stay(1003, OUTBREAK_BUS, o->evening + 3 * HOUR, 1),
		outbreak_stay(1004, 79, o->evening, 2),
	};
	outbreak_bring(w, o, v, ARRAY_LEN(v));
	confirm(w, o);
}
