/*
 * dispatch.h - the one way through: what http calls for every request.
 *
 * begin:   the path finds its row; the row says how large a body may be. A stranger is turned away
 *          before a large one is read.
 * handle:  who is asking (a session's cookie, an API key); may they (capability); `before`, without
 *          a transaction; then in one transaction: who and may once more, the retry of a request
 *          that was answered already, the handler, and what it owed: areas asked about, an entry
 *          in the ledger. After the commit: what was shown or denied is recorded, then the reply
 *          leaves.
 *
 * Life:     dispatch_new; dispatch_begin and _handle as http's functions with it as argument;
 *           dispatch_tick once a minute; dispatch_end when http has stopped.
 * Threads:  begin and handle from many.
 * Errors:   what reaches http is an error and its fault. There is no such thing and it is not yours
 *           are one error without a fault: the same bytes, after the same work.
 */
#ifndef ACCESS_DISPATCH_H
#define ACCESS_DISPATCH_H
#include "access/policy.h"
#include "access/route.h"
#include "base/area.h"
#include "base/dice.h"
#include "base/json.h"
#include "base/when.h"
#include "db/db.h"
#include "http/http.h"

struct ledger_entry;

#define DISPATCH_COOKIE "outpost"

struct dispatch_options {
	struct db *db;
	const struct routes *routes;
	struct policy *policy;
	struct clock clock;      /* the wall's */
	const struct zone *zone; /* of the times that are told */
	void *house;             /* handed to handlers as call->house */
	/* A GET that no row answers and that is not below /api: a page. NULL: there are none. */
	http_handler *page;
	void *page_arg;
	/* Name an area where a session is shown, into an open JSON map. NULL: by number alone. */
	enum err (*area_tell)(void *house, struct tx *tx, struct area_code a, struct json *j,
			      struct fault *f);
	/*
	 * What was just committed, as the ledger has it, and where: the area that was asked about,
	 * or the county of the entry. Whoever lists such things may look; of a look nobody is told.
	 */
	void (*acted)(void *house, const struct ledger_entry *act, struct area_code area);
};

struct dispatch;
MUST_CHECK enum err dispatch_new(const struct dispatch_options *o, struct dispatch **ret);
void dispatch_end(struct dispatch **d); /* for CLEANUP() */

enum err dispatch_begin(void *dispatch, struct http_request *rq, struct http_plan *plan,
			struct http_reply *rp, struct fault *f);
enum err dispatch_handle(void *dispatch, struct http_request *rq, struct http_reply *rp,
			 struct fault *f);
/* Drop sessions, failures and kept replies that are over. */
MUST_CHECK enum err dispatch_tick(struct dispatch *d, struct fault *f);

/* The routes of this room. */
extern const struct route_list dispatch_routes_session;
extern const struct route_list dispatch_routes_self;
extern const struct route_list dispatch_routes_filter;
extern const struct route_list dispatch_routes_account;
extern const struct route_list dispatch_routes_key;

#endif
