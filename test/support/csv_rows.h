/*
 * csv_rows.h - a CSV file of test data, plain or .gz, row by row, its columns by name.
 *
 * Life:     csv_rows_open -> csv_rows_next until false -> csv_rows_end.
 * Errors:   faults of the file are assertions.
 * Memory:   the whole file is in memory; fields live until the next csv_rows_next.
 */
#ifndef TEST_SUPPORT_CSV_ROWS_H
#define TEST_SUPPORT_CSV_ROWS_H
#include "base/base.h"
#include "base/csv.h"
#include "base/text.h"

enum { ROWS_COLUMNS = 32, ROWS_NAME_BYTES = 64 };

struct csv_rows {
	struct buf bytes;
	struct csv *csv;
	struct csv_record record;
	size_t n_columns;
	char column[ROWS_COLUMNS][ROWS_NAME_BYTES];
};

void csv_rows_open(struct csv_rows *r, const char *path);
bool csv_rows_next(struct csv_rows *r);
struct str csv_rows_str(const struct csv_rows *r, const char *column);
int64_t csv_rows_i64(const struct csv_rows *r, const char *column);
void csv_rows_end(struct csv_rows *r);
#endif
