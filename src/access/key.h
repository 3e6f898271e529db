/*
 * key.h - API keys: an agency's program, with its own capabilities and areas, until a day.
 *
 * A key is told once, when it is made; what is stored opens nothing. It can never do what is for
 * people alone (sessions, accounts, grants), and never more than whoever made it reaches.
 *
 * Errors:   ERR_LOGIN no such key, or past its day; ERR_ABSENT; ERR_RANGE what no key may hold.
 */
#ifndef ACCESS_KEY_H
#define ACCESS_KEY_H
#include "access/bearer.h"
#include "access/who.h"
#include "base/memory.h"
#include "db/db.h"

enum { KEY_LIFE_S_MAX = 366 * 24 * 3600, KEY_AGENCY_BYTES_MAX = 120 };

struct key {
	int64_t id;
	struct area_code area; /* where it belongs: who administers that area administers it */
	struct str agency;
	uint64_t capabilities;
	struct scope scope;
	struct utc_s made_at, ends_at;
	int64_t made_by;
};

/* Pure. Of the capabilities, those a key may hold; of the words, all or ERR_RANGE. */
bool key_may_hold(enum capability c);
enum { KEY_CAPABILITIES_BYTES = CAP_N * 24 };
size_t key_capabilities_text(uint64_t capabilities, char ret[KEY_CAPABILITIES_BYTES]);

MUST_CHECK enum err key_find(struct tx *tx, const struct bearer *b, struct utc_s now,
			     struct arena *a, struct who *ret, struct fault *f);
MUST_CHECK enum err key_at(struct tx *tx, int64_t id, struct arena *a, struct key *ret,
			   struct fault *f);
/* Those that belong to a subtree, newest first; called with each. */
MUST_CHECK enum err key_each(struct tx *tx, struct area_code in, struct arena *a,
			     void (*each)(const struct key *k, void *arg), void *arg,
			     struct fault *f);
MUST_CHECK enum err key_make(struct tx *tx, const struct key *k, const struct bearer *b,
			     struct fault *f);
MUST_CHECK enum err key_withdraw(struct tx *tx, int64_t id, struct fault *f);

#endif
