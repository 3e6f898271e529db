/*
 * bench_record.c - lists of a noun with a million rows, and an import, on either database.
 *
 *     bench_record URL fill ROWS [batches] [words]   organisations of a made-up province
 *     bench_record URL ask QUESTIONS                 first pages, by who asks and what for
 *     bench_record URL write ROWS FILE PLAIN         a file to import, and one as .import wants it
 *     bench_record URL import FILE                   one file, with every check on
 *
 * The province has 14 cities, 140 counties, 2,100 townships and 31,500 villages. Rows of all areas
 * come in any order, or with "batches" county after county, as imports make them, so that the
 * newest all lie in the last one. "words": with what they are searched by, which is most of the
 * work. Lines: figure TAB record TAB name TAB value, times in ms.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dice.h"
#include "base/file.h"
#include "grid/grid.h"
#include "grid/organisation.h"
#include "ledger/ledger.h"
#include "record/batch.h"
#include "record/import.h"
#include "record/inside.h"

#include "base/ban.h"

enum { CITIES = 14, TOWNSHIPS = 15, VILLAGES = 15, CHUNK = 20000, PAGE = 50, SEED = 11 };
enum { COUNTIES_IN_CITY = 10, NOW = 1790000000 };

struct bench {
	struct db *db;
	struct record_book *book;
	const struct record_kind *k;
	struct arena *a;
	struct dice dice;
	size_t n_rows, done;
	bool batches, words;
	struct fault f;
};

/* ---- a made-up province --------------------------------------------------------------------- */

static struct area_code village(struct dice *d, int64_t county)
{
	int64_t city = county / COUNTIES_IN_CITY + 1, c = county % COUNTIES_IN_CITY + 1;

	return (struct area_code){ 430000000000000 + city * 100000000000 + c * 1000000000 +
				   (1 + dice_below(d, TOWNSHIPS)) * 1000000 +
				   (1 + dice_below(d, VILLAGES)) * 1000 };
}

static struct str name_of(struct dice *d, struct arena *a)
{
	static const char *const place[] = { "永定", "慈利", "桑植", "武陵源", "岳麓", "雨花",
					     "芙蓉", "天心", "开福", "望城",   "宁乡", "浏阳" };
	static const char *const middle[] = { "平安", "红星", "新华", "友谊", "中心",
					      "东风", "龙王", "大坪", "石桥", "双溪" };
	static const char *const what[] = { "卫生院", "小学",     "社区居委会", "采石场",
					    "加油站", "疾控中心", "应急管理局", "有限公司" };
	char text[96];
	int n = snprintf(text, sizeof text, "%s%s第%u%s", place[dice_below(d, ARRAY_LEN(place))],
			 middle[dice_below(d, ARRAY_LEN(middle))], dice_below(d, 5000),
			 what[dice_below(d, ARRAY_LEN(what))]);

	return (struct str){ arena_copy(a, text, (size_t)n), (size_t)n };
}

static void organisation_of(struct bench *b, struct organisation *o)
{
	struct dice *d = &b->dice;
	int64_t n = CITIES * COUNTIES_IN_CITY;
	int64_t county = b->batches ? (int64_t)(b->done * (size_t)n / b->n_rows)
				    : (int64_t)dice_below(d, (uint32_t)n);

	noun_blank(&organisation_noun, o);
	o->record = (struct record){ .id = record_id_new(b->book),
				     .area = village(d, county),
				     .version = 1,
				     .state = dice_chance(d, 0.999) ? ORGANISATION_ACTIVE
								    : ORGANISATION_SUSPENDED,
				     .created_at = { NOW },
				     .updated_at = { NOW },
				     .created_by = { 1 } };
	o->name = name_of(d, b->a);
	o->kind = dice_chance(d, 0.001) ? ORGANISATION_CDC
					: (enum organisation_kind)(5 + dice_below(d, 4));
	o->address = STR("人民路 1 号");
	o->duty_phone = STR("0744-8222333");
}

static enum err fill_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(batch_release) struct batch batch = { .tx = tx };
	struct bench *b = arg;
	enum err e = OK;

	batch.k = b->k;
	for (size_t i = 0; i < CHUNK && b->done < b->n_rows && !e; i++, b->done++) {
		struct organisation o;

		arena_clear(b->a);
		organisation_of(b, &o);
		if (!(e = act_insert_bare(tx, b->k, &o, f)) && b->words)
			e = batch_add(&batch, &o, f);
	}
	return e ? e : batch_flush(&batch, f);
}

/* ---- questions ------------------------------------------------------------------------------ */

enum what { NOTHING, COMMON, RARE_KIND, RARE_STATE, TWO_FILTERS, WORDS, WHAT_N };
static const char *const what_words[WHAT_N] = { "all",        "common", "rare_kind",
						"rare_state", "two",    "words" };
static const char *const level_words[AREA_LEVEL_N] = {
	[AREA_PROVINCE] = "province", [AREA_CITY] = "city",       [AREA_COUNTY] = "county",
	[AREA_TOWNSHIP] = "township", [AREA_VILLAGE] = "village",
};

struct question {
	struct bench *b;
	struct scope scope;
	struct sql_value filter[8];
	struct search_query search;
	struct list_ask ask;
	struct buf out;
	size_t n;
};

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	struct question *q = arg;
	struct json j;
	void **row;
	enum err e = list_rows(tx, q->b->k, &q->ask, q->b->a, &row, &q->n, f);

	if (e)
		return e;
	buf_clear(&q->out);
	json_begin(&j, &q->out);
	json_open(&j, '[');
	for (size_t i = 0; i < q->n; i++) {
		row_to_json(q->b->k->noun, row[i], 3, q->b->book->zone, &j);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	return q->out.failed;
}

static void draw(struct question *q, enum area_level level, enum what what)
{
	static const char *const words[] = { "红星", "dp", "石桥第1", "疾控中心", "永定平安" };
	struct bench *b = q->b;
	int64_t county = dice_below(&b->dice, CITIES * COUNTIES_IN_CITY);

	q->scope = (struct scope){ .n = 1, .v = { area_at(village(&b->dice, county), level) } };
	memset(q->filter, 0, sizeof q->filter);
	q->ask = (struct list_ask){ .scope = &q->scope,
				    .filter = q->filter,
				    .n_filter = list_filters(b->k),
				    .sight = 3,
				    .below = { INT64_MAX },
				    .limit = PAGE };
	if (what == COMMON || what == TWO_FILTERS)
		q->filter[1] = sql_text(STR("school"));
	if (what == RARE_KIND)
		q->filter[1] = sql_text(STR("cdc"));
	if (what == RARE_STATE || what == TWO_FILTERS)
		q->filter[0] = sql_text(STR("suspended"));
	if (what == WORDS && search_read(str_of(words[dice_below(&b->dice, ARRAY_LEN(words))]),
					 &q->search, NULL) == OK)
		q->ask.search = &q->search;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void figure(const char *level, const char *what, const char *name, double ms)
{
	printf("figure\trecord\t%s_%s_%s\t%.3f\n", level, what, name, ms);
}

static enum err ask(struct bench *b, size_t n)
{
	enum { SECONDS_NS = 1000000 };
	int64_t *took = mem_take(n, sizeof *took);
	struct question q = { .b = b };
	enum err e = took ? OK : ERR_MEMORY;

	for (int level = AREA_PROVINCE; level <= AREA_VILLAGE && !e; level++)
		for (int what = 0; what < WHAT_N && !e; what++) {
			size_t rows = 0;

			for (size_t i = 0; i < n && !e; i++) {
				int64_t from;

				draw(&q, (enum area_level)level, (enum what)what);
				arena_clear(b->a);
				from = clock_ns(&clock_steady);
				e = db_read(b->db, ask_act, &q, &b->f);
				took[i] = clock_ns(&clock_steady) - from;
				rows += q.n;
			}
			qsort(took, n, sizeof *took, by_size);
			figure(level_words[level], what_words[what], "p50",
			       (double)took[n / 2] / SECONDS_NS);
			figure(level_words[level], what_words[what], "p99",
			       (double)took[n - 1 - n / 100] / SECONDS_NS);
			figure(level_words[level], what_words[what], "rows",
			       (double)rows / (double)n);
			fflush(stdout);
		}
	buf_release(&q.out);
	mem_drop(took);
	return e;
}

/* ---- files ---------------------------------------------------------------------------------- */

static enum err put_file(const char *path, const struct buf *b, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	if (b->failed || (e = file_open(path, FILE_REPLACE, &fl, f)) ||
	    (e = file_write(fl, b->p, b->n, f)))
		return b->failed ? b->failed : e;
	return file_close(&fl, f);
}

/* The same rows twice: as people send them, and with every column of the table in its order. */
static enum err write_files(struct bench *b, const char *path, const char *plain)
{
	CLEANUP(buf_release) struct buf people = { 0 };
	CLEANUP(buf_release) struct buf table = { 0 };
	enum err e;

	buf_lit(&people, "区域,名称,类别,地址,值班电话\n");
	for (size_t i = 0; i < b->n_rows; i++) {
		struct organisation o;
		const struct choice *kind;

		arena_clear(b->a);
		organisation_of(b, &o);
		kind = &noun_field(&organisation_noun, STR("kind"))->choice[o.kind];
		buf_fmt(&people, "%" PRId64 ",%.*s,%s,%s,%s\n", o.record.area.v, (int)o.name.n,
			o.name.p, kind->zh, o.address.p, o.duty_phone.p);
		buf_fmt(&table,
			"%" PRId64 ",%" PRId64 ",%" PRId64 ",1,active,%d,%d,1,%.*s,,%s,,,%s,%s\n",
			area_county(o.record.area).v, o.record.id.v, o.record.area.v, NOW, NOW,
			(int)o.name.n, o.name.p, kind->word, o.address.p, o.duty_phone.p);
	}
	e = put_file(path, &people, &b->f);
	return e ? e : put_file(plain, &table, &b->f);
}

struct importing {
	struct bench *b;
	struct import_ask ask;
	uint64_t accepted;
};

static enum err import_act(struct tx *tx, void *arg, struct fault *f)
{
	struct importing *i = arg;
	CLEANUP(import_end) struct import m;
	struct ledger_entry en;
	enum err e = import_begin(&m, i->b->k, tx, IMPORT_KEEP, &i->ask, f);

	if (e || (e = import_rows(&m)))
		return e;
	i->accepted = m.account.accepted;
	for (size_t c = 0; c < import_entries(&m) && !e; c++) {
		import_entry(&m, c, &en);
		en.at = i->ask.now;
		en.kind = LEDGER_ACT;
		en.actor = 1;
		en.purpose = STR("duty");
		e = ledger_append(tx, &en, NULL, f);
	}
	return e;
}

static enum err import_file(struct bench *b, const char *path)
{
	CLEANUP(file_unmap) struct file_map m = { 0 };
	struct who who = { .capabilities = UINT64_MAX,
			   .account = 1,
			   .home = { 430000000000000 },
			   .scope = { .n = 1, .v = { { 430000000000000 } } } };
	struct importing i = { .b = b, .ask = { .who = &who, .now = { NOW }, .a = b->a } };
	int64_t from;
	enum err e = file_map(path, &m, &b->f);

	if (e)
		return e;
	i.ask.file = (struct str){ (const char *)m.p, m.n };
	from = clock_ns(&clock_steady);
	e = db_write(b->db, import_act, &i, &b->f);
	printf("figure\trecord\timport_s\t%.3f\nfigure\trecord\timport_rows\t%" PRIu64 "\n",
	       (double)(clock_ns(&clock_steady) - from) / 1e9, i.accepted);
	return e;
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum err prime_act(struct tx *tx, void *arg, struct fault *f)
{
	struct bench *b = arg;

	return record_prime(b->book, tx, f);
}

static enum err open_all(struct bench *b, const char *url)
{
	struct db_options o = { .url = url, .create = true };
	struct record_options r = { .nouns = grid_nouns, .n = grid_nouns_n, .clock = &clock_wall };
	struct zone *zone;
	const struct sql_list *lists;
	size_t n;
	enum err e;

	if ((e = zone_open("Asia/Shanghai", &zone, &b->f)))
		return e;
	r.zone = zone;
	if ((e = arena_new(256 << 20, &b->a)) || (e = db_open(&o, &b->db, &b->f)) ||
	    (e = db_migrate(b->db, (struct utc_s){ NOW }, &b->f)) ||
	    (e = record_open(&r, &b->book, &b->f)))
		return e;
	lists = record_statements(b->book, &n);
	b->k = record_kind_of(b->book, "organisation");
	if ((e = db_prepare_all(b->db, lists, n, &b->f)))
		return e;
	return db_read(b->db, prime_act, b, &b->f);
}

static enum err fill(struct bench *b)
{
	int64_t from = clock_ns(&clock_steady);
	enum err e = OK;

	while (!e && b->done < b->n_rows)
		e = db_write(b->db, fill_act, b, &b->f);
	printf("figure\trecord\tfill_s\t%.1f\n", (double)(clock_ns(&clock_steady) - from) / 1e9);
	return e;
}

static enum err run(struct bench *b, int argc, char **argv)
{
	for (int i = 4; i < argc; i++) {
		b->batches |= strcmp(argv[i], "batches") == 0;
		b->words |= strcmp(argv[i], "words") == 0;
	}
	b->n_rows = (size_t)atoll(argv[3]);
	if (strcmp(argv[2], "fill") == 0)
		return fill(b);
	if (strcmp(argv[2], "write") == 0 && argc == 6)
		return write_files(b, argv[4], argv[5]);
	if (strcmp(argv[2], "import") == 0)
		return import_file(b, argv[3]);
	return ask(b, b->n_rows);
}

int main(int argc, char **argv)
{
	struct bench b = { .dice = { SEED } };
	int64_t from = clock_ns(&clock_steady);
	enum err e;

	if (argc < 4) {
		fprintf(stderr, "bench_record URL fill ROWS [batches] | ask QUESTIONS\n");
		return 2;
	}
	e = open_all(&b, argv[1]);
	printf("figure\trecord\topen\t%.1f\n", (double)(clock_ns(&clock_steady) - from) / 1e6);
	if (!e)
		e = run(&b, argc, argv);
	if (e)
		fprintf(stderr, "bench_record: %s: %s\n", err_word(e), b.f.en);
	record_end(&b.book);
	db_end(&b.db);
	arena_end(&b.a);
	return e ? 1 : 0;
}
