/*
 * shop.h - a loop without a server: three organisations that answer one above the other for mines
 * (village 11, township 12, county 13, of 430802001001 and above), one rule of time, and clocks
 * that the test owns.
 *
 *     SHOP(s);
 *     int64_t id = shop_raise(&s);
 *     shop_pass(SHOP_ACCEPT_S);
 *     MUST(shop_tick(&s));
 */
#ifndef TEST_SUPPORT_SHOP_H
#define TEST_SUPPORT_SHOP_H
#include "loop/inside.h"
#include "support/database.h"

enum { SHOP_ACCEPT_S = 900, SHOP_DONE_S = 8 * 3600, SHOP_CHECK_S = 3600, SHOP_CLIMB_S = 3600 };

struct shop {
	struct database *d;
	struct zone *zone;
	struct record_book *book;
	struct loop *l;
	uint64_t told;
};
void shop_open(struct shop *s, struct database *d);
void shop_close(struct shop *s);
#define SHOP(s) \
	struct database *d = *state; \
	CLEANUP(shop_close) struct shop s; \
	shop_open(&s, d)

int64_t shop_now(void);
void shop_pass(int64_t s);      /* both clocks go on */
void shop_set_wall(int64_t s);  /* somebody sets the wall's, by that much */
void shop_down(struct shop *s); /* the loop ends, the database closes and opens again ... */
void shop_up(struct shop *s);   /* ... and the loop begins */

int64_t shop_raise(struct shop *s); /* a task of the village's, sent by the county */
/* An event by one of a party, at any turn. */
enum err shop_do(struct shop *s, int64_t task, enum flow_on on, int64_t party, struct fault *f);
enum err shop_tick(struct shop *s);                   /* its words in s->d->fault */
int64_t shop_scalar(struct shop *s, const char *sql); /* its one number; 0 for none */
void shop_run(struct shop *s, const char *sql);
#endif
