/*
 * table.c - a CSV or Excel file as a header and rows.
 *
 * The first bytes say what a file is, so a regular file is looked at before it is opened for good.
 * A pipe cannot be read twice: it is CSV, and a zip file on a pipe is refused with a sentence. The
 * delimiter is the one that shows the known columns in what is at hand of either.
 */
#include "table/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/memory.h"
#include "table/xlsx.h"

#include "base/ban.h"

enum {
	MAGIC_BYTES = 8,
	PEEK_BYTES = 64 * 1024,
	HEADER_BYTES_MAX = 16 << 20,
	RAW_BYTES_MAX = 1 << 20
};

struct table {
	struct csv *csv; /* one of these two */
	struct xlsx *xlsx;
	struct file_map file; /* under xlsx */
	char name[XLSX_NAME_BYTES];
	struct table_limits limits;
	struct arena *arena; /* header and unknown names */
	struct str *header, *unknown;
	size_t n_header, n_unknown, n_known;
	int field[TABLE_COLUMNS_MAX];
	uint64_t rows;  /* Excel: handed out so far */
	struct buf raw; /* Excel: the row as CSV */
	VEC(struct str) padded;
};

struct table_limits table_limits(void)
{
	return (struct table_limits){
		.file_bytes_max = 1ULL << 30,
		.sheet_bytes_max = 4ULL << 30,
		.strings_bytes_max = 512ULL << 20,
		.part_bytes_max = 64ULL << 20,
		.ratio_max = 200,
		.ratio_from_bytes = 16ULL << 20,
		.cells_max = 1ULL << 27,
	};
}

/* ---- matching ----------------------------------------------------------------------------- */

static void list(struct buf *b, struct str s)
{
	if (b->n > 90)
		return;
	buf_lit(b, b->n ? "," : "");
	buf_put(b, s.p, min_size(s.n, 40));
	if (b->n > 90)
		buf_lit(b, ",…");
}

/*
 * What was found is said only if some of it is known: otherwise the first line is likely no
 * header but somebody's data, and names of people do not belong into a message.
 */
static enum err lacks(const struct str *header, size_t n, const struct table_column *known,
		      size_t n_known, const int *field, struct fault *f)
{
	CLEANUP(buf_release) struct buf found = { 0 }, missing = { 0 };
	bool any = false;

	for (size_t i = 0; i < n_known; i++) {
		any = any || field[i] >= 0;
		if (known[i].required && field[i] < 0)
			list(&missing, str_of(known[i].name));
	}
	for (size_t i = 0; any && i < n; i++)
		list(&found, header[i]);
	buf_char(&found, '\0');
	buf_char(&missing, '\0');
	if (found.failed || missing.failed)
		return fault_set(f, ERR_MEMORY, "内存不足，无法核对表头",
				 "no memory to check the header");
	if (!any)
		return fault_set(
			f, ERR_ABSENT, "第一行没有任何认识的列名：第一行须为表头，且必须有 %s 列",
			"no known column name in the first row: it must be the header, and "
			"must have %s",
			missing.p);
	return fault_set(f, ERR_ABSENT, "表头缺少必需的列 %s（现有 %s）：请改列名或补上该列",
			 "the header lacks the required column %s (found %s): rename a column or "
			 "add it",
			 missing.p, found.p);
}

enum err table_match(const struct str *header, size_t n, const struct table_column *known,
		     size_t n_known, int *ret_field, struct fault *f)
{
	bool complete = true;

	for (size_t i = 0; i < n_known; i++) {
		struct str name = str_of(known[i].name);

		ret_field[i] = -1;
		for (size_t j = 0; j < n; j++) {
			if (!str_eq(header[j], name))
				continue;
			if (ret_field[i] >= 0)
				return fault_set(
					f, ERR_SYNTAX,
					"列名 %s 出现了两次（第 %d 列和第 %zu 列）：请删去或改名其一",
					"the column %s stands there twice (columns %d and "
					"%zu): remove or rename one",
					known[i].name, ret_field[i] + 1, j + 1);
			ret_field[i] = (int)j;
		}
		complete = complete && (!known[i].required || ret_field[i] >= 0);
	}
	return complete ? OK : lacks(header, n, known, n_known, ret_field, f);
}

static size_t known_in(const struct csv_record *r, const struct table_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_known; i++)
		for (size_t j = 0; j < r->n_fields; j++)
			n += str_eq(r->fields[j], str_of(o->known[i].name));
	return r->refusal_en ? 0 : n;
}

/* The delimiter under which the first record shows the most known names; 0 if none shows any. */
static enum err best_delimiter(struct str start, const struct table_options *o, char *ret)
{
	static const char choice[] = ",\t;|";
	char commonest = ',';
	size_t most = 0;

	*ret = 0;
	for (size_t i = 0; i < sizeof(choice) - 1; i++) {
		CLEANUP(csv_end) struct csv *c = NULL;
		struct csv_record r;
		bool more = false;
		size_t n;
		enum err e = csv_open_bytes(start, choice[i], &c);

		if (!e)
			e = csv_next(c, &r, &more, NULL);
		if (e == ERR_MEMORY)
			return e;
		if (e || !more)
			continue;
		if (i == 0)
			commonest = csv_delimiter(r.raw);
		n = known_in(&r, o);
		if (n > most || (n && n == most && choice[i] == commonest)) {
			most = n;
			*ret = choice[i];
		}
	}
	return OK;
}

/* ---- the header --------------------------------------------------------------------------- */

static enum err no_memory(const struct table *t, struct fault *f)
{
	return fault_set(f, ERR_MEMORY, "读取“%s”时内存不足：请关闭其他程序再试",
			 "no memory to read \"%s\": close other programs and try again", t->name);
}

static bool is_known(const struct table *t, size_t column)
{
	for (size_t i = 0; i < t->n_known; i++)
		if (t->field[i] == (int)column)
			return true;
	return false;
}

static enum err name_unknown(struct table *t, size_t column)
{
	struct str name = t->header[column];
	char text[24];

	if (name.n == 0) {
		int n = snprintf(text, sizeof(text), "#%zu", column + 1);

		name = (struct str){ text, (size_t)n };
		name.p = arena_copy(t->arena, text, name.n);
	}
	if (!name.p)
		return ERR_MEMORY;
	t->unknown[t->n_unknown++] = name;
	return OK;
}

static enum err keep_header(struct table *t, const struct str *names, size_t n,
			    const struct table_options *o, struct fault *f)
{
	enum err e;

	t->header = arena_take(t->arena, n, sizeof(*t->header));
	t->unknown = arena_take(t->arena, n, sizeof(*t->unknown));
	if (!t->header || !t->unknown)
		return no_memory(t, f);
	for (size_t i = 0; i < n; i++) {
		t->header[i].n = names[i].n;
		t->header[i].p = arena_copy(t->arena, names[i].p, names[i].n);
		if (!t->header[i].p)
			return no_memory(t, f);
	}
	t->n_header = n;
	t->n_known = o->n_known;
	if ((e = table_match(t->header, n, o->known, o->n_known, t->field, f)))
		return e;
	for (size_t i = 0; i < n; i++)
		if (!is_known(t, i) && name_unknown(t, i))
			return no_memory(t, f);
	return OK;
}

static enum err no_header(const struct table *t, struct fault *f)
{
	return fault_set(f, ERR_SYNTAX, "“%s”是空的：第一行须为表头",
			 "\"%s\" is empty: its first row must be the header", t->name);
}

static enum err csv_header(struct table *t, const struct table_options *o, struct fault *f)
{
	struct csv_record r;
	bool more;
	enum err e;

	if ((e = csv_next(t->csv, &r, &more, f)))
		return e;
	if (!more)
		return no_header(t, f);
	if (r.raw.n >= 4 && memcmp(r.raw.p, "PK\3\4", 4) == 0)
		return fault_set(f, ERR_USAGE, "“%s”经管道送来的是 Excel 文件：请直接给出文件名",
				 "\"%s\" is an Excel file on a pipe: give the file's own name",
				 t->name);
	if (r.refusal_en) /* each format skips the other language's reason */
		return fault_set(f, ERR_SYNTAX, "“%s”的表头无法读取（%s）：请改正第一行%.0s",
				 "the header of \"%s\" cannot be read (%.0s%s): mend its first row",
				 t->name, r.refusal_zh, r.refusal_en);
	return keep_header(t, r.fields, r.n_fields, o, f);
}

static enum err excel_header(struct table *t, const struct table_options *o, struct fault *f)
{
	struct xlsx_row r;
	bool more;
	enum err e;

	if ((e = xlsx_next(t->xlsx, &r, &more, f)))
		return e;
	if (!more)
		return no_header(t, f);
	if (r.n_fields > CSV_FIELDS_MAX)
		return fault_set(
			f, ERR_FULL, "“%s”的表头有 %zu 列，上限为 %d：请删去多余的列",
			"the header of \"%s\" has %zu columns, the limit is %d: remove some",
			t->name, r.n_fields, CSV_FIELDS_MAX);
	for (size_t i = 0; i < r.n_fields; i++)
		r.muddled = r.muddled || r.flaws[i];
	if (r.muddled)
		return fault_set(f, ERR_SYNTAX,
				 "“%s”的表头（第 %" PRIu32
				 " 行）含有错误值或混乱的单元格：请改正表头",
				 "the header of \"%s\" (row %" PRIu32 ") holds an error value or a "
				 "muddled cell: mend it",
				 t->name, r.number);
	return keep_header(t, r.fields, r.n_fields, o, f);
}

/* ---- opening ------------------------------------------------------------------------------ */

static bool starts(struct str s, const char *magic, size_t n)
{
	return s.n >= n && memcmp(s.p, magic, n) == 0;
}

static bool like_excel(struct str start)
{
	return starts(start, "PK\3\4", 4) || starts(start, "PK\5\6", 4) ||
	       starts(start, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
}

static enum err not_utf16(const struct table *t, struct str start, struct fault *f)
{
	if (!starts(start, "\xFF\xFE", 2) && !starts(start, "\xFE\xFF", 2))
		return OK;
	return fault_set(f, ERR_ENCODING, "“%s”是 UTF-16 文本：请另存为 “CSV UTF-8”",
			 "\"%s\" is UTF-16 text: save it as \"CSV UTF-8\"", t->name);
}

/* Read the first bytes of a regular file; none of anything else. */
static enum err peek(const char *path, char start[static MAGIC_BYTES], size_t *ret_n,
		     struct stat *st, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;
	size_t got = 1;

	*ret_n = 0;
	if (strcmp(path, "-") == 0 || stat(path, st) || !S_ISREG(st->st_mode))
		return OK; /* what cannot be opened is said by whoever opens it */
	if ((e = file_open(path, FILE_READ, &fl, f)))
		return e;
	for (; got > 0 && *ret_n < MAGIC_BYTES; *ret_n += got)
		if ((e = file_read(fl, start + *ret_n, MAGIC_BYTES - *ret_n, &got, f)))
			return e;
	return OK;
}

static enum err open_excel(struct table *t, struct str bytes, const struct table_options *o,
			   struct fault *f)
{
	enum err e;

	if (bytes.n > t->limits.file_bytes_max)
		return fault_set(f, ERR_FULL,
				 "Excel 文件“%s”超过 %" PRIu64 " 字节：请拆分文件或改用 CSV",
				 "the Excel file \"%s\" is over %" PRIu64
				 " bytes: split it or use CSV",
				 t->name, t->limits.file_bytes_max);
	if ((e = xlsx_open(bytes, t->name, o->sheet, &t->limits, &t->xlsx, f)))
		return e;
	return excel_header(t, o, f);
}

static enum err open_csv(struct table *t, const struct table_options *o, struct fault *f)
{
	struct str start = csv_at_hand(t->csv);
	char delimiter;

	start.n = min_size(start.n, PEEK_BYTES);
	if (best_delimiter(start, o, &delimiter))
		return no_memory(t, f);
	if (delimiter)
		csv_delimit(t->csv, delimiter);
	return csv_header(t, o, f);
}

static enum err open_file(struct table *t, const char *path, const struct table_options *o,
			  struct fault *f)
{
	char bytes[MAGIC_BYTES];
	struct str start = { bytes, 0 };
	struct stat st = { 0 };
	enum err e;

	if ((e = peek(path, bytes, &start.n, &st, f)))
		return e;
	if (like_excel(start)) {
		if ((uint64_t)st.st_size > t->limits.file_bytes_max) /* before it is read in */
			return open_excel(t, (struct str){ NULL, (size_t)st.st_size }, o, f);
		if ((e = file_map_read(path, &t->file, f)))
			return e;
		return open_excel(t, (struct str){ (const char *)t->file.p, t->file.n }, o, f);
	}
	if ((e = not_utf16(t, start, f)))
		return e;
	if ((e = csv_open(path, 0, &t->csv, f)))
		return e;
	return open_csv(t, o, f);
}

static enum err open_bytes(struct table *t, struct str bytes, const struct table_options *o,
			   struct fault *f)
{
	enum err e;

	if (like_excel(bytes))
		return open_excel(t, bytes, o, f);
	if ((e = not_utf16(t, bytes, f)))
		return e;
	if (csv_open_bytes(bytes, 0, &t->csv))
		return no_memory(t, f);
	return open_csv(t, o, f);
}

static enum err table_new(const char *path, const struct table_options *o, struct table **ret,
			  struct fault *f)
{
	struct table *t = mem_take(1, sizeof(*t));
	const char *slash = strrchr(path, '/');
	size_t skip = slash && slash[1] ? (size_t)(slash + 1 - path) : 0;

	assert(o->n_known <= TABLE_COLUMNS_MAX);
	if (!t || arena_new(HEADER_BYTES_MAX, &t->arena)) {
		mem_drop(t);
		return fault_set(f, ERR_MEMORY, "内存不足，无法打开表格",
				 "no memory to open a table");
	}
	snprintf(t->name, sizeof(t->name), "%s", path + skip);
	t->limits = o->limits ? *o->limits : table_limits();
	*ret = t;
	return OK;
}

enum err table_open(const char *path, const struct table_options *o, struct table **ret,
		    struct fault *f)
{
	struct table *t;
	enum err e;

	if ((e = table_new(path, o, &t, f)))
		return e;
	if ((e = open_file(t, path, o, f)))
		table_end(&t);
	else
		*ret = t;
	return e;
}

enum err table_open_bytes(struct str bytes, const struct table_options *o, struct table **ret,
			  struct fault *f)
{
	struct table *t;
	enum err e;

	if ((e = table_new(o->name ? o->name : "file", o, &t, f)))
		return e;
	if ((e = open_bytes(t, bytes, o, f)))
		table_end(&t);
	else
		*ret = t;
	return e;
}

void table_end(struct table **pt)
{
	struct table *t = *pt;

	if (!t)
		return;
	csv_end(&t->csv);
	xlsx_end(&t->xlsx);
	file_unmap(&t->file);
	arena_wipe(t->arena); /* of a file without a header it is somebody's row */
	arena_free(t->arena);
	buf_release(&t->raw);
	vec_drop(&t->padded);
	mem_drop(t);
	*pt = NULL;
}

/* ---- reading ------------------------------------------------------------------------------ */

bool table_is_excel(const struct table *t)
{
	return t->xlsx != NULL;
}

const struct str *table_header(const struct table *t, size_t *ret_n)
{
	*ret_n = t->n_header;
	return t->header;
}

int table_field(const struct table *t, size_t i_known)
{
	assert(i_known < t->n_known);
	return t->field[i_known];
}

const struct str *table_unknown(const struct table *t, size_t *ret_n)
{
	*ret_n = t->n_unknown;
	return t->unknown;
}

void table_progress(const struct table *t, uint64_t *ret_read, uint64_t *ret_total)
{
	if (t->xlsx) {
		xlsx_progress(t->xlsx, ret_read, ret_total);
	} else {
		*ret_read = csv_bytes_read(t->csv);
		*ret_total = csv_bytes_total(t->csv);
	}
}

/* From a record of the file to a row of the table. */
static void make_row(struct csv_record *r, size_t n_header)
{
	bool few = r->n_fields < n_header;

	r->number--;
	if (r->n_fields == n_header || r->refusal_en)
		return;
	r->refusal_zh = few ? "字段比表头少" : "字段比表头多";
	r->refusal_en = few ? "fewer fields than the header" : "more fields than the header";
}

static enum err csv_row(struct table *t, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	enum err e = csv_next(t->csv, ret, ret_more, f);

	if (!e && *ret_more)
		make_row(ret, t->n_header);
	return e;
}

enum err table_block_fill(struct table *t, struct csv_block *b, bool *ret_any, struct fault *f)
{
	*ret_any = false;
	return t->xlsx ? OK : csv_block_fill(t->csv, b, ret_any, f);
}

bool table_block_next(struct csv_block *b, size_t n_header, struct csv_record *ret)
{
	if (!csv_block_next(b, ret))
		return false;
	make_row(ret, n_header);
	return true;
}

static const struct {
	const char *zh, *en;
} flaw_words[XLSX_FLAW_N] = {
	[XLSX_FLAW_ERROR] = { "单元格是错误值(如 #N/A)",
			      "a cell holds an error value such as #N/A" },
	[XLSX_FLAW_LONG] = { "单元格超过 32767 个字符", "a cell of more than 32,767 characters" },
	[XLSX_FLAW_DIGITS] = { "数字超过 15 位，Excel 已将其舍入：该列须设为文本格式后重新填写",
			       "a number of over 15 digits, rounded by Excel: enter it as text" },
	[XLSX_FLAW_DATE] = { "单元格里的日期不存在", "a cell holds a date that does not exist" },
	[XLSX_FLAW_NUMBER] = { "数值单元格里不是数字", "a numeric cell holds no number" },
	[XLSX_FLAW_STRING] = { "单元格指向不存在的共享字符串",
			       "a cell points to a missing string" },
};

/* A flaw in a column that nobody knows harms nobody: that column is ignored. */
static void find_refusal(const struct table *t, const struct xlsx_row *r, struct csv_record *ret)
{
	for (size_t i = 0; i < r->n_fields && i < t->n_header && !ret->refusal_en; i++)
		if (r->flaws[i] && (t->n_known == 0 || is_known(t, i))) {
			ret->refusal_zh = flaw_words[r->flaws[i]].zh;
			ret->refusal_en = flaw_words[r->flaws[i]].en;
		}
	if (!ret->refusal_en && r->n_fields > t->n_header) {
		ret->refusal_zh = "表头之外的列里有内容";
		ret->refusal_en = "a cell beyond the header's last column";
	}
	if (!ret->refusal_en && r->muddled) {
		ret->refusal_zh = "同一单元格出现两次或位置有误";
		ret->refusal_en = "a cell stands there twice or in the wrong place";
	}
}

static enum err excel_row(struct table *t, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	struct xlsx_row r;
	size_t n;
	enum err e;

	if ((e = xlsx_next(t->xlsx, &r, ret_more, f)) || !*ret_more)
		return e;
	n = max_size(r.n_fields, t->n_header);
	if (vec_reserve(&t->padded, n))
		return no_memory(t, f);
	buf_clear(&t->raw);
	for (size_t i = 0; i < n; i++) {
		struct str s = i < r.n_fields ? r.fields[i] : STR("");

		t->padded.v[i] = s;
		if (t->raw.n + s.n < RAW_BYTES_MAX) /* one shared string may fill a whole row */
			csv_field(&t->raw, s, i == 0);
	}
	if (t->raw.failed)
		return no_memory(t, f);
	*ret = (struct csv_record){ .number = ++t->rows,
				    .line = r.number,
				    .n_fields = n,
				    .fields = t->padded.v,
				    .raw = buf_view(&t->raw) };
	find_refusal(t, &r, ret);
	return OK;
}

enum err table_next(struct table *t, struct csv_record *ret, bool *ret_more, struct fault *f)
{
	return t->xlsx ? excel_row(t, ret, ret_more, f) : csv_row(t, ret, ret_more, f);
}
