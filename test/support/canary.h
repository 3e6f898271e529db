/*
 * canary.h - values that say wherever they are found which field they are of, and where its row is.
 *
 * A number of place, noun and field is written into a text as three letters behind 金丝雀, into a
 * telephone or a large number as five figures behind 9907, into a date as days since 1901. What has
 * too little room for that (a choice, a yes or no, a narrow number) carries none.
 */
#ifndef TEST_SUPPORT_CANARY_H
#define TEST_SUPPORT_CANARY_H
#include "record/record.h"

struct canary {
	unsigned place, noun, field; /* below 6, 32 and 64 */
};

/* Put one into a row; false: this field cannot carry any. `more` makes equal texts different. */
bool canary_put(const struct field *x, struct canary c, unsigned more, struct arena *a, void *row);
/* As somebody would type it; "" for a field that carries none. */
void canary_text(const struct field *x, struct canary c, char ret[32]);

/* Every canary in these bytes, and every number of 16 figures or more, which may be a row's id. */
struct canary_eye {
	void (*canary)(void *arg, struct canary c);
	void (*number)(void *arg, int64_t n); /* or NULL */
	void *arg;
};
void canary_look(struct str bytes, const struct canary_eye *eye);
#endif
