/* authz_looks.c - see authz_looks.h. */
#include "support/authz_looks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "look/break_glass.sql.h"

static int64_t made = 1000;

struct asking {
	struct area_code area;
	int64_t id, now;
};

static enum err ask(struct tx *tx, void *arg, struct fault *f)
{
	const struct asking *w = arg;

	return tx_run(tx, &break_glass_sql.put,
		      SQL_ARGS(sql_i64(area_county(w->area).v), sql_i64(w->id), sql_i64(w->area.v),
			       sql_text(STR("case/1")), sql_text(STR("one must be found tonight")),
			       sql_text(STR("cdc")), sql_text(STR("5")), sql_i64(3),
			       sql_i64(w->now)),
		      NULL, f);
}

/* Somebody's, who is none of those that ask. */
static void a_glass(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	struct asking w = { .id = made++, .now = k->now };
	struct database *d = k->d;
	char id[24];

	(void)r;
	assert_int_equal(area_parse(str_of(authz_area(p)), &w.area), OK);
	MUST(db_write(d->db, ask, &w, &d->fault));
	(void)snprintf(id, sizeof id, "%lld", (long long)w.id);
	authz_put(ret->target, id);
	(void)snprintf(ret->body, sizeof ret->body, "%s",
		       strstr(ret->target, "/answer") ? "{\"approve\":true}" : "{}");
}

static void a_question(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof ret->body,
		       "{\"area\":\"%s\",\"matter\":\"case/1\","
		       "\"reason\":\"one must be found tonight\",\"people\":[\"5\"]}",
		       authz_area(p));
}

static void a_person(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof ret->body, "{\"id_number\":\"11010519491231002X\"}");
}

/* Nobody there has a department, and no vault stands behind the matrix. */
const struct authz_probe authz_looks[] = {
	{ "POST /api/v1/break-glass", a_question, "conflict" },
	{ "POST /api/v1/break-glass/{id}/answer", a_glass, "conflict" },
	{ "POST /api/v1/break-glass/{id}/names", a_glass, "conflict" },
	{ "POST /api/v1/access-report", a_person, "busy" },
};
const size_t authz_looks_n = ARRAY_LEN(authz_looks);
