/* scale_inside.h - what the two halves of scale share: tables, and how a rule says no. Private. */
#ifndef DB_SCALE_INSIDE_H
#define DB_SCALE_INSIDE_H
#include "db/scale.h"
#include "db/token.h"

enum { SCALE_NAME_BYTES = 64 };

struct scale_table {
	char name[SCALE_NAME_BYTES];
	char spread[SCALE_NAME_BYTES]; /* the column, or "" for everywhere */
	bool insert_only;
	unsigned step;
};

struct scale {
	struct {
		struct scale_table *v;
		size_t n, cap;
	} table;
};

/* What is being checked: tokens of one text, whose name goes into the fault. */
struct scale_text {
	const struct scale *s;
	struct tokens t;
	const char *name;
	struct fault *f;
};

/* Refuse, at token i: name, sentence, and the word it is about. */
enum err scale_refuse(const struct scale_text *x, size_t i, const char *zh, const char *en);
/* No text may hold these words and signs, be it a step or a statement. */
enum err scale_words(const struct scale_text *x);
const struct scale_table *scale_table_at(const struct scale_text *x, size_t i);
/* scale_step.c: take in the tables of a step, and check all of it. */
enum err scale_step(struct scale *s, const struct db_step *step, struct fault *f);
#endif
