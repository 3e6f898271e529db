/* record_files.c - rows from files and into files: counted, judged, kept, given back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "record/export.h"
#include "support/desk.h"
#include "support/wells.h"
#include "table/table.h"

struct place {
	struct record_book *book;
	struct desk k;
	struct visitor lead, reader;
};

static void place_open(struct place *p, struct database *d)
{
	struct route_list routes;

	memset(p, 0, sizeof *p);
	p->book = wells_book();
	p->book->scratch = ".";
	routes = record_routes(p->book);
	desk_open(&p->k, d, &routes, 1);
	desk_account(&p->k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
	desk_account(&p->k, "reader", role_bit(ROLE_GRID_WORKER), "430802");
	desk_sign_in(&p->k, "lead", &p->lead);
	desk_sign_in(&p->k, "reader", &p->reader);
}

static void place_close(struct place *p)
{
	desk_close(&p->k);
	record_end(&p->book);
}

#define OPEN(p) \
	CLEANUP(place_close) struct place p; \
	place_open(&p, *state)
#define ASK(a, p, who, method, target, headers, body) \
	CLEANUP(answer_end) struct answer a = { 0 }; \
	desk_ask(&(p).k, who, method, target, headers, body, &a)

static void is(const struct answer *a, int status, const char *holds)
{
	if (a->status != status || (holds && !answer_holds(a, holds)))
		fail_msg("%d, not %d with %s: %.*s", a->status, status, holds ? holds : "anything",
			 (int)a->body.n, a->body.p ? a->body.p : "");
}

static size_t rows(struct place *p)
{
	size_t n = 0;
	ASK(a, *p, &p->lead, "GET", "/api/v1/wells?limit=200", NULL, NULL);

	is(&a, 200, NULL);
	for (size_t i = 0; i + 5 < a.body.n; i++)
		n += memcmp(a.body.p + i, "\"id\":", 5) == 0;
	return n;
}

#define WELLS_CSV \
	"区域,名称,类型,深度（厘米）,开凿日期\n" \
	"430802001,龙王井,人工井,400,2001/7/31\n" \
	"430802001,上坪井,drilled,,\n" \
	"430802001,坏井,湖,,\n" \
	"430802001,龙王井,人工井,,\n" \
	"430811001,别处的井,dug,,\n" \
	"430802002,龙王井,Spring,1,2001年7月31日\n"
#define ACCOUNT "{\"in\":6,\"accepted\":3,\"refused\":2,\"duplicate\":1}"

static void a_file_is_counted_kept_and_recorded_once(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);

	is(&a, 200, "\"account\":" ACCOUNT);
	is(&a, 200, "\"receipt\":");
	is(&a, 200, "{\"column\":\"深度（厘米）\",\"field\":\"depth_cm\"}");
	is(&a, 200, "{\"row\":4,\"field\":\"kind\",");
	is(&a, 200, "{\"row\":6,\"field\":\"area\",");
	assert_int_equal(rows(&p), 3);
	assert_int_equal(desk_entries(&p.k, "430802", "import"), 1);
	{
		ASK(b, p, &p.lead, "GET", "/api/v1/wells?q=lwj&area=430802002", NULL, NULL);

		is(&b, 200, "\"kind\":\"spring\"");
		is(&b, 200, "\"state\":\"proposed\"");
	}
}

/* Read as CSV it would be a table of nonsense, with an account of it. */
static void a_form_around_a_file_is_refused(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import",
	    "Content-Type: Multipart/form-data; boundary=x\r\n",
	    "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n" WELLS_CSV
	    "\r\n--x--\r\n");

	is(&a, 415, "send the file itself");
	assert_int_equal(desk_entries(&p.k, "430802", "import"), 0);
}

static void a_dry_run_says_the_same_and_keeps_nothing(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import?dry_run=true", NULL, WELLS_CSV);
	ASK(b, p, &p.lead, "POST", "/api/v1/wells/import?dry_run=1", NULL, WELLS_CSV);
	ASK(c, p, &p.lead, "POST", "/api/v1/wells/import?dry_run=", NULL, WELLS_CSV);

	is(&b, 200, "\"account\":" ACCOUNT);
	is(&c, 422, "dry_run is true or false");
	is(&a, 200, "\"account\":" ACCOUNT);
	assert_false(answer_holds(&a, "receipt"));
	assert_int_equal(rows(&p), 0);
	assert_int_equal(desk_entries(&p.k, "430802", "import"), 0);
}

static void the_same_file_again_is_all_duplicates(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);
	ASK(b, p, &p.lead, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);

	is(&a, 200, NULL);
	is(&b, 200, "{\"in\":6,\"accepted\":0,\"refused\":2,\"duplicate\":4}");
	assert_int_equal(rows(&p), 3);
}

static void the_refused_rows_come_back_with_the_reason(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import/refused", NULL, WELLS_CSV);

	is(&a, 200, EXPORT_MARK "区域,名称,类型,深度（厘米）,开凿日期,原因 / reason\r\n");
	is(&a, 200, "430802001,坏井,湖,,,\"“类型”不在选项之内");
	is(&a, 200, "430811001,别处的井,dug,,,");
	assert_false(answer_holds(&a, "龙王井"));
	assert_int_equal(rows(&p), 0);
}

static void a_mapping_is_remembered(void **state)
{
	static const char file[] = "地点,井名,式样\n430802001,龙王井,dug\n";
	static const char said[] =
		"/api/v1/wells/import?mapping=%7B%22%E5%9C%B0%E7%82%B9%22:%22area%22,"
		"%22%E4%BA%95%E5%90%8D%22:%22name%22,%22%E5%BC%8F%E6%A0%B7%22:%22kind%22%7D";
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import?dry_run=true", NULL, file);
	ASK(b, p, &p.lead, "POST", said, NULL, file);
	ASK(c, p, &p.lead, "POST", "/api/v1/wells/import?dry_run=true", NULL, file);

	is(&a, 200, "{\"in\":1,\"accepted\":0,\"refused\":1,\"duplicate\":0}");
	is(&a, 200, "{\"column\":\"井名\",\"field\":null}");
	is(&b, 200, "{\"in\":1,\"accepted\":1,\"refused\":0,\"duplicate\":0}");
	is(&c, 200, "{\"in\":1,\"accepted\":0,\"refused\":0,\"duplicate\":1}");
	is(&c, 200, "{\"column\":\"井名\",\"field\":\"name\"}");
}

static void an_area_may_be_said_for_all_rows(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import?area=430802001", NULL,
	    "名称,类型\n龙王井,dug\n");
	ASK(b, p, &p.lead, "POST", "/api/v1/wells/import?area=430811", NULL,
	    "名称,类型\n龙王井,dug\n");

	is(&a, 200, "\"accepted\":1");
	is(&b, 404, "absent");
}

static void a_file_that_is_none_is_refused_whole(void **state)
{
	static const char *const bad[] = {
		"",          "名称,类型\n", "名称,Name\n龙王井,x\n", "PK\x03\x04 not a workbook",
		"\xFF\xFEz",
	};
	OPEN(p);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, bad[i]);

		if (a.status != 400 && a.status != 422)
			fail_msg("%zu: %d %.*s", i, a.status, (int)a.body.n, a.body.p);
	}
	assert_int_equal(desk_entries(&p.k, "430802", "import"), 0);
}

static void who_may_not_write_may_not_import(void **state)
{
	OPEN(p);
	ASK(a, p, &p.reader, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);
	ASK(b, p, &p.reader, "GET", "/api/v1/wells/export", NULL, NULL);

	is(&a, 403, "role");
	is(&b, 403, "role");
}

/* ---- Excel and the local code page ---------------------------------------------------------- */

static void post_bytes(struct place *p, const char *target, struct str bytes, struct answer *ret)
{
	CLEANUP(client_close) struct client c = { 0 };
	char head[1024];

	assert_true(client_open(&c, p->k.port));
	(void)snprintf(head, sizeof head,
		       "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %zu\r\n\r\n",
		       target, p->lead.headers, bytes.n);
	assert_true(client_send(&c, head));
	assert_true(client_send_bytes(&c, bytes.p, bytes.n));
	assert_true(client_read(&c, ret, false));
}

static void an_excel_file_goes_out_and_comes_back(void **state)
{
	CLEANUP(answer_end) struct answer back = { 0 };
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);
	ASK(b, p, &p.lead, "GET", "/api/v1/wells/export?format=xlsx", NULL, NULL);

	is(&a, 200, NULL);
	is(&b, 200, NULL);
	assert_true(b.body.n > 4 && memcmp(b.body.p, "PK", 2) == 0);
	post_bytes(&p, "/api/v1/wells/import", buf_view(&b.body), &back);
	is(&back, 200, "{\"in\":3,\"accepted\":0,\"refused\":0,\"duplicate\":3}");
	assert_int_equal(desk_entries(&p.k, "430802", "export"), 1);
}

static void gb18030_is_read_as_well(void **state)
{
	/* 区域,名称,类型 LF 430802001,龙王井,dug LF */
	static const char file[] = "\xC7\xF8\xD3\xF2,\xC3\xFB\xB3\xC6,\xC0\xE0\xD0\xCD\n"
				   "430802001,\xC1\xFA\xCD\xF5\xBE\xAE,dug\n";
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, file);
	ASK(b, p, &p.lead, "GET", "/api/v1/wells?q=lwj", NULL, NULL);

	is(&a, 200, "\"accepted\":1");
	is(&b, 200, "\"name\":\"龙王井\"");
}

/* ---- formulas ------------------------------------------------------------------------------- */

static void a_formula_leaves_as_text_and_comes_back_as_it_was(void **state)
{
	static const char *const texts[] = { "=1+1", "+86 744", "-1",       "@sum",
					     "'=x",  "''-y",    "'plain",   "plain",
					     "a=b",  "\t=tab",  "\rreturn", "'" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		CLEANUP(csv_end) struct csv *c = NULL;
		struct csv_record r;
		bool more;

		export_field(&b, str_of(texts[i]), true);
		buf_lit(&b, "\n");
		assert_int_equal(csv_open_bytes(buf_view(&b), ',', &c), OK);
		assert_int_equal(csv_next(c, &r, &more, NULL), OK);
		assert_true(more && !r.refusal_en);
		assert_null(memchr("=+-@\t\r", r.fields[0].p[0], 6));
		assert_true(str_eq(export_unescape(r.fields[0]), str_of(texts[i])));
	}
}

static void an_export_is_escaped_and_comes_back(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL,
	    "area,name,kind\n430802001,=1+1,dug\n");
	ASK(b, p, &p.lead, "GET", "/api/v1/wells/export", NULL, NULL);

	is(&a, 200, "\"accepted\":1");
	is(&b, 200, ",'=1+1,");
	is(&b, 200, EXPORT_MARK "编号,区域,状态,名称,");
	{
		CLEANUP(answer_end) struct answer c = { 0 };

		post_bytes(&p, "/api/v1/wells/import", buf_view(&b.body), &c);
		is(&c, 200, "{\"in\":1,\"accepted\":0,\"refused\":0,\"duplicate\":1}");
	}
}

/* What is on the screen: these columns, in this order. */
static void an_export_of_chosen_columns_has_those_alone(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells", NULL,
	    "{\"area\":\"430802001\",\"name\":\"下游老井\",\"kind\":\"dug\"}");
	ASK(b, p, &p.lead, "GET", "/api/v1/wells/export?columns=kind,name,area,state", NULL, NULL);
	ASK(c, p, &p.lead, "GET", "/api/v1/wells/export?columns=name,germs", NULL, NULL);
	ASK(d, p, &p.lead, "GET", "/api/v1/wells/export?columns=name,feeds", NULL, NULL);
	ASK(e, p, &p.lead, "GET", "/api/v1/wells/export?columns=name,", NULL, NULL);
	ASK(g, p, &p.lead, "GET", "/api/v1/wells/export?columns=name&format=xlsx", NULL, NULL);

	is(&a, 201, NULL);
	is(&b, 200, EXPORT_MARK "类型,名称,区域,状态\r\n人工井,下游老井,430802001000000,拟建\r\n");
	is(&c, 422, "\"field\":\"columns\""); /* not for this reader */
	is(&d, 422, "\"field\":\"columns\""); /* does not leave the house */
	is(&e, 422, "\"field\":\"columns\"");
	is(&g, 200, "PK");
}

static void an_export_holds_what_the_list_would(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "POST", "/api/v1/wells/import", NULL, WELLS_CSV);
	ASK(b, p, &p.lead, "GET", "/api/v1/wells/export?kind=dug", NULL, NULL);
	ASK(c, p, &p.lead, "GET", "/api/v1/wells/export?colour=red", NULL, NULL);
	ASK(d, p, &p.lead, "GET", "/api/v1/wells/export?format=pdf", NULL, NULL);

	is(&a, 200, NULL);
	is(&b, 200, "龙王井,人工井,400,否,2001-07-31");
	assert_false(answer_holds(&b, "上坪井"));
	is(&c, 400, "colour");
	is(&d, 422, "format");
}

static void the_template_has_what_can_be_filled_in(void **state)
{
	OPEN(p);
	ASK(a, p, &p.lead, "GET", "/api/v1/wells/import/template", NULL, NULL);
	ASK(b, p, &p.lead, "GET", "/api/v1/wells/import/template?format=xlsx", NULL, NULL);

	is(&a, 200, EXPORT_MARK "区域*,名称*,类型*,深度（厘米）,");
	assert_false(answer_holds(&a, "巡查次数"));
	assert_false(answer_holds(&a, "检测结果")); /* disease control's */
	is(&b, 200, NULL);
	assert_true(b.body.n > 4 && memcmp(b.body.p, "PK", 2) == 0);
}

/* ---- the account ---------------------------------------------------------------------------- */

/* Whatever a file holds: in = accepted + refused + duplicate, and accepted rows are there. */
static void every_account_adds_up(void **state)
{
	size_t kept = 0;
	OPEN(p);

	for (uint64_t seed = 1; seed <= 60; seed++) {
		CLEANUP(buf_release) struct buf b = { 0 };
		CLEANUP(answer_end) struct answer a = { 0 };
		struct dice d = { seed };
		const char *at;
		unsigned in, accepted, refused, duplicate, n = 1 + dice_below(&d, 30);

		buf_lit(&b, "area,name,kind,depth_cm\n");
		for (unsigned i = 0; i < n; i++)
			buf_fmt(&b, "43080%u001,井%u号,%s,%s%s\n", dice_below(&d, 20) ? 2 : 3,
				dice_below(&d, 400), dice_below(&d, 9) ? "dug" : "bad",
				dice_below(&d, 9) ? "5" : "five",
				dice_below(&d, 9) ? "" : ",extra");
		post_bytes(&p, "/api/v1/wells/import", buf_view(&b), &a);
		is(&a, 200, "\"account\":");
		buf_char(&a.body, '\0');
		at = strstr(a.body.p, "\"account\":");
		assert_int_equal(sscanf(at,
					"\"account\":{\"in\":%u,\"accepted\":%u,\"refused\":%u,"
					"\"duplicate\":%u}",
					&in, &accepted, &refused, &duplicate),
				 4);
		assert_int_equal(in, n);
		assert_int_equal(in, accepted + refused + duplicate);
		kept += accepted;
	}
	assert_int_equal(rows(&p), min_size(kept, 200));
	assert_int_equal(desk_entries(&p.k, "430802", "import"), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_file_is_counted_kept_and_recorded_once),
		ON_BOTH(a_form_around_a_file_is_refused),
		ON_BOTH(a_dry_run_says_the_same_and_keeps_nothing),
		ON_BOTH(the_same_file_again_is_all_duplicates),
		ON_BOTH(the_refused_rows_come_back_with_the_reason),
		ON_BOTH(a_mapping_is_remembered),
		ON_BOTH(an_area_may_be_said_for_all_rows),
		ON_BOTH(a_file_that_is_none_is_refused_whole),
		ON_BOTH(who_may_not_write_may_not_import),
		ON_BOTH(an_excel_file_goes_out_and_comes_back),
		ON_BOTH(gb18030_is_read_as_well),
		cmocka_unit_test(a_formula_leaves_as_text_and_comes_back_as_it_was),
		ON_BOTH(an_export_is_escaped_and_comes_back),
		ON_BOTH(an_export_of_chosen_columns_has_those_alone),
		ON_BOTH(an_export_holds_what_the_list_would),
		ON_BOTH(the_template_has_what_can_be_filled_in),
		ON_BOTH(every_account_adds_up),
	};

	wells_steps();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
