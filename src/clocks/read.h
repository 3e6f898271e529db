/*
 * read.h - private to this room: values of a document, one clear sentence per fault.
 *
 * A place in the document is a chain of struct clocks_at from the value up to the root; a path is
 * only written out when there is a fault to tell. A reader returns false if the value was at fault,
 * and has said so. Running out of memory sticks in `failed`.
 */
#ifndef CLOCKS_READ_H
#define CLOCKS_READ_H
#include "base/json_read.h"
#include "clocks/clocks.h"

struct clocks_fault_node {
	struct clocks_fault fault;
	struct clocks_fault_node *next;
};

struct clocks_reader {
	struct arena *a;
	struct clocks_fault_node *first, *last;
	size_t n_faults;
	enum err failed;
};

struct clocks_at {
	const struct clocks_at *up;
	struct str key; /* empty: an item of a list, the i-th */
	size_t i;
	const struct json_node *v; /* NULL: absent, or null */
};

enum clocks_need { CLOCKS_MAY, CLOCKS_MUST };

void *clocks_take(struct clocks_reader *r, size_t n, size_t each) MUST_CHECK;
bool clocks_copy(struct clocks_reader *r, struct str text, struct str *ret);
/* Both texts take the same arguments. */
void clocks_wrong(struct clocks_reader *r, const struct clocks_at *at, const char *zh,
		  const char *en, ...) PRINTF(3, 5) PRINTF(4, 5);
/* "is missing; write W" or "write W instead". Always false. */
bool clocks_refuse(struct clocks_reader *r, const struct clocks_at *at, const char *want_zh,
		   const char *want_en);

struct clocks_at clocks_child(const struct clocks_at *up, const char *key);
struct clocks_at clocks_item(const struct clocks_at *up, size_t i);
/* An object with none but these keys (the list ends with NULL). */
bool clocks_object(struct clocks_reader *r, const struct clocks_at *at, const char *const *keys);
bool clocks_list(struct clocks_reader *r, const struct clocks_at *at, size_t least, size_t most);
bool clocks_number(struct clocks_reader *r, const struct clocks_at *up, const char *key,
		   int64_t least, int64_t most, int64_t *ret);
bool clocks_text(struct clocks_reader *r, const struct clocks_at *at, size_t bytes_max,
		 struct str *ret);
bool clocks_both(struct clocks_reader *r, const struct clocks_at *up, const char *key,
		 enum clocks_need need, struct clocks_both *ret);
/* Lower-case letters, digits and - . */
bool clocks_name(struct clocks_reader *r, const struct clocks_at *at, struct str text);
/* "YYYY-MM-DD", or null for open; the key must be there. */
bool clocks_date(struct clocks_reader *r, const struct clocks_at *up, const char *key,
		 int32_t *ret);
#endif
