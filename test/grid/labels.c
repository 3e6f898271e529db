/* labels.c - names beside references: all that the reader could look up, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "grid/area.h"
#include "grid/area_import.h"
#include "grid/grid.h"
#include "record/inside.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "support/desk.h"

#include "base/ban.h"

enum { OFFICERS = 60, READERS = 12 };

static const char tree[] = "code,name,name_en\n43,湖南省,\n4308,张家界市,Zhangjiajie\n"
			   "430802,永定区,\n430802001,永定街道,\n430811,武陵源区,\n";

struct place {
	struct record_book *book;
	struct zone *zone;
	struct desk k;
	struct arena *a;
};

static void load_areas(struct database *d)
{
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;

	MUST(file_open("areas.csv", FILE_REPLACE, &fl, &d->fault));
	MUST(file_write(fl, tree, strlen(tree), &d->fault));
	MUST(file_close(&fl, &d->fault));
	MUST(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i));
	MUST(area_import_file(i, "areas.csv", &d->fault));
	MUST(db_write(d->db, area_import_run, i, &d->fault));
}

static void place_open(struct place *p, struct database *d)
{
	struct record_options o = { .nouns = grid_nouns,
				    .n = grid_nouns_n,
				    .clock = &clock_wall,
				    .area_names = area_names };
	struct route_list routes;

	memset(p, 0, sizeof *p);
	MUST(zone_open("+08:00", &p->zone, NULL));
	o.zone = p->zone;
	MUST(record_open(&o, &p->book, &d->fault));
	MUST(arena_new(16 << 20, &p->a));
	load_areas(d);
	routes = record_routes(p->book);
	desk_open(&p->k, d, &routes, 1);
}

static void place_close(struct place *p)
{
	desk_close(&p->k);
	record_end(&p->book);
	zone_free(p->zone);
	arena_end(&p->a);
}

#define OPEN(p) \
	CLEANUP(place_close) struct place p; \
	place_open(&p, *state)
#define ASK(a, p, who, target) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&(p).k, who, "GET", target, NULL, NULL, &a)

struct put {
	const struct record_kind *k;
	const void *row;
};

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct put *p = arg;

	return act_insert(tx, p->k, p->row, f);
}

static struct record head_in(struct place *p, int64_t area, int64_t by)
{
	return (struct record){ .id = record_id_new(p->book),
				.area = { area },
				.version = 1,
				.state = 1,
				.created_at = { DATABASE_NOW },
				.updated_at = { DATABASE_NOW },
				.created_by = { by } };
}

static struct record_id put(struct place *p, const struct noun *n, const void *row)
{
	struct put it = { record_kind_of(p->book, n->name), row };
	struct database *d = p->k.d;

	MUST(db_write(d->db, put_act, &it, &d->fault));
	return row_head_const(row)->id;
}

static struct record_id officer(struct place *p, int64_t area, struct record_id organisation,
				struct record_id substitute)
{
	struct officer o = { .record = head_in(p, area, 0),
			     .name = STR("合成·某"),
			     .post = STR("局长"),
			     .phone = STR("0744-8222333"),
			     .organisation = organisation,
			     .substitute = substitute };

	return put(p, &officer_noun, &o);
}

static const struct json_node *body_of(struct place *p, const struct answer *a)
{
	const struct json_node *n;
	struct fault f = { 0 };
	char *kept = arena_copy(p->a, a->body.p, a->body.n);

	assert_int_equal(a->status, 200);
	if (json_read((struct str){ kept, a->body.n }, &json_limits_request, p->a, &n, &f))
		fail_msg("%s", f.en);
	return n;
}

/* What a name is for a row: an officer elsewhere is nobody's business, an office's name is. */
static void a_label_is_what_the_reader_could_look_up(void **state)
{
	struct visitor lead, admin;
	OPEN(p);
	struct organisation elsewhere = { .record = head_in(&p, 430811000000000, 0),
					  .name = STR("武陵源区应急局"),
					  .kind = ORGANISATION_GOVERNMENT };
	struct record_id office = put(&p, &organisation_noun, &elsewhere);
	struct record_id far = officer(&p, 430811000000000, office, (struct record_id){ 0 });
	struct record_id above = officer(&p, 430800000000000, office, far);
	struct record_id own = officer(&p, 430802001000000, office, above);
	char want[128];

	desk_account(&p.k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_account(&p.k, "admin", role_bit(ROLE_SECURITY_ADMIN), "4308");
	desk_sign_in(&p.k, "lead", &lead);
	desk_sign_in(&p.k, "admin", &admin);
	ASK(a, p, &lead, "/api/v1/officers");
	assert_int_equal(a.status, 200);
	(void)snprintf(want, sizeof want, "\"organisation\":{\"%lld\":\"武陵源区应急局\"}",
		       (long long)office.v);
	assert_true(answer_holds(&a, want));
	(void)snprintf(want, sizeof want, "\"officer\":{\"%lld\":null,\"%lld\":\"合成·某\"}",
		       (long long)far.v, (long long)above.v);
	assert_true(answer_holds(&a, want));
	assert_true(answer_holds(&a, "\"area\":{\"430800000000000\":{\"zh\":\"张家界市\","
				     "\"en\":\"Zhangjiajie\"},\"430802001000000\":{\"zh\":"
				     "\"永定街道\",\"en\":null}}"));
	(void)own;
	ASK(b, p, &admin, "/api/v1/accounts");
	assert_true(answer_holds(&b, "\"labels\":"));
	assert_false(answer_holds(&b, "\"organisation\":{")); /* no account has one */
}

/* A file for people has names where one for a program has ids; where there is none, the id. */
static void a_file_of_chosen_columns_has_names(void **state)
{
	struct visitor lead;
	OPEN(p);
	struct organisation office = { .record = head_in(&p, 430802000000000, 0),
				       .name = STR("永定区应急局"),
				       .kind = ORGANISATION_GOVERNMENT };
	struct record_id id = put(&p, &organisation_noun, &office);
	struct record_id far = officer(&p, 430811000000000, id, (struct record_id){ 0 });
	char want[200];

	(void)officer(&p, 430802001000000, id, far);
	desk_account(&p.k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&p.k, "lead", &lead);
	ASK(a, p, &lead, "/api/v1/officers/export?columns=name,organisation,area,substitute");
	ASK(b, p, &lead, "/api/v1/officers/export");
	(void)snprintf(want, sizeof want,
		       "姓名,机构,区域,替补\r\n合成·某,永定区应急局,永定街道,%lld\r\n",
		       (long long)far.v);
	assert_true(answer_holds(&a, want));
	(void)snprintf(want, sizeof want, ",%lld,%lld\r\n", (long long)id.v, (long long)far.v);
	assert_true(answer_holds(&b, want));
}

static const struct sql rename_all = {
	.name = "organisations.rename",
	.text = "UPDATE organisations SET name = $1 WHERE id > 0",
	.args = "t",
	.act = SQL_WRITE,
	.scan = "a test's",
	.across = "a test's",
};
static const struct sql rename_areas = {
	.name = "area.rename",
	.text = "UPDATE area SET name = $1 WHERE code > 0",
	.args = "t",
	.act = SQL_WRITE,
	.scan = "a test's",
	.across = "a test's",
};

static enum err rename_act(struct tx *tx, void *arg, struct fault *f)
{
	struct sql_value name = sql_text(*(const struct str *)arg);
	enum err e = tx_run(tx, &rename_all, (struct sql_args){ &name, 1 }, NULL, f);

	return e ? e : tx_run(tx, &rename_areas, (struct sql_args){ &name, 1 }, NULL, f);
}

/* What is remembered of names is not older than the rows, and no reader has it from another. */
static void a_name_that_is_corrected_is_told_from_the_next_answer_on(void **state)
{
	struct visitor lead, worker;
	OPEN(p);
	struct database *d = p.k.d;
	struct organisation office = { .record = head_in(&p, 430802000000000, 0),
				       .name = STR("永定区应急局"),
				       .kind = ORGANISATION_GOVERNMENT };
	struct record_id id = put(&p, &organisation_noun, &office);
	struct record_id above = officer(&p, 430802000000000, id, (struct record_id){ 0 });
	struct record_id own = officer(&p, 430802001000000, id, above);
	struct record_id far = officer(&p, 430811000000000, id, above);
	struct str corrected = STR("更正后的名称");
	char target[64], want[64];

	desk_account(&p.k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_account(&p.k, "worker", role_bit(ROLE_GRID_WORKER), "430811");
	desk_sign_in(&p.k, "lead", &lead);
	desk_sign_in(&p.k, "worker", &worker);
	(void)snprintf(target, sizeof target, "/api/v1/officers/%lld", (long long)own.v);
	for (int i = 0; i < 3; i++) {
		ASK(a, p, &lead, target);
		assert_true(answer_holds(&a, "永定区应急局"));
		assert_true(answer_holds(&a, "永定街道"));
	}
	MUST(db_write(d->db, rename_act, &corrected, &d->fault));
	ASK(b, p, &lead, target);
	assert_false(answer_holds(&b, "永定"));
	assert_true(answer_holds(&b, "更正后的名称"));
	(void)snprintf(target, sizeof target, "/api/v1/officers/%lld", (long long)far.v);
	ASK(c, p, &worker, target);
	(void)snprintf(want, sizeof want, "\"officer\":{\"%lld\":null}", (long long)above.v);
	assert_true(answer_holds(&c, want)); /* the other reader's answer had it */
}

static int64_t some_area(struct dice *d)
{
	static const int64_t area[] = { 430000000000000, 430800000000000, 430802000000000,
					430802001000000, 430802002000000, 430811000000000,
					430811001000000, 431103000000000 };

	return area[dice_below(d, ARRAY_LEN(area))];
}

/* The slow way is the way of before: ask for each row itself. */
static void labels_are_what_asking_for_each_row_gives(void **state)
{
	struct record_id of[OFFICERS] = { 0 };
	struct dice d = { 7 };
	size_t told = 0, hidden = 0;
	OPEN(p);

	for (size_t i = 0; i < OFFICERS; i++)
		of[i] = officer(&p, some_area(&d), (struct record_id){ 0 },
				i ? of[dice_below(&d, (uint32_t)i)] : (struct record_id){ 0 });
	for (int r = 0; r < READERS; r++) {
		struct visitor v;
		char login[16], areas[AREA_TEXT_BYTES];
		const struct json_node *labels;

		(void)snprintf(login, sizeof login, "reader%d", r);
		area_text((struct area_code){ some_area(&d) }, areas);
		desk_account(&p.k, login, role_bit(ROLE_GRID_WORKER), areas);
		desk_sign_in(&p.k, login, &v);
		{
			ASK(list, p, &v, "/api/v1/officers?limit=200");
			labels = json_at(json_at(body_of(&p, &list), "labels"), "officer");
		}
		for (size_t i = 0; labels && i < labels->n; i++) {
			char target[64];
			bool has = labels->items[i].is == JSON_IS_TEXT;

			(void)snprintf(target, sizeof target, "/api/v1/officers/%.*s",
				       (int)labels->items[i].key.n, labels->items[i].key.p);
			assert_int_equal(desk_status(&p.k, &v, "GET", target, NULL),
					 has ? 200 : 404);
			told += has;
			hidden += !has;
		}
	}
	assert_true(told > 20 && hidden > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_label_is_what_the_reader_could_look_up),
		ON_BOTH(a_file_of_chosen_columns_has_names),
		ON_BOTH(a_name_that_is_corrected_is_told_from_the_next_answer_on),
		ON_BOTH(labels_are_what_asking_for_each_row_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
