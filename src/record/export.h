/*
 * export.h - rows into files: CSV and Excel. For src/record alone.
 *
 * A cell that a spreadsheet would take for a formula (it begins with = + - @ or a tab) gets an
 * apostrophe in front in CSV; a reading takes it away again, so what went out comes back as it was.
 * An Excel file needs none: its cells say that they are text.
 */
#ifndef RECORD_EXPORT_H
#define RECORD_EXPORT_H
#include "record/inside.h"

#define EXPORT_MARK "\xEF\xBB\xBF" /* without it Excel takes UTF-8 for the local code page */

void export_field(struct buf *b, struct str s, bool first); /* one CSV field */
struct str export_unescape(struct str s);
/* Give the bytes as a file. `b` is empty afterwards. */
MUST_CHECK enum err export_reply(struct call *c, struct buf *b, const char *type,
				 struct str file_name);

#endif
