/*
 * rows.h - a CSV file of test data, plain or .gz, row by row, its columns by name.
 *
 * Life:     rows_open -> rows_next until false -> rows_end. Faults of the file are assertions.
 * Memory:   the whole file is in memory; fields live until the next rows_next.
 */
#ifndef TEST_SUPPORT_ROWS_H
#define TEST_SUPPORT_ROWS_H
#include "base/base.h"
#include "base/csv.h"
#include "base/text.h"

enum { ROWS_COLUMNS = 32, ROWS_NAME_BYTES = 64 };

struct rows {
	struct buf bytes;
	struct csv *csv;
	struct csv_record record;
	size_t n_columns;
	char column[ROWS_COLUMNS][ROWS_NAME_BYTES];
};

void rows_open(struct rows *r, const char *path);
bool rows_next(struct rows *r);
struct str rows_str(const struct rows *r, const char *column);
int64_t rows_i64(const struct rows *r, const char *column);
void rows_end(struct rows *r);
#endif
