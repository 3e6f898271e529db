/*
 * csv.c - reading records out of one big buffer, and writing fields.
 *
 * A record is found and split in one pass (csv_scan.c) that runs over whatever bytes are there.
 * If they do not reach the record's end, the buffer is filled up, or grown, and the pass starts
 * again at the record's beginning. Filling is always to the brim, so a record is passed over
 * again only a few times however thin the pipe is, and no state survives between passes.
 */
#include "base/csv.h"
#include "base/csv_block.h"
#include "base/csv_scan.h"
#include "base/gb18030.h"
#include "base/memory.h"

#include <string.h>

#include "base/ban.h"

enum {
	BUFFER_BYTES_FIRST = 256 * 1024,
	LINE_END_BYTES_MAX = 2,
	BUFFER_BYTES_MAX = CSV_RECORD_BYTES_MAX + LINE_END_BYTES_MAX
};

enum encoding { ENCODING_OPEN, ENCODING_UTF8, ENCODING_GB18030 };

const struct csv_sentences csv_refusals[] = {
	[CSV_REFUSAL_NONE] = { NULL, NULL },
	[CSV_REFUSAL_QUOTE] = { "未加引号的字段里有引号", "a quote inside an unquoted field" },
	[CSV_REFUSAL_AFTER_QUOTE] = { "结束引号之后还有文字", "text after a closing quote" },
	[CSV_REFUSAL_BARE_CR] = { "回车符之后没有换行符", "a carriage return without a line feed" },
	[CSV_REFUSAL_NUL] = { "含有空字节（NUL）", "a NUL byte" },
	[CSV_REFUSAL_OPEN_QUOTE] = { "到文件末尾引号仍未关闭",
				     "a quote is still open at the end of the file" },
	[CSV_REFUSAL_FIELDS] = { "字段超过 1024 个", "more than 1024 fields" },
	[CSV_REFUSAL_NEITHER] = { "既不是 UTF-8，也不是 GB18030", "neither UTF-8 nor GB18030" },
	[CSV_REFUSAL_NOT_UTF8] = { "文件是 UTF-8，而这条记录不是",
				   "the file is UTF-8, but this record is not" },
	[CSV_REFUSAL_NOT_GB18030] = { "文件是 GB18030，而这条记录不是",
				      "the file is GB18030, but this record is not" },
};

struct csv {
	struct file *file; /* NULL over bytes in memory */
	char *own;         /* the buffer, NULL over bytes in memory */
	size_t own_bytes;
	const char *p; /* the bytes at hand, and how far they have been handed out */
	size_t at, n;
	bool eof;             /* nothing comes after p[n - 1] */
	enum err broken;      /* the error that ended the reading; it stays */
	uint64_t total, gone; /* bytes of the file; of it before p */
	uint64_t number, line;
	char delimiter;
	enum encoding encoding;
	iconv_t gb18030;
	char *decoded, *plain; /* of the current record: as UTF-8; without doubled quotes */
	size_t decoded_bytes, plain_bytes;
	struct str fields[CSV_FIELDS_MAX];
};

_Static_assert(CSV_FIELDS_MAX == 1024, "a sentence above says 1024");
_Static_assert(CSV_RECORD_BYTES_MAX == 1 << 20, "a sentence below says 1 MiB");

/* ---- the buffer ---- */

static enum err too_long(const struct csv *c, struct fault *f)
{
	return fault_set(f, ERR_FULL, "第 %llu 行开始的记录超过 1 MiB；可能有一个引号没有关闭",
			 "the record that begins on line %llu is over 1 MiB; perhaps a quote was "
			 "left open",
			 (unsigned long long)c->line);
}

static enum err no_memory(struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "内存不足，无法继续读取 CSV",
			 "no memory to go on reading the CSV file");
}

/* Get more bytes behind those not handed out yet. Views into the buffer die here. */
static enum err fill(struct csv *c, struct fault *f)
{
	size_t keep = c->n - c->at;

	assert(c->file && !c->eof);
	if (c->at == 0 && c->n == c->own_bytes) {
		size_t more = min_size(c->own_bytes * 2, BUFFER_BYTES_MAX);
		char *grown;

		if (more == c->own_bytes)
			return too_long(c, f);
		grown = mem_grow(c->own, c->own_bytes, more, 1);
		if (!grown)
			return no_memory(f);
		c->p = c->own = grown;
		c->own_bytes = more;
	} else if (c->at > 0) {
		memmove(c->own, c->own + c->at, keep);
		c->gone += c->at;
		c->at = 0;
		c->n = keep;
	}
	while (c->n < c->own_bytes) {
		size_t got;
		enum err e = file_read(c->file, c->own + c->n, c->own_bytes - c->n, &got, f);

		if (e)
			return e;
		if (got == 0) {
			c->eof = true;
			break;
		}
		c->n += got;
	}
	return OK;
}

/* ---- encodings ---- */

static enum err scratch(char **p, size_t *bytes, size_t want)
{
	if (want > *bytes) {
		char *grown = mem_grow(*p, *bytes, max_size(want, *bytes * 2), 1);

		if (!grown)
			return ERR_MEMORY;
		*p = grown;
		*bytes = max_size(want, *bytes * 2);
	}
	return OK;
}

/* raw, as UTF-8, into c->decoded; ERR_ENCODING if it is not GB18030. */
static enum err decode(struct csv *c, struct str raw, struct str *ret, struct fault *f)
{
	size_t n;
	enum err e = scratch(&c->decoded, &c->decoded_bytes, gb18030_room(raw.n));

	if (e)
		return no_memory(f);
	if (c->gb18030 == GB18030_NONE)
		c->gb18030 = gb18030_open();
	if (c->gb18030 == GB18030_NONE)
		return fault_set(f, ERR_IO, "本系统的 C 库缺少 GB18030 转换，无法读取此文件",
				 "the C library here lacks the GB18030 conversion this file needs");
	e = gb18030_run(c->gb18030, raw, c->decoded, c->decoded_bytes, &n);
	if (e)
		return e;
	*ret = (struct str){ c->decoded, n };
	return OK;
}

/* Find the record at c->at, filling the buffer as it takes. */
static enum err find_record(struct csv *c, struct csv_span *ret, struct fault *f)
{
	struct csv_shape shape = {
		.delimiter = c->delimiter,
		.pairs = c->encoding == ENCODING_GB18030 && c->delimiter == '|',
		.fields = c->fields,
	};

	while (csv_scan(&shape, (struct str){ c->p + c->at, c->n - c->at }, c->eof, ret) ==
	       CSV_PASS_MORE) {
		enum err e = fill(c, f);

		if (e)
			return e;
	}
	return ret->bytes > CSV_RECORD_BYTES_MAX ? too_long(c, f) : OK;
}

/*
 * The first record with a byte over 127 decides for the file. A record that is valid in neither
 * encoding decides nothing: one damaged line must not turn the rest into nonsense.
 */
static enum err decide(struct csv *c, struct csv_span *span, struct str *raw, struct fault *f)
{
	struct str text;
	enum err e;

	if (str_utf8(*raw)) {
		c->encoding = ENCODING_UTF8;
		return OK;
	}
	if (c->delimiter == '|') {
		/* What looked like bars may have been second bytes: look again, by pairs. */
		c->encoding = ENCODING_GB18030;
		e = find_record(c, span, f);
		c->encoding = ENCODING_OPEN;
		if (e)
			return e;
		*raw = (struct str){ c->p + c->at, span->bytes };
	}
	e = decode(c, *raw, &text, f);
	if (e && e != ERR_ENCODING)
		return e;
	if (!e)
		c->encoding = ENCODING_GB18030;
	return OK;
}

/* Make c->fields valid UTF-8, or say in span->refusal why that cannot be. */
static enum err convert(struct csv *c, struct csv_span *span, struct str *raw, struct fault *f)
{
	struct csv_shape shape = { .delimiter = c->delimiter, .fields = c->fields };
	struct csv_span again;
	struct str text;
	enum err e;

	if (!span->high || str_ascii(*raw))
		return OK;
	if (c->encoding == ENCODING_OPEN) {
		e = decide(c, span, raw, f);
		if (e)
			return e;
	}
	if (span->refusal)
		return OK;
	if (c->encoding == ENCODING_UTF8) {
		if (!str_utf8(*raw))
			span->refusal = CSV_REFUSAL_NOT_UTF8;
		return OK;
	}
	e = decode(c, *raw, &text, f);
	if (e == ERR_ENCODING) {
		span->refusal = c->encoding == ENCODING_OPEN ? CSV_REFUSAL_NEITHER
							     : CSV_REFUSAL_NOT_GB18030;
		return OK;
	}
	if (e)
		return e;
	/* No multi-byte code becomes ASCII, so the decoded text has the raw one's structure. */
	if (csv_scan(&shape, text, true, &again) != CSV_PASS_DONE || again.bytes != text.n ||
	    again.n_fields != span->n_fields || again.refusal)
		return fault_set(f, ERR_BUG, "第 %llu 行转换编码后结构变了",
				 "line %llu changed its structure when it was converted",
				 (unsigned long long)c->line);
	return OK;
}

/* Fields with doubled quotes move to c->plain with single ones. */
static enum err undouble(struct csv *c, const struct csv_span *span, struct str raw,
			 struct fault *f)
{
	char *to;

	if (scratch(&c->plain, &c->plain_bytes, gb18030_room(raw.n)))
		return no_memory(f);
	to = c->plain;
	for (size_t i = 0; i < span->n_fields; i++) {
		struct str s = c->fields[i];
		char *from = to;

		/* An unquoted field holds no quote, so a quote here is a doubled one. */
		if (s.n == 0 || !memchr(s.p, '"', s.n))
			continue;
		for (size_t k = 0; k < s.n; k++) {
			*to++ = s.p[k];
			k += s.p[k] == '"';
		}
		c->fields[i] = (struct str){ from, (size_t)(to - from) };
	}
	return OK;
}

/* ---- records ---- */

/* Step over empty lines. *ret_any: something stands behind them. */
static enum err skip_empty(struct csv *c, bool *ret_any, struct fault *f)
{
	for (;;) {
		const char *p = c->p + c->at;
		size_t n = c->n - c->at;
		size_t cr = n > 0 && p[0] == '\r';

		if (n > cr && p[cr] == '\n') {
			c->at += cr + 1;
			c->line++;
			continue;
		}
		if (!c->eof && n == cr) {
			enum err e = fill(c, f);

			if (e)
				return e;
			continue;
		}
		if (n == cr)
			c->at = c->n; /* nothing, or a last CR by itself */
		*ret_any = c->at < c->n;
		return OK;
	}
}

static enum err next(struct csv *c, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	struct csv_span span;
	struct str raw;
	bool any;
	enum err e = skip_empty(c, &any, f);

	if (e)
		return e;
	if (!any) {
		*ret_more = false;
		return OK;
	}
	e = find_record(c, &span, f);
	if (e)
		return e;
	raw = (struct str){ c->p + c->at, span.bytes };
	e = convert(c, &span, &raw, f);
	if (!e && span.doubled && !span.refusal)
		e = undouble(c, &span, raw, f);
	if (e)
		return e;
	*ret = (struct csv_record){
		.number = ++c->number,
		.line = c->line,
		.n_fields = span.refusal ? 0 : span.n_fields,
		.fields = c->fields,
		.raw = raw,
		.refusal_zh = csv_refusals[span.refusal].zh,
		.refusal_en = csv_refusals[span.refusal].en,
	};
	c->at += span.bytes + span.end_bytes;
	c->line += span.inner + (span.end_bytes > 0);
	*ret_more = true;
	return OK;
}

static enum err broken(const struct csv *c, struct fault *f)
{
	return fault_set(f, c->broken, "此 CSV 文件的读取已经中断",
			 "the reading of this CSV file has already ended");
}

enum err csv_next(struct csv *c, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	if (c->broken)
		return broken(c, f);
	c->broken = next(c, ret, ret_more, f);
	return c->broken;
}

/* ---- blocks ---- */

static enum err fill_block(struct csv *c, struct csv_block *b, bool *ret_any, struct fault *f)
{
	struct csv_plain plain = { .high_may = c->encoding == ENCODING_UTF8 };
	enum err e;

	if (c->n - c->at < min_size(b->room, c->own_bytes) && !c->eof && (e = fill(c, f)))
		return e;
	csv_plain_front((struct str){ c->p + c->at, min_size(c->n - c->at, b->room) }, &plain);
	*ret_any = plain.bytes >= b->least;
	b->n = b->at = 0;
	b->next = NULL;
	if (!*ret_any)
		return OK;
	memcpy(b->text, c->p + c->at, plain.bytes);
	b->n = plain.bytes;
	b->number = c->number + 1;
	b->line = c->line;
	b->high = plain.high;
	b->delimiter = c->delimiter;
	c->at += plain.bytes;
	c->number += plain.lines;
	c->line += plain.lines;
	return OK;
}

enum err csv_block_fill(struct csv *c, struct csv_block *b, bool *ret_any, struct fault *f)
{
	if (c->broken)
		return broken(c, f);
	c->broken = fill_block(c, b, ret_any, f);
	return c->broken;
}

/* ---- open and close ---- */

static bool starts_with(const struct csv *c, const char *mark, size_t n)
{
	return c->n - c->at >= n && memcmp(c->p + c->at, mark, n) == 0;
}

/* Drop a byte order mark; it also tells the encoding. UTF-16 is not ours to read. */
static enum err drop_mark(struct csv *c, struct fault *f)
{
	if (starts_with(c, "\xFF\xFE", 2) || starts_with(c, "\xFE\xFF", 2))
		return fault_set(f, ERR_ENCODING, "文件是 UTF-16 编码；请另存为“CSV UTF-8”后再试",
				 "the file is UTF-16; save it as \"CSV UTF-8\" and try again");
	if (starts_with(c, "\xEF\xBB\xBF", 3)) {
		c->at += 3;
		c->encoding = ENCODING_UTF8;
	} else if (starts_with(c, "\x84\x31\x95\x33", 4)) {
		c->at += 4;
		c->encoding = ENCODING_GB18030;
	}
	return OK;
}

/* The first record, as far as it can be told before the delimiter is known. */
static struct str first_record(const struct csv *c)
{
	const char *p = c->p + c->at, *line = NULL;
	size_t n = min_size(c->n - c->at, CSV_RECORD_BYTES_MAX);
	bool quoted = false;

	while (n > 0 && (*p == '\n' || *p == '\r'))
		p++, n--;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			quoted = !quoted;
		if (p[i] == '\n' && !line)
			line = p + i;
		if (p[i] == '\n' && !quoted)
			return (struct str){ p, i };
	}
	/* A quote that never closes is a mistake: then the first line has to do. */
	return (struct str){ p, quoted && line ? (size_t)(line - p) : n };
}

static bool is_delimiter(char byte)
{
	return byte == ',' || byte == '\t' || byte == ';' || byte == '|';
}

static enum err begin(struct csv *c, char delimiter, struct fault *f)
{
	enum err e = drop_mark(c, f);

	assert(!delimiter || is_delimiter(delimiter));
	if (e)
		return e;
	c->line = 1;
	c->delimiter = delimiter ? delimiter : csv_delimiter(first_record(c));
	return OK;
}

enum err csv_open(const char *path, char delimiter, struct csv **ret, struct fault *f)
{
	CLEANUP(csv_end) struct csv *c = mem_take(1, sizeof *c);
	enum err e;

	if (!c)
		return no_memory(f);
	c->gb18030 = GB18030_NONE;
	c->p = c->own = mem_take(BUFFER_BYTES_FIRST, 1);
	if (!c->own)
		return no_memory(f);
	c->own_bytes = BUFFER_BYTES_FIRST;
	e = file_open(path, FILE_READ, &c->file, f);
	if (!e) {
		c->total = file_bytes(c->file);
		e = fill(c, f);
	}
	if (!e)
		e = begin(c, delimiter, f);
	if (e)
		return e;
	*ret = c;
	c = NULL;
	return OK;
}

enum err csv_open_bytes(struct str bytes, char delimiter, struct csv **ret)
{
	CLEANUP(csv_end) struct csv *c = mem_take(1, sizeof *c);
	enum err e;

	if (!c)
		return ERR_MEMORY;
	c->gb18030 = GB18030_NONE;
	c->p = bytes.n ? bytes.p : "";
	c->n = bytes.n;
	c->total = bytes.n;
	c->eof = true;
	e = begin(c, delimiter, NULL);
	if (e)
		return e;
	*ret = c;
	c = NULL;
	return OK;
}

struct str csv_at_hand(const struct csv *c)
{
	return (struct str){ c->p + c->at, c->n - c->at };
}

void csv_delimit(struct csv *c, char delimiter)
{
	assert(is_delimiter(delimiter) && c->number == 0);
	c->delimiter = delimiter;
}

void csv_end(struct csv **c)
{
	if (!*c)
		return;
	file_end(&(*c)->file);
	if ((*c)->gb18030 != GB18030_NONE)
		iconv_close((*c)->gb18030);
	mem_drop((*c)->own);
	mem_drop((*c)->decoded);
	mem_drop((*c)->plain);
	mem_drop(*c);
	*c = NULL;
}

uint64_t csv_bytes_read(const struct csv *c)
{
	return c->gone + c->at;
}

uint64_t csv_bytes_total(const struct csv *c)
{
	return c->total;
}
