/*
 * flow_book.h - a house that keeps tasks in memory and watches what must always hold.
 *
 * Every event goes through flow_book_do: it is put to the engine and to the slow way, both must
 * agree, and the invariants are looked at. What went wrong first stands in `why`, and nothing is
 * looked at after. The script holds every event, so that the same can be replayed, made smaller,
 * or given to another driver.
 *
 *   I1 what was done is counted as done
 *   I2 what was refused changed nothing     I4 a deadline moves later only where it may
 *   I3 one owner, and who they are          I5 what is overdue has its escalations
 *   I6 no key twice                         and: nobody judged their own, nor their party's,
 *                                           whoever owns it now; nothing unproved is done,
 *                                           offers add up, the packed task is the task
 *
 * A book can be told to spoil what the engine answers in one way, to see that it would be noticed.
 */
#ifndef TEST_SUPPORT_FLOW_BOOK_H
#define TEST_SUPPORT_FLOW_BOOK_H
#include "base/memory.h"
#include "support/flow_script.h"
#include "support/flow_slow.h"

/* Whose an account is: some of the others are also somebody's of party 1 (support/flow_world.h). */
int64_t book_human(int64_t account);

enum book_spoil {
	BOOK_HONEST,
	BOOK_LOSE_ESCALATION, /* level 2 is not told */
	BOOK_DOUBLE_NOTICE,   /* late is told twice */
	BOOK_LOSE_OWNER,      /* the new owner after a change of the grid is nobody */
	BOOK_MOVE_DEADLINE,   /* a day more after a return */
	BOOK_FORGET_DUE,      /* the clock is not asked for again after a warning */
	BOOK_CLOSE_OWN,       /* who did it counts as somebody else */
	BOOK_TWO_ACCOUNTS,    /* so does who did it by another account */
	BOOK_FORGET_PARTY,    /* a proof is the present owner's */
	BOOK_CLOSE_UNPROVED,  /* any proof will do */
	BOOK_TAKE_TWICE,      /* an owner changes while an offer waits */
	BOOK_SPOIL_N
};

struct book_seen {
	uint64_t acts, done, again, refused, closed, late, escalated, warned, repeats, set_back,
		bounced, taken, refused_offers, withdrawn, returned, extended, reowned, topped;
};

struct book_task {
	struct flow_task t;
	struct slow_task slow;
	bool proved, topped;   /* a whole proof was given; the highest level was told */
	int64_t by, by_party;  /* who gave the last one, and for whom */
	uint32_t done, passes; /* events but the clock's; times it was passed on or came back */
};

struct flow_book {
	struct {
		struct book_task *v;
		size_t n, cap;
	} tasks; /* the task of id i is v[i - 1] */
	struct {
		struct flow_act *v;
		size_t n, cap;
	} script;
	struct {
		uint64_t (*v)[2]; /* task, key */
		size_t n, slots;
	} keys;
	uint64_t digest;
	uint64_t n_offers, n_ended[FLOW_PUSH_N];
	bool compare; /* with the slow way */
	enum book_spoil spoil;
	struct buf why; /* empty while all is well */
	struct book_seen seen;
};

void flow_book_begin(struct flow_book *b); /* of zeros, or again after use: forgets, keeps memory */
void flow_book_end(struct flow_book *b);
struct flow_task *flow_book_task(struct flow_book *b, int64_t id); /* id: at most one more than n */
/* What the event came to; after a failure ERR_BUG. */
enum err flow_book_do(struct flow_book *b, const struct flow_act *act, struct flow_effects *ret);
/* Do offers add up? */
void flow_book_sums(struct flow_book *b);
uint64_t flow_book_digest(const struct flow_book *b); /* of all that happened, and all tasks */
/* Replay a script in a book of its own; true if all is well, else `why` says what is not. */
bool flow_book_replay(const struct flow_act *v, size_t n, enum book_spoil spoil, struct buf *why,
		      uint64_t *ret_digest);
/* Leave out what a failing script fails without. Changes v; the new length. */
size_t flow_book_shrink(struct flow_act *v, size_t n, enum book_spoil spoil);
#endif
