/*
 * deeds.h - each act of the loop as one request in a ward that may fail: raised, accepted, pushed
 * on and answered, proved, in bulk, with a file, as a campaign, as a signal from its forming to its
 * feedback; and what is stored by then, as numbers that can be compared.
 *
 *     deeds_prepare(&w, i, &ask);          what the act needs is there
 *     before = deeds_stored(&w);
 *     status = deeds_ask(&w, i, &ask);
 *     after = deeds_stored(&w);
 */
#ifndef TEST_SUPPORT_DEEDS_H
#define TEST_SUPPORT_DEEDS_H
#include "support/ward.h"

enum { DEEDS_TABLES = 22 };

struct deed {
	const char *name;
	enum ward_who who;
	int status;
};
extern const struct deed deeds[];
extern const size_t deeds_n;

struct deeds_request {
	char target[160], key[40], more[40]; /* `more`: a header that ends with CRLF, or "" */
	const char *method;                  /* NULL: POST */
	const char *type;                    /* NULL: JSON */
	struct buf body;
};
void deeds_request_release(struct deeds_request *rq);
/* Everything but the act itself; by other requests, which must not fail. */
void deeds_prepare(struct ward *w, size_t i, struct deeds_request *ret);
/* The status, 0 if no whole answer came. It takes no memory of ours but in the server. */
int deeds_ask(struct ward *w, size_t i, const struct deeds_request *rq);
/* The same by anybody, with the answer. */
int deeds_ask_as(struct ward *w, enum ward_who who, const struct deeds_request *rq,
		 struct answer *ret);

/* Rows, and of tasks, campaigns and counts their sums. */
struct deeds_stored {
	int64_t v[DEEDS_TABLES];
};
struct deeds_stored deeds_stored(struct ward *w);
/* What changed from one to the other; and is it this? On a difference `ret` says where. */
struct deeds_stored deeds_did(const struct deeds_stored *a, const struct deeds_stored *b);
bool deeds_same(const struct deeds_stored *a, const struct deeds_stored *b, char ret[80]);
#endif
