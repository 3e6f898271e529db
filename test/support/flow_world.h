/*
 * flow_world.h - virtual months of a province at work on tasks, from a seed.
 *
 * A tree of parties, each keen, slow or never there, raises tasks, accepts, proves, checks, passes
 * on. One server keeps them in a book (flow_book.h) and asks for what is due by its clock. Each
 * seed switches on a random subset of faults: crashes between commit and notice, doubled notices
 * and events, events up to three days late, parties that leave or merge, clocks that jump by up to
 * a year either way, bursts of a hundred tasks, databases that only read, areas that are handed
 * from one party to another, and mischief. Then the faults stop, and every task must reach `closed`
 * or the highest level.
 *
 * A party has two people, and the second of each fourth one is the second of party 1 as well: a
 * person with two accounts, as the server knows from what accounts say.
 *
 * Units:    true time runs on; the server's clock is true time and an offset that jumps.
 */
#ifndef TEST_SUPPORT_FLOW_WORLD_H
#define TEST_SUPPORT_FLOW_WORLD_H
#include "base/dice.h"
#include "support/flow_book.h"

enum world_fault {
	WORLD_CRASH = 1,
	WORLD_DOUBLE = 2,
	WORLD_DELAY = 4,
	WORLD_LEAVE = 8,
	WORLD_MERGE = 16,
	WORLD_JUMP = 32,
	WORLD_BURST = 64,
	WORLD_READ_ONLY = 128,
	WORLD_MISCHIEF = 256,
	WORLD_HAND_OVER = 512,
	WORLD_FAULTS = 1023
};

/* How long it runs with faults, and then without. */
enum { WORLD_DAYS = 183, WORLD_QUIET_DAYS = 60 };

struct flow_world_seen {
	uint64_t worlds, days, crashes, doubled, delayed, left, merged, jumps, bursts, read_only,
		mischief, handed, two_accounts, ticks;
	int64_t lag_s_max; /* of the clock behind what was due, while nothing disturbed it */
	struct book_seen book;
};

/* One world. False if something did not hold: then the book says what, with its script. */
bool flow_world_run(uint64_t seed, struct flow_book *b, struct flow_world_seen *seen);
#endif
