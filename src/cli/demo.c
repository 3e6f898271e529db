/*
 * demo.c - the verb `demo`: a synthetic town, one case traced to the second generation.
 *
 * It writes plain files and then runs the same verbs as anyone would on them, so that what is
 * shown is what the files give.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/when.h"
#include "cli/cli.h"
#include "cli/synthetic.h"
#include "table/table.h"

#include "base/ban.h"

enum { PEOPLE = 12000, PATH_BYTES = 1024, SHOWN_MAX = 12, OUTBREAK_MAX = 12, DAY_S = 86400 };
#define PROFILE_ID "covid19.cn.delta-2021"

struct demo {
	struct cli *c;
	const char *dir;
	struct synthetic town;
	struct zone *zone;
	uint32_t index_case;
	uint32_t outbreak[OUTBREAK_MAX]; /* the index case first */
	size_t n_outbreak;
	uint64_t n_visits;
	char visits[PATH_BYTES], cases[PATH_BYTES], outbreak_file[PATH_BYTES];
	char result[PATH_BYTES], encounters[PATH_BYTES], dot[PATH_BYTES], graphml[PATH_BYTES];
};

/* ---- files ---------------------------------------------------------------------------------- */

/* The folder, and those above it. */
static enum err make_folder(const char *dir, struct fault *f)
{
	char path[PATH_BYTES];
	size_t n = strlen(dir);
	enum err e = OK;

	if (n == 0 || n + 32 > sizeof(path))
		return fault_set(f, ERR_USAGE, "--out 的路径太长或是空的",
				 "the path of --out is too long or empty");
	for (size_t i = 1; i <= n && !e; i++) {
		if (dir[i] != '/' && dir[i] != '\0')
			continue;
		snprintf(path, sizeof(path), "%.*s", (int)i, dir);
		e = dir_make(path, f);
	}
	return e;
}

static void name_file(const struct demo *d, char ret[static PATH_BYTES], const char *name)
{
	snprintf(ret, PATH_BYTES, "%s/%s", d->dir, name);
}

struct row_texts {
	struct buf person, place, seat;
};

static void row_texts_end(struct row_texts *t)
{
	buf_release(&t->person);
	buf_release(&t->place);
	buf_release(&t->seat);
}

static enum err write_visit(const struct demo *d, const struct synthetic_visit *v,
			    struct row_texts *t, struct table_out *out)
{
	struct table_cell cells[7];

	buf_clear(&t->person);
	buf_clear(&t->place);
	buf_clear(&t->seat);
	synthetic_person_name(v->person, &t->person);
	synthetic_place_name(&d->town, v->place, &t->place);
	if (v->seat_row)
		buf_fmt(&t->seat, "%d%c", v->seat_row, v->seat_letter);
	if (t->person.failed || t->place.failed || t->seat.failed)
		return ERR_MEMORY;
	cells[0] = table_text(buf_view(&t->person));
	cells[1] = table_text(buf_view(&t->place));
	cells[2] = table_time(v->from);
	cells[3] = table_time(v->to);
	cells[4] = table_text(str_of(synthetic_kind_word(synthetic_kind_of(&d->town, v->place))));
	cells[5] = table_text(t->seat.n ? buf_view(&t->seat) : STR(""));
	cells[6] = table_text(v->driver ? STR("司机") : STR(""));
	return table_out_row(out, cells, &d->c->fault);
}

static enum err write_visits(struct demo *d)
{
	static const struct table_out_column COLUMNS[] = {
		{ "person", TABLE_TEXT }, { "place", TABLE_TEXT }, { "from", TABLE_TIME },
		{ "to", TABLE_TIME },     { "kind", TABLE_TEXT },  { "seat", TABLE_TEXT },
		{ "role", TABLE_TEXT },
	};
	struct table_out_options o = { .format = TABLE_CSV,
				       .columns = COLUMNS,
				       .n_columns = ARRAY_LEN(COLUMNS),
				       .zone = d->zone };
	CLEANUP(table_out_end) struct table_out *out = NULL;
	CLEANUP(row_texts_end) struct row_texts texts = { 0 };
	struct synthetic_visit v[SYNTHETIC_VISITS_MAX];
	enum err e;

	if ((e = table_out_open(d->visits, &o, &out, &d->c->fault)))
		return e;
	for (uint32_t person = 0; person < d->town.n_people; person++) {
		size_t n = synthetic_live(&d->town, person, v);

		for (size_t i = 0; i < n; i++)
			if ((e = write_visit(d, &v[i], &texts, out)))
				return e;
		d->n_visits += n;
	}
	return table_out_close(&out, &d->c->fault);
}

/* The index case falls ill on 07-24 and is isolated that day; the audience and households later. */
static enum err write_cases(struct demo *d, const char *path, size_t n)
{
	static const struct table_out_column COLUMNS[] = {
		{ "case", TABLE_TEXT },
		{ "person", TABLE_TEXT },
		{ "onset", TABLE_TEXT },
		{ "isolated", TABLE_TEXT },
	};
	struct table_out_options o = { .format = TABLE_CSV,
				       .columns = COLUMNS,
				       .n_columns = ARRAY_LEN(COLUMNS) };
	CLEANUP(table_out_end) struct table_out *out = NULL;
	CLEANUP(row_texts_end) struct row_texts t = { 0 };
	CLEANUP(buf_release) struct buf isolated = { 0 };
	int32_t first = date_day(2021, 7, 24);
	enum err e;

	if ((e = table_out_open(path, &o, &out, &d->c->fault)))
		return e;
	for (size_t i = 0; i < n; i++) {
		int32_t onset = first + (int32_t)(i == 0 ? 0 : i % 3 == 0 ? 5 : 1 + i % 3);
		struct table_cell cells[4];

		buf_clear(&t.person);
		buf_clear(&t.place);
		buf_clear(&t.seat);
		buf_clear(&isolated);
		buf_fmt(&t.place, "C%02zu", i + 1);
		synthetic_person_name(d->outbreak[i], &t.person);
		when_date(&t.seat, onset);
		when_date(&isolated, i ? onset + 1 : onset);
		cells[0] = table_text(buf_view(&t.place));
		cells[1] = table_text(buf_view(&t.person));
		cells[2] = table_text(buf_view(&t.seat));
		cells[3] = table_text(buf_view(&isolated));
		if ((e = table_out_row(out, cells, &d->c->fault)))
			return e;
	}
	return table_out_close(&out, &d->c->fault);
}

/* People from the theatre evening, each with the next of the household now and then. */
static void choose_cases(struct demo *d)
{
	for (uint32_t p = 100; p < d->town.n_people && d->n_outbreak < OUTBREAK_MAX; p++) {
		if (!synthetic_at_theatre(&d->town, p))
			continue;
		d->outbreak[d->n_outbreak++] = p;
		if (d->n_outbreak % 3 == 0 && d->n_outbreak < OUTBREAK_MAX)
			d->outbreak[d->n_outbreak++] = p % 3 == 2 ? p - 1 : p + 1;
		p += 700;
	}
	d->index_case = d->outbreak[0];
}

static enum err write_files(struct demo *d)
{
	enum err e;

	name_file(d, d->visits, "visits.csv");
	name_file(d, d->cases, "cases.csv");
	name_file(d, d->outbreak_file, "outbreak.csv");
	name_file(d, d->result, "contacts.csv");
	name_file(d, d->encounters, "encounters.csv");
	name_file(d, d->dot, "chain.dot");
	name_file(d, d->graphml, "chain.graphml");
	if ((e = write_visits(d)))
		return e;
	if ((e = write_cases(d, d->cases, 1)))
		return e;
	return write_cases(d, d->outbreak_file, d->n_outbreak);
}

/* ---- the verbs, as anyone would call them --------------------------------------------------- */

static enum err run(const struct demo *d, const char *verb, const char *const *words, int n)
{
	const char *argv[24] = { "outpost", verb, "--lang", d->c->lang == CLI_ZH ? "zh" : "en" };

	assert(n + 4 < (int)ARRAY_LEN(argv));
	fprintf(stderr, "\n$ outpost %s", verb);
	for (int i = 0; i < n; i++) {
		argv[4 + i] = words[i];
		fprintf(stderr, " %s", words[i]);
	}
	fputc('\n', stderr);
	if (cli_run(4 + n, (char *const *)(const void *)argv) == 0)
		return OK;
	return fault_set(&d->c->fault, ERR_BUG, "示例没有跑通",
			 "the demonstration did not run through");
}

static enum err run_all(const struct demo *d)
{
	const char *trace[] = { "--visits",  d->visits,  "--cases",       d->cases,
				"--profile", PROFILE_ID, "--generations", "2",
				"--out",     d->result,  "--encounters",  d->encounters };
	const char *dot[] = { "--visits", d->visits,  "--cases", d->outbreak_file, "--profile",
			      PROFILE_ID, "--format", "dot",     "--out",          d->dot };
	const char *graphml[] = { "--visits", d->visits,  "--cases", d->outbreak_file, "--profile",
				  PROFILE_ID, "--format", "graphml", "--out",          d->graphml };
	enum err e;

	if ((e = run(d, "trace", trace, (int)ARRAY_LEN(trace))))
		return e;
	if ((e = run(d, "chains", dot, (int)ARRAY_LEN(dot))))
		return e;
	return run(d, "chains", graphml, (int)ARRAY_LEN(graphml));
}

/* ---- what a person reads -------------------------------------------------------------------- */

enum { R_CONTACT, R_GENERATION, R_VIA, R_CLASS, R_OVERLAP, R_FIRST, R_PLACES, R_RULE, R_N };

static const struct table_column RESULT[R_N] = {
	{ "contact", true },   { "generation", true },     { "via", true },    { "class", true },
	{ "overlap_s", true }, { "first_exposure", true }, { "places", true }, { "rule", true },
};

struct shown {
	int64_t generation, overlap_s;
	char *text[R_N];
};
struct shown_list {
	VEC(struct shown) v;
	struct arena *arena;
};

static void shown_list_end(struct shown_list *l)
{
	vec_drop(&l->v);
	arena_free(l->arena);
}

/* By generation, then the longest together first, then by id. */
static int by_weight(const void *pa, const void *pb)
{
	const struct shown *a = pa, *b = pb;

	if (a->generation != b->generation)
		return a->generation < b->generation ? -1 : 1;
	if (a->overlap_s != b->overlap_s)
		return a->overlap_s > b->overlap_s ? -1 : 1;
	return strcmp(a->text[R_CONTACT], b->text[R_CONTACT]);
}

static enum err read_result(const struct demo *d, struct shown_list *l)
{
	struct table_options o = { .known = RESULT, .n_known = R_N };
	CLEANUP(table_end) struct table *t = NULL;
	struct csv_record row;
	bool more;
	enum err e;

	if ((e = table_open(d->result, &o, &t, &d->c->fault)))
		return e;
	for (;;) {
		struct shown s;

		if ((e = table_next(t, &row, &more, &d->c->fault)) || !more)
			return e;
		for (size_t i = 0; i < R_N; i++) {
			struct str cell = row.fields[table_field(t, i)];

			s.text[i] = arena_copy(l->arena, cell.p, cell.n);
			if (!s.text[i])
				return ERR_MEMORY;
		}
		if (str_i64(str_of(s.text[R_GENERATION]), &s.generation) != OK ||
		    str_i64(str_of(s.text[R_OVERLAP]), &s.overlap_s) != OK)
			return ERR_BUG;
		if ((e = vec_push(&l->v, s)))
			return e;
	}
}

/* The first few of a list, and how many more there are. */
static void show_list(const char *list, size_t max, struct buf *out)
{
	size_t n = 1;

	for (const char *p = list; *p; p++) {
		n += *p == '|';
		if (n <= max)
			buf_char(out, *p);
	}
	if (n > max)
		buf_fmt(out, "+%zu", n - max);
}

static void show_generation(const struct demo *d, const struct shown_list *l, int64_t generation,
			    struct buf *out)
{
	bool zh = d->c->lang == CLI_ZH;
	size_t first = 0, n = 0;

	while (first < l->v.n && l->v.v[first].generation < generation)
		first++;
	while (first + n < l->v.n && l->v.v[first + n].generation == generation)
		n++;
	buf_fmt(out,
		zh ? "\n第 %lld 代：%zu 人（按接触时间列出 %zu 人）\n"
		   : "\nGeneration %lld: %zu people (the %zu with the longest contact)\n",
		(long long)generation, n, min_size(n, SHOWN_MAX));
	buf_lit(out,
		zh ? "  接触者   类别       首次暴露                    分钟  经由      场所（规则）\n"
		   : "  contact  class      first exposure               min  via       "
		     "places (rule)\n");
	for (size_t i = first; i < first + min_size(n, SHOWN_MAX); i++) {
		const struct shown *s = &l->v.v[i];

		buf_fmt(out, "  %-7s  %-9s  %-25s  %5lld  ", s->text[R_CONTACT], s->text[R_CLASS],
			s->text[R_FIRST], (long long)(s->overlap_s / 60));
		show_list(s->text[R_VIA], 1, out);
		buf_lit(out, "  ");
		show_list(s->text[R_PLACES], 3, out);
		buf_fmt(out, " (%s)\n", s->text[R_RULE]);
	}
}

static enum err show(const struct demo *d)
{
	CLEANUP(shown_list_end) struct shown_list l = { .v = { 0 } };
	CLEANUP(buf_release) struct buf out = { 0 };
	bool zh = d->c->lang == CLI_ZH;
	enum err e;

	if ((e = arena_new((size_t)1 << 30, &l.arena)))
		return e;
	if ((e = read_result(d, &l)))
		return e;
	if (l.v.n)
		qsort(l.v.v, l.v.n, sizeof(l.v.v[0]), by_weight);
	buf_fmt(&out,
		zh ? "\n病例 C01（P%06u，合成），2021-07-24 发病，规则 %s\n"
		   : "\nCase C01 (P%06u, SYNTHETIC), onset 2021-07-24, profile %s\n",
		d->index_case, PROFILE_ID);
	show_generation(d, &l, 1, &out);
	show_generation(d, &l, 2, &out);
	buf_fmt(&out, zh ? "\n文件：\n" : "\nFiles:\n");
	buf_fmt(&out, "  %s  (%llu %s)\n  %s\n  %s\n  %s\n  %s\n  %s\n  %s\n\n", d->visits,
		(unsigned long long)d->n_visits, zh ? "条合成到访" : "synthetic visits", d->cases,
		d->outbreak_file, d->result, d->encounters, d->dot, d->graphml);
	buf_lit(&out, zh ? "以上人物、场所与到访全部是合成数据。\n"
			 : "Every person, place and visit above is SYNTHETIC.\n");
	return cli_print(&out, &d->c->fault);
}

static void demo_end(struct demo *d)
{
	zone_free(d->zone);
}

enum err cli_demo(struct cli *c)
{
	CLEANUP(demo_end) struct demo d = { .c = c };
	int64_t seed = c->args.number[CLI_SEED];
	enum err e;

	d.dir = c->args.text[CLI_OUT_DIR] ? c->args.text[CLI_OUT_DIR] : "build/demo";
	fputs("合成数据，并非真人真事 / SYNTHETIC DATA, nobody in it exists\n", stderr);
	if ((e = make_folder(d.dir, &c->fault)))
		return e;
	if ((e = zone_open("Asia/Shanghai", &d.zone, &c->fault)))
		return e;
	synthetic_make(seed == CLI_UNSET ? 42 : (uint64_t)seed, PEOPLE, &d.town);
	choose_cases(&d);
	if ((e = write_files(&d)))
		return e;
	if ((e = run_all(&d)))
		return e;
	return show(&d);
}
