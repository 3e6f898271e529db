/*
 * export_csv.h - a table that is no noun's as a CSV file, cells and reply as of any other export.
 */
#ifndef RECORD_EXPORT_CSV_H
#define RECORD_EXPORT_CSV_H
#include "access/call.h"
#include "base/text.h"

#define EXPORT_MARK "\xEF\xBB\xBF" /* without it Excel takes UTF-8 for the local code page */
#define EXPORT_CSV "text/csv; charset=utf-8"

void export_field(struct buf *b, struct str s, bool first); /* one CSV field */
/* Give the bytes as a file. `b` is empty afterwards. */
MUST_CHECK enum err export_reply(struct call *c, struct buf *b, const char *type,
				 struct str file_name);
#endif
