/*
 * serve.h - the house at work: what begins, in which order, and how it ends.
 *
 * Life:     serve_open (everything is ready, the port is open) -> serve_tick each second ->
 *           serve_close: no new requests, those under way finish, the last head is signed.
 * Threads:  http's and the database's run inside; open, tick and close belong to one thread.
 * Errors:   what the rooms say; what was begun is ended again.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H
#include "access/dispatch.h"
#include "epidemic/epidemic.h"
#include "http/http.h"
#include "http/metric.h"
#include "intake/intake.h"
#include "ledger/heads.h"
#include "record/record.h"
#include "serve/house.h"
#include "look/look.h"
#include "trail/expiry.h"
#include "vault/vault.h"

struct channels;
struct notices;

struct serve {
	struct epidemic_house rooms; /* first: handlers of that room look for it there */
	struct house *house;         /* borrowed */
	struct clock wall;           /* the book borrows it */
	struct record_book *book;
	struct intake *intake;
	struct routes *routes;
	struct policy *policy;
	struct dispatch *dispatch;
	struct vault *vault;
	struct trail *trail;
	struct expiry_clock expiry;
	struct clock steady;
	char trail_path[PATH_MAX], days_path[PATH_MAX]; /* the trail borrows both */
	struct evidence_store evidence;
	char exhibits_path[PATH_MAX];
	unsigned swept_folder; /* of exhibits: the next one */
	struct look *look;
	bool vault_sealed; /* it did not answer the last time it was asked */
	struct heads *heads;
	char scratch_path[PATH_MAX]; /* the book borrows it */
	char heads_path[PATH_MAX];   /* heads borrows both */
	const char *copies[CONFIG_LIST_MAX];
	struct notices *notices;
	struct channels *channels;
	void (*log)(void *arg, struct str lines); /* NULL: to standard error */
	void *log_arg;
	struct http_metrics *metrics;
	struct http *http;
	uint64_t certificate; /* digest of the two PEM files that are in use; 0: no TLS */
	int64_t swept_s;      /* when what is over was dropped last */
	bool heads_broken;
};

struct serve_options {
	const char *listen; /* NULL: as the settings say */
	const char *trace;  /* "engine" or "sql"; NULL: as the settings say */
	struct clock wall, steady;
	const char *program; /* the one that is run, which reads pictures; NULL: none are taken */
	void (*log)(void *arg, struct str lines); /* NULL: to standard error */
	void *log_arg;
};
MUST_CHECK enum err serve_open(struct house *h, const struct serve_options *o, struct serve **ret,
			       struct fault *f);
/* What is due by the clock: a head of the ledger, sessions that are over. */
MUST_CHECK enum err serve_tick(struct serve *s, struct utc_s now, struct fault *f);
/*
 * Take up the certificate in tls/ if it is another than the one in use; once a minute, and at once
 * when somebody asks for it (SIGHUP). *ret (may be NULL): it was. An error changes nothing.
 */
MUST_CHECK enum err serve_certificate(struct serve *s, bool *ret, struct fault *f);
void serve_close(struct serve **s); /* for CLEANUP() */

/*
 * Everything short of a port: nouns, statements, routes, held against the live schema. What
 * `outpost check` does.
 */
MUST_CHECK enum err serve_check(struct house *h, struct fault *f);

extern const struct route_list serve_routes;        /* serve_http.c */
extern const struct route_list serve_expiry_routes; /* expiry_http.c */
#endif
