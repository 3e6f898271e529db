/* book.c - see book.h. */
#include "cli/book.h"

#include <unistd.h>

#include "grid/area.h"
#include "loop/moved.h"
#include "serve/nouns.h"

#include "base/ban.h"

/* Ids of the command line are not those of the server: node 0 is the server's. */
enum { NODES = 255 };

static enum err prime_act(struct tx *tx, void *book, struct fault *f)
{
	return record_prime(book, tx, f);
}

enum err cli_book_open(struct cli *c, struct cli_book *b)
{
	const struct noun *nouns[NOUNS_MAX];
	struct record_follower followers[LOOP_FOLLOWERS];
	struct record_options o = { .nouns = nouns,
				    .n = nouns_all(nouns),
				    .follower = followers,
				    .n_followers = LOOP_FOLLOWERS,
				    .clock = &clock_wall,
				    .area_names = area_names,
				    .areas = area_each,
				    .node = 1 + (unsigned)getpid() % NODES };
	struct loop_options lo;
	const struct sql_list *lists;
	size_t n;
	enum err e = cli_house_open(c, false, &b->h);

	if (e)
		return e;
	o.zone = b->h->zone;
	loop_followers(&b->loop, followers);
	if ((e = record_open(&o, &b->book, &c->fault)))
		return e;
	lists = record_statements(b->book, &n);
	if ((e = db_prepare_all(b->h->db, lists, n, &c->fault)) ||
	    (e = db_read(b->h->db, prime_act, b->book, &c->fault)))
		return e;
	lo = (struct loop_options){ .db = b->h->db, .book = b->book, .zone = b->h->zone };
	return loop_open(&lo, &b->loop.loop, &c->fault);
}

void cli_book_end(struct cli_book *b)
{
	loop_close(&b->loop.loop);
	record_end(&b->book);
	house_end(&b->h);
}
