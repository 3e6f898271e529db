/*
 * notice_inside.h - what the files of notices share. For src/loop/notice*.c and channel*.c alone.
 */
#ifndef LOOP_NOTICE_INSIDE_H
#define LOOP_NOTICE_INSIDE_H
#include "access/access.h"
#include "base/memory.h"
#include "db/db.h"
#include "engine/flow/flow.h"
#include "loop/notice.h"

enum { NOTICE_GROUP = 200 }; /* rows of the outbox, or fall-backs, in one transaction */

enum notice_channel { NOTICE_MAIL, NOTICE_WEBHOOK, NOTICE_CHANNEL_N };
const char *notice_channel_word(enum notice_channel c); /* "mail", "webhook" */

/* task_notice.told */
enum notice_told {
	NOTICE_WAITS,
	NOTICE_TOLD,
	NOTICE_NOBODY, /* is looked at again, as long as the task is open */
	NOTICE_LATE,   /* nobody, and the task has ended */
	NOTICE_ABOVE   /* nobody but the level above */
};
enum notice_duty { NOTICE_ON_WATCH, NOTICE_IN_CHARGE, NOTICE_MEMBER };

struct notices {
	struct notices_options o;
	struct route *route;
	size_t n_routes;
};

/* ---- people (notice_people.c) ---- */
struct notice_person {
	int64_t home, account;
	struct scope scope;
	bool on_watch, has[NOTICE_CHANNEL_N];
	int64_t officer, substitute; /* whom they are as a duty holder; 0: none */
};
struct notice_party {
	int64_t id;
	struct area_code area;
	size_t n;
	struct notice_person *v; /* those who may do tasks */
};
/* Parties that were looked up in this transaction. */
struct notice_parties {
	struct notices *of;
	struct arena *a;
	struct utc_s now;
	VEC(struct notice_party *) known;
};
void notice_parties_end(struct notice_parties *p); /* for CLEANUP() */
/* An organisation that is gone has no people. */
MUST_CHECK enum err notice_party_of(struct notice_parties *p, struct tx *tx, int64_t id,
				    const struct notice_party **ret, struct fault *f);
/* A party of one account, with its id as 0. */
MUST_CHECK enum err notice_party_one(struct notice_parties *p, struct tx *tx, int64_t account,
				     const struct notice_party **ret, struct fault *f);
/* The account of a duty holder; *ret NULL: there is none. */
MUST_CHECK enum err notice_party_officer(struct notice_parties *p, struct tx *tx, int64_t officer,
					 const struct notice_party **ret_party,
					 const struct notice_person **ret, struct fault *f);

/* ---- telling (notice.c) ---- */
struct notice_new {
	struct area_code county, area;
	int64_t task, key, party, level;
	struct str say, sector;
	bool urgent;
	int64_t hop;
	int64_t not_for; /* an account that did it; 0: none */
	int64_t span;    /* seconds for a confirmation, before the fall-back is told */
};
struct notice_page { /* whose open pages hear of it, after the commit */
	int64_t account, notice;
};
struct notice_telling {
	struct notice_parties parties;
	struct utc_s now;
	VEC(struct notice_page) pages;
	size_t n; /* rows that were looked at */
};
MUST_CHECK enum err notice_telling_begin(struct notices *n, struct utc_s now,
					 struct notice_telling *t);
void notice_telling_end(struct notice_telling *t); /* for CLEANUP() */
/* At the start of its transaction: forget what a run before this one did. */
void notice_telling_again(struct notice_telling *t);
/* Tell those of `who` whose areas reach it. ret_told: people who know it now; ret_new: anew. */
MUST_CHECK enum err notice_tell(struct notice_telling *t, struct tx *tx, const struct notice_new *x,
				const struct notice_party *who, size_t *ret_told, size_t *ret_new,
				struct fault *f);
/* As it is stored. One that is damaged, which fsck finds, must not keep others from being told. */
void notice_task(struct str packed, struct flow_task *ret);
/* The parties above `party` on the task's line, lowest first; how many. */
size_t notice_above(const struct flow_task *t, int64_t party, int64_t ret[FLOW_LEVELS_MAX]);
/* How long a confirmation may take: of a climb the step to the next level, else the accept-by. */
int64_t notice_span(const struct flow_task *t, struct str say);
/* The deadline that a party is told of; 0: none runs. */
int64_t notice_deadline(const struct flow_task *t, int64_t party);
/* The act of a group: fall-backs that are due. `arg` is a struct notice_telling. */
enum err notice_fall_act(struct tx *tx, void *arg, struct fault *f);

/* ---- answering ---- */
/* It was read: what a channel has not said yet, it need not say. */
MUST_CHECK enum err notice_read(struct tx *tx, struct area_code county, int64_t id,
				struct utc_s now, struct fault *f);
/* This one was confirmed by its account, and with it the key for everybody who was told it. */
MUST_CHECK enum err notice_confirm(struct tx *tx, struct area_code county, int64_t id, int64_t task,
				   int64_t key, int64_t account, struct utc_s now, struct fault *f);

/* ---- what channels say (notice_send.c, notice_text.c) ---- */
/* One message to one person. Texts lie in the arena it was taken with. */
struct notice_message {
	enum notice_channel channel;
	int64_t county, id, account;
	int64_t n; /* notices that it tells of */
	unsigned tries;
	bool urgent, english;
	struct str to; /* a mail address, or a telephone number; empty: neither is needed */
	struct str subject, text;
	struct str kind, area, deadline, link; /* of the first of them */
	int64_t task;
};
/*
 * Take the next message that is due, tried once more from now on. If nobody says how it went it is
 * due again `lease_s` and a pause later. *ret_any false: nothing is due.
 */
MUST_CHECK enum err notice_take(struct notices *n, enum notice_channel c, struct utc_s now,
				int64_t lease_s, struct arena *a, struct notice_message *ret,
				bool *ret_any, struct fault *f);
/* How it went. `why`: a word, "timeout"; NULL: it was taken. */
MUST_CHECK enum err notice_sent(struct notices *n, const struct notice_message *m, const char *why,
				struct utc_s now, struct fault *f);
/* Until a try after this many: growing, two hours at most. */
int64_t notice_pause(unsigned tries);
/* When the quiet hours that hold `now` end; 0: they do not. Minutes of the day, -1: none. */
int64_t notice_quiet_end(const struct zone *z, struct utc_s now, int64_t from, int64_t to);

struct notice_line { /* what a message says of one notice */
	int64_t task;
	struct area_code area;
	struct str say, kind;
	bool urgent;
	int64_t deadline; /* 0: none */
};
enum { NOTICE_LINES_MAX = 5 };
/* Fill in the texts of a message that tells of `n` notices, these first. */
MUST_CHECK enum err notice_text(const struct notices *n, struct tx *tx,
				const struct notice_line *line, size_t n_lines, struct utc_s now,
				struct arena *a, struct notice_message *m, struct fault *f);

/* ---- over HTTP ---- */
extern const struct route notice_own_rows[], notice_board_rows[];
extern const size_t notice_own_rows_n, notice_board_rows_n;
void notice_say_json(struct json *j, struct str say); /* {word, zh, en} */
void notice_area_json(struct json *j, struct area_code a);
void notice_time_json(struct call *c, const char *key, struct rows *r, size_t column);
/* What stands behind the question mark: a number, or `preset`. */
MUST_CHECK enum err notice_query(const struct call *c, const char *name, int64_t preset,
				 int64_t *ret, struct fault *f);
#endif
