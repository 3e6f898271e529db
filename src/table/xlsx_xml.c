/* xlsx_xml.c - expat over a part: no document types, bounded depth and tokens, pausable. */
#include <string.h>

#include "table/xlsx.h"

#include "base/ban.h"

enum { FEED_BYTES = 64 * 1024 };

/* The namespaces whose elements are ours: transitional and strict sheets, and relations. */
static const char *const OURS[] = { "http://schemas.openxmlformats.org/spreadsheetml/2006/main|",
				    "http://schemas.openxmlformats.org/package/2006/relationships|",
				    "http://purl.oclc.org/ooxml/spreadsheetml/main|" };

static const char *local_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(OURS); i++) {
		size_t n = strlen(OURS[i]);

		if (strncmp(name, OURS[i], n) == 0)
			return name + n;
	}
	return strchr(name, '|') ? "" : name; /* some writers leave the namespace out */
}

const char *xlsx_attr(const char **attr, const char *name)
{
	for (; *attr; attr += 2)
		if (strcmp(*attr, name) == 0) /* a foreign one has its namespace in front */
			return attr[1];
	return NULL;
}

static void fail(struct xlsx_xml *x, enum err e)
{
	if (!x->failed)
		x->failed = e;
	XML_StopParser(x->parser, XML_FALSE);
}

static void XMLCALL on_start(void *arg, const char *name, const char **attr)
{
	struct xlsx_xml *x = arg;
	enum err e;

	if (x->failed)
		return;
	if (++x->depth > XLSX_DEPTH_MAX) {
		fail(x,
		     fault_set(
			     x->f, ERR_SYNTAX,
			     "Excel 文件“%s”的 %s 嵌套过深：不是正常的工作簿，请用 Excel 另存为 .xlsx",
			     "the Excel file \"%s\" nests %s too deep: no proper workbook; save it "
			     "from Excel as .xlsx",
			     x->part.zip->name, x->part.name));
		return;
	}
	if ((e = x->on->start(x->arg, x->depth, local_name(name), attr, x->f)))
		fail(x, e);
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct xlsx_xml *x = arg;
	enum err e;

	if (x->failed)
		return;
	if ((e = x->on->end(x->arg, x->depth, local_name(name), x->f)))
		fail(x, e);
	x->depth--;
}

static void XMLCALL on_text(void *arg, const char *s, int n)
{
	struct xlsx_xml *x = arg;
	enum err e;

	if (!x->failed && (e = x->on->text(x->arg, s, (size_t)n, x->f)))
		fail(x, e);
}

/* Entities are where XML grows teeth; no writer of workbooks declares any. */
static void XMLCALL on_doctype(void *arg, const char *name, const char *system_id,
			       const char *public_id, int internal)
{
	struct xlsx_xml *x = arg;

	(void)name, (void)system_id, (void)public_id, (void)internal;
	fail(x,
	     fault_set(
		     x->f, ERR_SYNTAX,
		     "Excel 文件“%s”的 %s 带有文档类型声明，出于安全拒绝读取：请用 Excel 另存为 .xlsx",
		     "the Excel file \"%s\" declares a document type in %s, refused for safety: "
		     "save it from Excel as .xlsx",
		     x->part.zip->name, x->part.name));
}

static enum err no_memory(const struct xlsx_xml *x)
{
	return fault_set(x->f, ERR_MEMORY,
			 "读取 Excel 文件“%s”时内存不足：请关闭其他程序或改用 CSV",
			 "no memory to read the Excel file \"%s\": close other programs or use CSV",
			 x->part.zip->name);
}

enum err xlsx_xml_open(struct xlsx_xml *x, const struct xlsx_zip *z, const char *part,
		       uint64_t read_max, const struct xlsx_handlers *on, void *arg,
		       struct fault *f)
{
	enum err e;

	*x = (struct xlsx_xml){ .on = on, .arg = arg, .f = f };
	if ((e = xlsx_part_open(z, part, read_max, &x->part, f)))
		return e;
	x->parser = XML_ParserCreateNS(NULL, '|');
	if (!x->parser) {
		e = no_memory(x);
		xlsx_xml_end(x);
		return e;
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	if (on->text)
		XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetStartDoctypeDeclHandler(x->parser, on_doctype);
	return OK;
}

void xlsx_xml_end(struct xlsx_xml *x)
{
	if (x->parser)
		XML_ParserFree(x->parser);
	x->parser = NULL;
	xlsx_part_end(&x->part);
}

void xlsx_xml_pause(struct xlsx_xml *x)
{
	XML_StopParser(x->parser, XML_TRUE);
}

static enum err bad_xml(const struct xlsx_xml *x)
{
	if (XML_GetErrorCode(x->parser) == XML_ERROR_NO_MEMORY)
		return no_memory(x);
	return fault_set(
		x->f, ERR_CORRUPT,
		"Excel 文件“%s”的 %s 第 %lu 行内容有误（%s）：文件已损坏，请用 Excel 另存为 .xlsx",
		"the Excel file \"%s\" is damaged in %s, line %lu (%s): save it from Excel "
		"as .xlsx",
		x->part.zip->name, x->part.name, (unsigned long)XML_GetCurrentLineNumber(x->parser),
		XML_ErrorString(XML_GetErrorCode(x->parser)));
}

static enum err feed(struct xlsx_xml *x, enum XML_Status *ret)
{
	XML_Index at = XML_GetCurrentByteIndex(x->parser); /* XML_GetBuffer() forgets it */
	void *to = XML_GetBuffer(x->parser, FEED_BYTES);
	size_t n = 0;
	enum err e;

	if (!to)
		return no_memory(x);
	if (at >= 0) /* else nothing new came of the last bytes */
		x->parsed = (uint64_t)at;
	if (x->fed - x->parsed > XLSX_TOKEN_BYTES_MAX)
		return fault_set(
			x->f, ERR_FULL,
			"Excel 文件“%s”的 %s 有一个过长的标记：不是正常的工作簿，请用 Excel 另存为 .xlsx",
			"the Excel file \"%s\" has an endless tag in %s: no proper workbook; "
			"save it from Excel as .xlsx",
			x->part.zip->name, x->part.name);
	if ((e = xlsx_part_read(&x->part, to, FEED_BYTES, &n, x->f)))
		return e;
	x->fed += n;
	x->last_fed = n == 0;
	*ret = XML_ParseBuffer(x->parser, (int)n, x->last_fed);
	return OK;
}

enum err xlsx_xml_run(struct xlsx_xml *x, struct fault *f)
{
	x->f = f;
	while (!x->done && !x->failed) {
		enum XML_Status status = XML_STATUS_OK;
		enum err e = OK;

		if (x->paused)
			status = XML_ResumeParser(x->parser);
		else
			e = feed(x, &status);
		x->paused = false;
		if (!x->failed)
			x->failed = e;
		if (x->failed)
			return x->failed;
		if (status == XML_STATUS_ERROR)
			return x->failed = bad_xml(x);
		if (status == XML_STATUS_SUSPENDED) {
			x->paused = true;
			return OK;
		}
		x->done = x->last_fed;
	}
	return x->failed;
}

enum err xlsx_xml_all(const struct xlsx_zip *z, const char *part, uint64_t read_max,
		      const struct xlsx_handlers *on, void *arg, struct fault *f)
{
	struct xlsx_xml x;
	enum err e;

	if ((e = xlsx_xml_open(&x, z, part, read_max, on, arg, f)))
		return e;
	e = xlsx_xml_run(&x, f);
	xlsx_xml_end(&x);
	return e;
}
