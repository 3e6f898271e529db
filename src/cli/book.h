/*
 * book.h - a house with all that its nouns need, for verbs that write rows: what follows a change
 * (an open task has an owner again) follows it here as well.
 */
#ifndef CLI_BOOK_H
#define CLI_BOOK_H
#include "cli/houses.h"
#include "loop/loop.h"
#include "record/record.h"

struct cli_book {
	struct house *h;
	struct record_book *book;
	struct loop_house loop;
};
/* The house of the first operand. */
MUST_CHECK enum err cli_book_open(struct cli *c, struct cli_book *ret);
void cli_book_end(struct cli_book *b); /* for CLEANUP() */
#endif
