/* refused.c - the list of refused rows: where each stood, why, and what it said. */
#include <inttypes.h>
#include <stdio.h>

#include "base/csv.h"
#include "base/memory.h"
#include "table/out.h"

#include "base/ban.h"

struct table_refused {
	struct table_sink sink;
	struct buf record; /* made readable */
};

enum err table_refused_open(const char *path, struct table_refused **ret, struct fault *f)
{
	struct table_refused *r = mem_take(1, sizeof(*r));
	enum err e;

	if (!r)
		return fault_set(f, ERR_MEMORY, "内存不足，无法写被拒行清单",
				 "no memory to write the list of refused rows");
	if ((e = table_sink_open(path, &r->sink, f))) {
		table_refused_end(&r);
		return e;
	}
	buf_lit(&r->sink.text, "file,row,line,reason_zh,reason_en,record\n");
	*ret = r;
	return OK;
}

/* Bytes of one valid UTF-8 character at p, or 0. */
static size_t character(const char *p, size_t n)
{
	for (size_t k = 1; k <= 4 && k <= n; k++)
		if (str_utf8((struct str){ p, k }))
			return k;
	return 0;
}

/* What no reader of CSV could show again: bytes that are no text, and NUL. */
static void spell(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t k = s.p[i] ? character(s.p + i, s.n - i) : 0;

		if (k)
			buf_put(b, s.p + i, k);
		else
			buf_fmt(b, "\\x%02X", (unsigned)(uint8_t)s.p[i]);
		i += k ? k : 1;
	}
}

static bool has_nul(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0')
			return true;
	return false;
}

static struct str readable(struct table_refused *r, struct str raw)
{
	if (str_utf8(raw) && !has_nul(raw))
		return raw;
	buf_clear(&r->record);
	if (has_nul(raw) || text_from_gb18030(raw, &r->record)) {
		r->record.n = 0;
		spell(&r->record, raw);
	}
	if (r->record.failed)
		r->sink.text.failed = r->record.failed;
	return buf_view(&r->record);
}

enum err table_refused_add(struct table_refused *r, const char *which, const struct csv_record *row,
			   const char *reason_zh, const char *reason_en, struct fault *f)
{
	struct buf *b = &r->sink.text;

	csv_field(b, str_of(which), true);
	buf_fmt(b, ",%" PRIu64 ",%" PRIu64, row->number, row->line);
	csv_field(b, str_of(reason_zh), false);
	csv_field(b, str_of(reason_en), false);
	csv_field(b, readable(r, row->raw), false);
	buf_char(b, '\n');
	return table_sink_flow(&r->sink, f);
}

enum err table_refused_settle(struct table_refused *r, struct fault *f)
{
	return table_sink_settle(&r->sink, f);
}

enum err table_refused_close(struct table_refused **pr, struct fault *f)
{
	enum err e = table_sink_close(&(*pr)->sink, f);

	table_refused_end(pr);
	return e;
}

void table_refused_end(struct table_refused **pr)
{
	struct table_refused *r = *pr;

	if (!r)
		return;
	table_sink_end(&r->sink);
	buf_release(&r->record);
	mem_drop(r);
	*pr = NULL;
}
