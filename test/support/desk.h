/*
 * desk.h - a whole server in the test's process: database, dispatcher, http, and a clock that the
 * test owns. People sign in at it as a browser would.
 *
 *     struct desk k = { 0 };
 *     desk_open(&k, d, &toys, 1);
 *     desk_account(&k, "lead", role_bit(ROLE_AREA_LEAD), "430802");
 *     desk_sign_in(&k, "lead", &v);
 *     desk_ask(&k, &v, "GET", "/api/v1/session", NULL, NULL, &a);
 *
 * Faults of the desk itself are assertions of cmocka.
 */
#ifndef TEST_SUPPORT_DESK_H
#define TEST_SUPPORT_DESK_H
#include "access/access.h"
#include "access/account.h"
#include "access/dispatch.h"
#include "access/key.h"
#include "support/client.h"
#include "support/database.h"

#define DESK_PASSWORD "horse-staple-42"

struct desk {
	struct database *d;
	struct policy_choice choice; /* change before desk_open() */
	struct policy *policy;
	struct routes *routes;
	struct dispatch *dispatch;
	struct http *http;
	uint16_t port;
	struct arena *arena;
	struct zone *zone;
	int64_t now;      /* seconds; moved by desk_pass() */
	int64_t key[2];   /* the API key made last, without areas and with them */
	uint64_t fail_at; /* let this allocation of the next request's handling fail; 0: none */
	bool fail_on;     /* and all after it */
	void (*strike)(uint64_t k,
		       bool on); /* something else than an allocation of ours; or NULL */
	bool guest;              /* at somebody else's server: desk_join() */
};

/* Whoever sends requests: headers that come with each of them, "" for a stranger. */
struct visitor {
	char headers[512];
};

void desk_open(struct desk *k, struct database *d, const struct route_list *more, size_t n_more);
/* The same at a server that stands already, with its routes; it must outlive the desk. */
void desk_join(struct desk *k, struct database *d, struct routes *routes, uint16_t port);
/* A door of its own to a dispatcher that stands already: what comes in by it fails as k says. */
void desk_beside(struct desk *k, struct dispatch *dispatch, struct clock wall);
struct clock desk_clock(struct desk *k); /* k->now; needs no open desk */
void desk_close(struct desk *k);         /* for CLEANUP() */
void desk_pass(struct desk *k, int64_t s);

/* An account that may sign in with DESK_PASSWORD; its number. */
int64_t desk_account(struct desk *k, const char *login, uint32_t roles, const char *areas);
/* The same, kept in this area. */
int64_t desk_account_in(struct desk *k, const char *login, uint32_t roles, const char *areas,
			const char *home);
void desk_sign_in(struct desk *k, const char *login, struct visitor *ret);
/* An API key, kept in 430802 or elsewhere; its number. */
int64_t desk_key(struct desk *k, uint64_t capabilities, const char *areas, struct visitor *ret);
int64_t desk_key_in(struct desk *k, uint64_t capabilities, const char *areas, struct area_code home,
		    struct visitor *ret);

/* `headers` come besides the visitor's, each ended by CRLF; NULL for none. */
void desk_ask(const struct desk *k, const struct visitor *v, const char *method, const char *target,
	      const char *headers, const char *body, struct answer *ret);
/* The status alone. */
int desk_status(const struct desk *k, const struct visitor *v, const char *method,
		const char *target, const char *body);

/* How many entries the ledger has with this action, over all counties asked. */
size_t desk_entries(const struct desk *k, const char *county, const char *action);
/* The text of a key in the JSON of an answer, or "". One at a time. */
const char *desk_json(const struct desk *k, const struct answer *a, const char *key);
#endif
