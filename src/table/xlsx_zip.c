/* xlsx_zip.c - the container: which parts there are, and their bytes, checked and capped. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "table/xlsx.h"

#include "base/ban.h"

static enum err damaged(const struct xlsx_zip *z, const char *why, struct fault *f)
{
	return fault_set(
		f, ERR_CORRUPT,
		"Excel 文件“%s”已损坏或不完整（%s）：请重新下载，或用 Excel 打开后另存为 .xlsx",
		"the Excel file \"%s\" is damaged or cut short (%s): fetch it again, or open "
		"it in Excel and save it anew as .xlsx",
		z->name, why);
}

static enum err zip_failed(const struct xlsx_zip *z, zip_error_t *error, struct fault *f)
{
	int code = zip_error_code_zip(error);

	if (code == ZIP_ER_MEMORY)
		return fault_set(f, ERR_MEMORY,
				 "读取 Excel 文件“%s”时内存不足：请关闭其他程序或改用 CSV",
				 "no memory to read the Excel file \"%s\": close other programs or "
				 "use CSV",
				 z->name);
	if (code == ZIP_ER_NOPASSWD || code == ZIP_ER_WRONGPASSWD || code == ZIP_ER_ENCRNOTSUPP)
		return fault_set(f, ERR_ENCODING, "Excel 文件“%s”已加密：请去掉密码后另存为 .xlsx",
				 "the Excel file \"%s\" is encrypted: save it without a password",
				 z->name);
	return damaged(z, zip_error_strerror(error), f);
}

enum err xlsx_zip_open(struct str bytes, struct xlsx_zip *z, struct fault *f)
{
	zip_error_t error;
	zip_source_t *source;
	enum err e = OK;

	zip_error_init(&error);
	source = zip_source_buffer_create(bytes.p, bytes.n, 0, &error);
	if (source) {
		z->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
		if (!z->zip)
			zip_source_free(source);
	}
	if (!z->zip)
		e = zip_failed(z, &error, f);
	zip_error_fini(&error);
	return e;
}

void xlsx_zip_end(struct xlsx_zip *z)
{
	if (z->zip)
		zip_discard(z->zip);
	z->zip = NULL;
}

bool xlsx_zip_has(const struct xlsx_zip *z, const char *part)
{
	return zip_name_locate(z->zip, part, ZIP_FL_NOCASE) >= 0;
}

/* Two parts of one name: which one counts would depend on the reader. */
static bool stands_twice(const struct xlsx_zip *z, zip_int64_t at)
{
	const char *name = zip_get_name(z->zip, (zip_uint64_t)at, 0);
	zip_int64_t n = zip_get_num_entries(z->zip, 0);

	for (zip_int64_t i = at + 1; name && i < n; i++) {
		const char *other = zip_get_name(z->zip, (zip_uint64_t)i, 0);

		if (other && strcasecmp(name, other) == 0)
			return true;
	}
	return false;
}

enum err xlsx_part_open(const struct xlsx_zip *z, const char *name, uint64_t read_max,
			struct xlsx_part *ret, struct fault *f)
{
	struct xlsx_part p = { .zip = z, .read_max = read_max };
	zip_int64_t at = zip_name_locate(z->zip, name, ZIP_FL_NOCASE);
	zip_stat_t st;

	snprintf(p.name, sizeof(p.name), "%s", name);
	if (at < 0)
		return fault_set(
			f, ERR_CORRUPT,
			"Excel 文件“%s”缺少 %s：文件已损坏，或不是 Excel 工作簿，请用 Excel 另存为 .xlsx",
			"the Excel file \"%s\" lacks %s: it is damaged or no Excel workbook; "
			"save it from Excel as .xlsx",
			z->name, name);
	if (stands_twice(z, at))
		return damaged(z, "part occurs twice", f);
	zip_stat_init(&st);
	if (zip_stat_index(z->zip, (zip_uint64_t)at, 0, &st))
		return zip_failed(z, zip_get_error(z->zip), f);
	if ((st.valid & (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE)) !=
	    (ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE))
		return damaged(z, "part of unknown size", f);
	p.packed = st.comp_size;
	p.size = st.size;
	p.file = zip_fopen_index(z->zip, (zip_uint64_t)at, 0);
	if (!p.file)
		return zip_failed(z, zip_get_error(z->zip), f);
	*ret = p;
	return OK;
}

static enum err over(const struct xlsx_part *p, struct fault *f)
{
	const struct table_limits *l = &p->zip->limits;

	if (p->read > p->read_max)
		return fault_set(f, ERR_FULL,
				 "Excel 文件“%s”中的 %s 解压后超过 %" PRIu64
				 " 字节：请拆分文件或改用 CSV",
				 "in the Excel file \"%s\" %s unfolds to more than %" PRIu64
				 " bytes: split the file or use CSV",
				 p->zip->name, p->name, p->read_max);
	if (p->read > l->ratio_from_bytes && p->read / l->ratio_max >= p->packed)
		return fault_set(f, ERR_FULL,
				 "Excel 文件“%s”中的 %s 解压超过 %" PRIu64
				 " 倍，疑似压缩炸弹：请改用 CSV",
				 "in the Excel file \"%s\" %s unfolds more than %" PRIu64
				 "-fold, like a zip bomb: use CSV instead",
				 p->zip->name, p->name, l->ratio_max);
	return OK;
}

enum err xlsx_part_read(struct xlsx_part *p, void *to, size_t n, size_t *ret_n, struct fault *f)
{
	zip_int64_t got = zip_fread(p->file, to, n);
	enum err e;

	if (got < 0)
		return zip_failed(p->zip, zip_file_get_error(p->file), f);
	p->read += (uint64_t)got;
	if ((e = over(p, f)))
		return e;
	if (got == 0 && p->read != p->size)
		return damaged(p->zip, "part of another size", f);
	*ret_n = (size_t)got;
	return OK;
}

void xlsx_part_end(struct xlsx_part *p)
{
	if (p->file)
		ignore(zip_fclose(p->file) ? ERR_IO : OK);
	p->file = NULL;
}
