/*
 * value.h - one value of a row, into and out of JSON, text and SQL.
 * For src/record and the gate (intake).
 *
 * The four directions are one switch over the types each, and all that knows what a type is.
 *
 * Memory:   a text is copied into the arena it is read for; what is written borrows the row.
 * Errors:   ERR_RANGE with the field's label in both languages, what is wrong and what to do; the
 *           fault's field is the name. What was typed is never repeated: it may be a person's.
 */
#ifndef RECORD_VALUE_H
#define RECORD_VALUE_H
#include "base/json.h"
#include "base/json_read.h"
#include "base/memory.h"
#include "base/when.h"
#include "db/db.h"
#include "record/field.h"

struct value_from {
	const struct zone *zone; /* of times without an offset, and of those written */
	struct arena *a;
	bool loose; /* a file: labels for words, 是 and 否, 2026/7/31 */
};

MUST_CHECK enum err value_from_text(const struct field *x, struct str s,
				    const struct value_from *from, void *row, struct fault *f);
MUST_CHECK enum err value_from_json(const struct field *x, const struct json_node *n,
				    const struct value_from *from, void *row, struct fault *f);
void value_to_json(const struct field *x, const void *row, const struct zone *zone, struct json *j);
/* As a file shows it: a choice by its label in that language; nothing for "not given". */
void value_to_text(const struct field *x, const void *row, const struct zone *zone, bool english,
		   struct buf *b);

void value_clear(const struct field *x, void *row);
bool value_given(const struct field *x, const void *row);
bool value_same(const struct field *x, const void *a, const void *b);

char value_letter(const struct field *x); /* of the argument: 'i' or 't' */
struct sql_value value_to_sql(const struct field *x, const void *row);
MUST_CHECK enum err value_from_sql(const struct field *x, struct rows *r, size_t column,
				   struct arena *a, void *row, struct fault *f);

/* The index of a choice by its word; loose: by a label too. 0 if there is none. */
size_t value_choice(const struct choice *c, size_t n, struct str s, bool loose);
struct str value_trim(struct str s); /* without blanks at the ends, the wide one (U+3000) too */

#endif
