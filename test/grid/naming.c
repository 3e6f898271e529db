/* naming.c - files that say names where rows have ids and codes: found, shared, out of reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "grid/area.h"
#include "grid/area_import.h"
#include "grid/grid.h"
#include "grid/officer.h"
#include "grid/organisation.h"
#include "record/naming.h"
#include "support/desk.h"

#include "base/ban.h"

static const char tree[] =
	"code,name,name_en\n43,湖南省,\n4308,张家界市,Zhangjiajie\n430802,永定区,\n"
	"430802001,永定街道,Yongding Street\n430802001001,三合村,\n430802002,大庸桥街道,\n"
	"430802002001,三合村,\n430802002002,上坪村,\n430811,武陵源区,\n430811001,三合村,\n";

struct place {
	struct record_book *book;
	struct zone *zone;
	struct desk k;
	struct visitor lead;
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
				    .area_names = area_names,
				    .areas = area_each };
	struct route_list routes;

	memset(p, 0, sizeof *p);
	MUST(zone_open("+08:00", &p->zone, NULL));
	o.zone = p->zone;
	MUST(record_open(&o, &p->book, &d->fault));
	load_areas(d);
	routes = record_routes(p->book);
	desk_open(&p->k, d, &routes, 1);
	desk_account(&p->k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_sign_in(&p->k, "lead", &p->lead);
}

static void place_close(struct place *p)
{
	desk_close(&p->k);
	record_end(&p->book);
	zone_free(p->zone);
}

#define OPEN(p) \
	CLEANUP(place_close) struct place p; \
	place_open(&p, *state)
#define IMPORT(a, p, target, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&(p).k, &(p).lead, "POST", "/api/v1/" target, NULL, body, &a)

static void holds(const struct answer *a, const char *text)
{
	if (a->status != 200 || !answer_holds(a, text))
		fail_msg("no %s in %d %.*s", text, a->status, (int)a->body.n, a->body.p);
}

static void counts(const struct answer *a, int in, int accepted, int refused, int duplicate)
{
	char text[120];

	(void)snprintf(text, sizeof text,
		       "{\"in\":%d,\"accepted\":%d,\"refused\":%d,\"duplicate\":%d}", in, accepted,
		       refused, duplicate);
	holds(a, text);
}

struct put {
	const struct record_kind *k;
	const void *row;
};

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct put *p = arg;

	return act_insert(tx, p->k, p->row, f);
}

static struct record_id put(struct place *p, const struct noun *n, const void *row)
{
	struct put it = { record_kind_of(p->book, n->name), row };
	struct database *d = p->k.d;

	MUST(db_write(d->db, put_act, &it, &d->fault));
	return row_head_const(row)->id;
}

static struct record head_in(struct place *p, int64_t area)
{
	return (struct record){ .id = record_id_new(p->book),
				.area = { area },
				.version = 1,
				.state = 1,
				.created_at = { DATABASE_NOW },
				.updated_at = { DATABASE_NOW } };
}

static struct record_id organisation_in(struct place *p, int64_t area, const char *name, int state)
{
	struct organisation o = { .record = head_in(p, area),
				  .name = str_of(name),
				  .kind = ORGANISATION_GOVERNMENT };

	o.record.state = state;
	return put(p, &organisation_noun, &o);
}

static struct record_id organisation(struct place *p, int64_t area, const char *name)
{
	return organisation_in(p, area, name, ORGANISATION_ACTIVE);
}

static struct record_id officer(struct place *p, int64_t area, const char *name)
{
	struct officer o = { .record = head_in(p, area),
			     .name = str_of(name),
			     .post = STR("局长"),
			     .phone = STR("0744-8222333") };

	return put(p, &officer_noun, &o);
}

#define OFFICERS "姓名,职务,工作电话,区域,机构,替补\n"

/* An officer of that name, in the list: with what he refers to. */
static void is_told(struct place *p, const char *name_and, const char *what)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	desk_ask(&p->k, &p->lead, "GET", "/api/v1/officers?limit=200", NULL, NULL, &a);
	holds(&a, name_and);
	holds(&a, what);
}

static void a_reference_is_an_id_or_a_name(void **state)
{
	char file[600], want[80];
	OPEN(p);
	struct record_id office = organisation(&p, 430802000000000, "永定区应急局");
	struct record_id deputy = officer(&p, 430802001000000, "合成·替");

	(void)snprintf(file, sizeof file,
		       OFFICERS "合成·一,局长,119,430802001,永定区应急局,合成·替\n"
				"合成·二,局长,120,430802001,%lld,\n"
				"合成·三,局长,121,430802001,  永定区应急局　,%lld\n"
				"合成·四,局长,122,430802001,17,\n"
				"合成·五,局长,123,430802001,,无此人\n",
		       (long long)office.v, (long long)deputy.v);
	IMPORT(a, p, "officers/import?dry_run=true", file);
	IMPORT(b, p, "officers/import", file);

	counts(&a, 5, 3, 2, 0);
	counts(&b, 5, 3, 2, 0);
	holds(&b, "{\"row\":5,\"field\":\"organisation\",");
	holds(&b, "“机构”所指的记录不存在，请重新选择");
	holds(&b, "{\"row\":6,\"field\":\"substitute\",");
	holds(&b, "“替补”：您能查阅的记录中没有叫这个名称的，请核对名称，或填编号");
	holds(&b, "Substitute: no row that you may read has this name: check it, or give the id");
	assert_false(answer_holds(&b, "无此人")); /* what was typed is never repeated */
	(void)snprintf(want, sizeof want, "\"organisation\":\"%lld\",\"substitute\":\"%lld\"",
		       (long long)office.v, (long long)deputy.v);
	is_told(&p, "\"name\":\"合成·一\"", want);
	is_told(&p, "\"name\":\"合成·三\"", want);
}

static void of_a_shared_name_nothing_is_guessed(void **state)
{
	char file[400];
	OPEN(p);
	struct record_id one = organisation(&p, 430802001000000, "卫生院");

	organisation(&p, 430802002000000, "卫生院");
	organisation(&p, 430800000000000, "卫生院"); /* above, which organisations show */
	(void)snprintf(file, sizeof file,
		       OFFICERS "合成·一,院长,119,430802001,卫生院,\n合成·二,院长,120,430802001,"
				"%lld,\n",
		       (long long)one.v);
	IMPORT(a, p, "officers/import?dry_run=true", file);
	IMPORT(b, p, "officers/import", file);
	IMPORT(c, p, "officers/import/refused", file);

	counts(&a, 2, 1, 1, 0);
	counts(&b, 2, 1, 1, 0);
	holds(&b, "“机构”：有 3 条记录叫这个名称，请改填编号");
	holds(&b, "Organisation: 3 rows have this name: give the id instead");
	holds(&c, "合成·一,院长,119,430802001,卫生院,,“机构”：有 3 条记录叫这个名称，请改填编号 / "
		  "Organisation: 3 rows");
}

static void a_name_is_of_the_office_that_there_is_before_one_that_was_dissolved(void **state)
{
	static const char file[] = OFFICERS "合成·一,院长,119,430802001,卫生院,\n";
	char want[60];
	OPEN(p);

	(void)organisation_in(&p, 430802001000000, "卫生院", ORGANISATION_DISSOLVED);
	(void)organisation_in(&p, 430802001000000, "卫生院", ORGANISATION_DISSOLVED);
	IMPORT(a, p, "officers/import?dry_run=true", file);
	counts(&a, 1, 0, 1, 0); /* there are two of them, and no other */
	(void)snprintf(want, sizeof want, "\"organisation\":\"%lld\"",
		       (long long)organisation(&p, 430802001000000, "卫生院").v);
	IMPORT(b, p, "officers/import", file);
	counts(&b, 1, 1, 0, 0);
	is_told(&p, "\"name\":\"合成·一\"", want);
}

/* Two files that differ in a name alone, which is there and out of reach, or not there at all. */
static void a_name_out_of_reach_is_no_name(void **state)
{
	static const char *const file[] = {
		OFFICERS "合成·一,局长,119,430802001,武陵源区应急局,\n",
		OFFICERS "合成·一,局长,119,430802001,乌有应急局,\n",
		OFFICERS "合成·一,局长,119,430802001,,合成·远\n",
		OFFICERS "合成·一,局长,119,430802001,,合成·无\n",
	};
	OPEN(p);

	organisation(&p, 430811000000000, "武陵源区应急局");
	officer(&p, 430811000000000, "合成·远");
	for (size_t i = 0; i < ARRAY_LEN(file); i += 2) {
		IMPORT(a, p, "officers/import", file[i]);
		IMPORT(b, p, "officers/import", file[i + 1]);

		counts(&a, 1, 0, 1, 0);
		holds(&a, "no row that you may read");
		a.body.n = (size_t)((const char *)memmem(a.body.p, a.body.n, "\"receipt", 8) -
				    a.body.p);
		b.body.n = (size_t)((const char *)memmem(b.body.p, b.body.n, "\"receipt", 8) -
				    b.body.p);
		assert_true(str_eq(buf_view(&a.body), buf_view(&b.body)));
	}
	organisation(&p, 430802001000000, "武陵源区应急局"); /* shared with one out of reach */
	{
		IMPORT(a, p, "officers/import", file[0]);

		counts(&a, 1, 1, 0, 0);
	}
}

static void an_area_is_a_code_or_a_name(void **state)
{
	static const char file[] = "名称,类别,区域\n"
				   "合成一,other,永定街道\n"
				   "合成二,other,yongding street\n"
				   "合成三,other,Yongding Street\n"
				   "合成四,other,湖南省张家界市永定区大庸桥街道三合村\n"
				   "合成五,other,永定区 / 永定街道 / 三合村\n"
				   "合成六,other,湖南省上坪村\n"
				   "合成七,other,430802001\n"
				   "合成八,other,三合村\n"
				   "合成九,other,武陵源区\n"
				   "合成十,other,武陵源区上坪村\n"
				   "合成百,other,43080\n"
				   "合成千,other,\n";
	OPEN(p);
	IMPORT(a, p, "organisations/import?dry_run=true&area=430802", file);
	IMPORT(b, p, "organisations/import?area=430802", file);
	CLEANUP(answer_end) struct answer c = { 0 };

	counts(&a, 12, 7, 5, 0);
	counts(&b, 12, 7, 5, 0);
	holds(&b, "“区域”：有 2 个区域叫这个名称，请在前面写上级区域，或填区划代码");
	holds(&b, "{\"row\":9,\"field\":\"area\",");
	holds(&b, "“区域”：您的区域中没有叫这个名称的，请核对名称，或填区划代码");
	holds(&b, "{\"row\":3,\"field\":\"area\",");
	holds(&b, "{\"row\":10,\"field\":\"area\",");
	holds(&b, "{\"row\":11,\"field\":\"area\",");
	holds(&b, "{\"row\":12,\"field\":\"area\",");
	holds(&b, "“区域”不是区划代码");
	desk_ask(&p.k, &p.lead, "GET", "/api/v1/organisations/export", NULL, NULL, &c);
	holds(&c, ",430802001000000,正常,合成一,");
	holds(&c, ",430802001000000,正常,合成三,");
	holds(&c, ",430802002001000,正常,合成四,");
	holds(&c, ",430802001001000,正常,合成五,");
	holds(&c, ",430802002002000,正常,合成六,");
	holds(&c, ",430802000000000,正常,合成千,");
}

/* Else a file that is tried would be told otherwise than the file that is kept. */
static void a_name_is_of_a_row_that_was_there_before_the_file(void **state)
{
	static const char file[] = "名称,类别,区域,上级机构\n合成上,other,430802,\n"
				   "合成下,other,430802001,合成上\n";
	OPEN(p);
	IMPORT(a, p, "organisations/import?dry_run=true", file);
	IMPORT(b, p, "organisations/import", file);
	IMPORT(c, p, "organisations/import?dry_run=true", file);
	IMPORT(d, p, "organisations/import", file);

	counts(&a, 2, 1, 1, 0);
	counts(&b, 2, 1, 1, 0);
	counts(&c, 2, 1, 0, 1);
	counts(&d, 2, 1, 0, 1);
}

/* All that may leave, as it leaves: whoever they refer to, however it is called. */
static void a_whole_export_comes_back_as_it_was(void **state)
{
	char file[800];
	OPEN(p);
	struct record_id far = organisation(&p, 430811000000000, "卫生院");
	struct record_id one = organisation(&p, 430802001000000, "卫生院");
	struct record_id who = officer(&p, 430802001000000, "合成·甲");

	organisation(&p, 430802002000000, "卫生院");
	officer(&p, 430802001000000, "合成·甲");
	(void)snprintf(file, sizeof file,
		       "值班单位,值班员,岗位,开始,结束,区域\n"
		       "%lld,%lld,leader,2026-11-27 08:00,2026-11-27 20:00,430802\n"
		       "%lld,%lld,leader,2026-11-27 08:00,2026-11-27 20:00,430802\n",
		       (long long)far.v, (long long)who.v, (long long)one.v, (long long)who.v);
	{
		CLEANUP(answer_end) struct answer csv = { 0 }, names = { 0 };
		IMPORT(a, p, "watches/import", file);

		counts(&a, 2, 2, 0, 0);
		desk_ask(&p.k, &p.lead, "GET", "/api/v1/watches/export", NULL, NULL, &csv);
		desk_ask(
			&p.k, &p.lead, "GET",
			"/api/v1/watches/export?columns=area,office,officer,role,starts_at,ends_at",
			NULL, NULL, &names);
		buf_char(&csv.body, '\0');
		buf_char(&names.body, '\0');
		{
			IMPORT(b, p, "watches/import", csv.body.p);
			IMPORT(c, p, "watches/import", names.body.p);

			counts(&b, 2, 0, 0, 2);
			counts(&c, 2, 0, 2, 0); /* for people: what is shared is asked for */
			holds(&c, "give the id instead");
		}
	}
}

/* ---- many ----------------------------------------------------------------------------------- */

struct many {
	struct place *p;
	const struct who *who;
	uint64_t wrong;
};

/* More names than are kept, and then the first ones again. */
static enum err many_act(struct tx *tx, void *arg, struct fault *f)
{
	struct many *m = arg;
	const struct field *x = noun_field(&officer_noun, STR("organisation"));
	CLEANUP(naming_end) struct naming n = { 0 };
	enum err e = naming_begin(&n, m->p->book, m->who, tx, (struct utc_s){ DATABASE_NOW });

	for (int i = 0; i < NAMING_KEPT + 1000 && !e; i++) {
		const struct value_from from = { .zone = m->p->zone };
		struct fault why = { 0 };
		struct officer o = { 0 };
		char text[40];
		enum err is;

		(void)snprintf(text, sizeof text, "合成%d", i % 65000);
		is = naming_cell(&n, x, str_of(text), &from, &o, &why);
		e = is == OK || is == ERR_RANGE ? OK : is;
		m->wrong += (is == OK) != (i % 65000 == 7);
	}
	(void)f;
	return e;
}

static void more_names_than_are_kept_are_found_all_the_same(void **state)
{
	OPEN(p);
	struct who who = { .kind = WHO_PERSON, .capabilities = ~(uint64_t)1 };
	struct many m = { &p, &who, 0 };
	struct database *d = p.k.d;

	MUST(scope_add(&who.scope, (struct area_code){ 430802000000000 }, &d->fault));
	organisation(&p, 430802000000000, "合成7");
	MUST(db_read(d->db, many_act, &m, &d->fault));
	assert_int_equal(m.wrong, 0);
}

/* ---- no memory ------------------------------------------------------------------------------ */

static enum err short_act(struct tx *tx, void *arg, struct fault *f)
{
	struct many *m = arg;
	const struct field *x = noun_field(&officer_noun, STR("organisation"));
	const struct value_from from = { .zone = m->p->zone };
	CLEANUP(naming_end) struct naming n = { 0 };
	struct officer o = { 0 };
	enum err e = naming_begin(&n, m->p->book, m->who, tx, (struct utc_s){ DATABASE_NOW });

	if (!e)
		e = naming_cell(&n, NULL, STR("永定区上坪村"), &from, &o, f);
	if (!e)
		e = naming_cell(&n, x, STR("合成7"), &from, &o, f);
	m->wrong += !e && (o.record.area.v != 430802002002000 || !o.organisation.v);
	return e;
}

static void want_of_memory_is_told_and_nothing_is_lost(void **state)
{
	OPEN(p);
	struct who who = { .kind = WHO_PERSON, .capabilities = ~(uint64_t)1 };
	struct many m = { &p, &who, 0 };
	struct database *d = p.k.d;
	enum err e = ERR_MEMORY;

	MUST(scope_add(&who.scope, (struct area_code){ 430802000000000 }, &d->fault));
	organisation(&p, 430802000000000, "合成7");
	for (uint64_t k = 1; e == ERR_MEMORY && k < 1000; k++) {
		mem_fail_at(k, false);
		e = db_read(d->db, short_act, &m, &d->fault);
		mem_fail_at(0, false);
	}
	assert_int_equal(e, OK);
	assert_int_equal(m.wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_reference_is_an_id_or_a_name),
		ON_BOTH(of_a_shared_name_nothing_is_guessed),
		ON_BOTH(a_name_is_of_the_office_that_there_is_before_one_that_was_dissolved),
		ON_BOTH(a_name_out_of_reach_is_no_name),
		ON_BOTH(an_area_is_a_code_or_a_name),
		ON_BOTH(a_name_is_of_a_row_that_was_there_before_the_file),
		ON_BOTH(a_whole_export_comes_back_as_it_was),
		ON_SQLITE(want_of_memory_is_told_and_nothing_is_lost),
		ON_SQLITE(more_names_than_are_kept_are_found_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
