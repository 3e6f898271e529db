/*
 * office.h - a desk with a vault behind it: investigators of one department, an officer of another,
 * one of none, the overseer, and one kept person (case, ID number, phone).
 */
#ifndef TEST_SUPPORT_OFFICE_H
#define TEST_SUPPORT_OFFICE_H
#include "look/look.h"
#include "record/record.h"
#include "support/desk.h"
#include "support/vaulted.h"

struct office {
	struct desk k;
	struct vaulted h;
	struct record_book *book;
	struct zone *zone;
	struct look *look;
	struct clock wall;
	int64_t subject;
	char number[19];
	struct visitor asker, peer, second, overseer, none;
};
/* The one of this process. */
extern struct office office;
int office_on_sqlite(void **state);
int office_on_postgresql(void **state);
int office_close(void **state);
#endif
