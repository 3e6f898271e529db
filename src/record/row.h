/*
 * row.h - a whole row, into and out of JSON, by the table of its noun.
 * For src/record and the gate (intake).
 *
 * Memory:   what is read lies in from->a; what is written borrows the row.
 * Errors:   ERR_RANGE, of the first field that is wrong; ERR_SYNTAX an unknown key.
 */
#ifndef RECORD_ROW_H
#define RECORD_ROW_H
#include "record/record.h"
#include "record/value.h"

/* Which classes of fields somebody sees: a bit (1u << enum field_see) each. */
#define SIGHT_ALL ((1u << SEE_N) - 1)
static inline bool row_sees(unsigned sight, const struct field *x)
{
	return sight >> x->see & 1;
}

enum row_reading { ROW_NEW, ROW_EDIT };

/*
 * Lay what a JSON map says over the row. A key is "area" or a field; what the server sets, what is
 * fixed once set, and what the writer may not see, is refused. Nothing is asked for here.
 */
MUST_CHECK enum err row_from_json(const struct noun *n, const struct json_node *map,
				  enum row_reading reading, unsigned sight,
				  const struct value_from *from, void *row, struct fault *f);
/* Is everything there that must be? */
MUST_CHECK enum err row_whole(const struct noun *n, const void *row, struct fault *f);

/*
 * As the API shows it: what is not seen has no key; what is not given is null. The map stays open.
 */
void row_to_json(const struct noun *n, const void *row, unsigned sight, const struct zone *zone,
		 struct json *j);
/*
 * The text that hashes are made of: the head, then name and value of every field that says
 * something, in the order of the table, times in UTC. Two rows that are equal have equal bytes, on
 * every machine and for ever: a field that a later program adds says nothing in the rows before it.
 */
void row_canonical(const struct noun *n, const void *row, struct buf *b);

struct record *row_head(void *row);
const struct record *row_head_const(const void *row);
void row_id_text(struct record_id id, char ret[24]);

#endif
