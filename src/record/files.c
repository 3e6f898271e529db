/* files.c - see files.h. */
#include "record/files.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "record/export.h"
#include "record/import.h"
#include "table/out.h"

#include "base/ban.h"

enum { WORK_BYTES_MAX = 16 << 20 };

static enum err kind_of(const struct files_ask *ask, const struct record_kind **ret,
			struct fault *f)
{
	char words[600] = "";

	for (size_t i = 0; i < ask->book->n_kinds; i++) {
		const struct noun *n = ask->book->kind[i].noun;
		size_t at = strlen(words);

		*ret = &ask->book->kind[i];
		if (strcmp(n->name, ask->noun) == 0 || strcmp(n->path, ask->noun) == 0)
			return OK;
		snprintf(words + at, sizeof words - at, "%s%s", at ? ", " : "", n->path);
	}
	return fault_set(f, ERR_USAGE, "没有 %.40s 这种对象；有：%s",
			 "there is no noun %.40s; there are %s", ask->noun, words);
}

static struct ledger_entry entry_of(const struct files_ask *ask, const struct noun *n)
{
	return (struct ledger_entry){ .county = area_county(ask->who->home),
				      .at = ask->now,
				      .kind = LEDGER_ACT,
				      .actor = ask->who->account,
				      .purpose = STR("admin"),
				      .object = str_of(n->name),
				      .detail = STR("at the command line") };
}

/* ---- in ------------------------------------------------------------------------------------- */

struct taking {
	const struct files_ask *ask;
	const struct record_kind *k;
	struct import_ask import;
	struct import m;
	enum import_mode mode;
	struct buf receipts;
};

static enum err note(struct taking *t, struct tx *tx, size_t i, struct fault *f)
{
	struct ledger_entry made, en = entry_of(t->ask, t->k->noun);
	struct ledger_receipt receipt;
	char detail[LEDGER_DETAIL_MAX];
	enum err e;

	import_entry(&t->m, i, &made);
	en.county = made.county;
	en.action = made.action;
	en.after = made.after;
	snprintf(detail, sizeof detail, "%.*s, %.*s", (int)en.detail.n, en.detail.p,
		 (int)made.detail.n, made.detail.p);
	en.detail = str_of(detail);
	if ((e = ledger_append(tx, &en, &receipt, f)))
		return e;
	ledger_receipt_text(&receipt, &t->receipts);
	buf_char(&t->receipts, '\n');
	return t->receipts.failed;
}

static enum err take_act(struct tx *tx, void *arg, struct fault *f)
{
	struct taking *t = arg;
	enum err e;

	import_end(&t->m); /* of a run before this one */
	buf_clear(&t->receipts);
	arena_clear(t->import.a);
	e = import_begin(&t->m, t->k, tx, t->mode, &t->import, f);
	if (e || (e = import_rows(&t->m)))
		return e;
	for (size_t i = 0; !e && t->mode == IMPORT_KEEP && i < import_entries(&t->m); i++)
		e = note(t, tx, i, f);
	return e;
}

static void taking_end(struct taking *t)
{
	import_end(&t->m);
	buf_release(&t->receipts);
	arena_end(&t->import.a);
}

static void tell(const struct taking *t, const struct files_in *in, struct files_account *ret)
{
	for (size_t i = 0; in->tell && i < t->m.told.n; i++)
		in->tell(in->arg, t->m.told.v[i].line, &t->m.told.v[i].why);
	*ret = (struct files_account){ t->m.account.in, t->m.account.accepted, t->m.account.refused,
				       t->m.account.duplicate, t->receipts };
}

enum err files_take_in(const struct files_ask *ask, const struct files_in *in,
		       struct files_account *ret, struct fault *f)
{
	CLEANUP(file_unmap) struct file_map file = { 0 }, map = { 0 };
	CLEANUP(table_sink_end) struct table_sink sink = { 0 };
	CLEANUP(taking_end)
	struct taking t = { .ask = ask, .mode = in->dry ? IMPORT_CHECK : IMPORT_KEEP };
	enum err e = kind_of(ask, &t.k, f);

	if (e || (e = arena_new(WORK_BYTES_MAX, &t.import.a)) ||
	    (e = file_map(in->file, &file, f)) ||
	    (in->mapping && (e = file_map_read(in->mapping, &map, f))) ||
	    (in->refused && (e = table_sink_open(in->refused, &sink, f))))
		return e;
	t.import.who = ask->who;
	t.import.now = ask->now;
	t.import.file = (struct str){ (const char *)file.p, file.n };
	t.import.name = in->file;
	t.import.mapping = (struct str){ (const char *)map.p, map.n };
	t.import.area = ask->area;
	t.import.give_back = in->refused != NULL;
	e = in->dry ? db_read(ask->db, take_act, &t, f) : db_write(ask->db, take_act, &t, f);
	if (e)
		return e;
	tell(&t, in, ret);
	t.receipts = (struct buf){ 0 }; /* the caller's */
	if (!in->refused)
		return OK;
	buf_str(&sink.text, buf_view(&t.m.file));
	return table_sink_close(&sink, f);
}

/* ---- out ------------------------------------------------------------------------------------ */

static enum err saw_act(struct tx *tx, void *arg, struct fault *f)
{
	struct ledger_entry en = *(const struct ledger_entry *)arg;

	return ledger_read(tx, &en, NULL, f);
}

static enum err scope_of(const struct files_ask *ask, struct scope *ret, struct fault *f)
{
	struct area_code area;

	*ret = ask->who->scope;
	if (ask->area.n == 0)
		return OK;
	if (area_parse(ask->area, &area))
		return fault_set(f, ERR_USAGE, "不是区划代码，请填 2 到 15 位数字",
				 "this is no area code: give 2 to 15 digits");
	*ret = scope_within(&ask->who->scope, area);
	return ret->n ? OK
		      : fault_set(f, ERR_USAGE, "不在本单位的区域内",
				  "it is none of the areas of this house");
}

static enum err write_csv(struct export *x, const char *path, struct fault *f)
{
	CLEANUP(table_sink_end) struct table_sink sink = { 0 };
	bool end = false;
	enum err e = table_sink_open(path, &sink, f);

	while (!e && !end)
		if (!(e = export_more(x, &sink.text, &end, f)))
			e = table_sink_flow(&sink, f);
	return e ? e : table_sink_close(&sink, f);
}

/* The ledger says that it was shown before it is. */
enum err files_give_out(const struct files_ask *ask, const char *path, bool excel, uint64_t *ret,
			struct fault *f)
{
	CLEANUP(export_end) struct export x = { 0 };
	const struct record_kind *k;
	struct ledger_entry en;
	struct scope scope;
	struct query q;
	enum err e = kind_of(ask, &k, f);

	if (e || (e = scope_of(ask, &scope, f)))
		return e;
	en = entry_of(ask, k->noun);
	en.county = area_county(scope.v[0]);
	en.action = STR("export");
	query_all(k, &scope, sight_of(ask->who), &q);
	if ((e = export_begin(&x, k, &q)) || (e = db_write(ask->db, saw_act, &en, f)))
		return e;
	x.db = ask->db;
	x.english = ask->who->language == LANGUAGE_EN;
	e = excel ? export_excel(&x, path, f) : write_csv(&x, path, f);
	*ret = x.n_told;
	return e;
}
