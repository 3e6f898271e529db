/*
 * http.h - the server's front: it turns bytes on sockets into requests, and replies into bytes.
 *
 * Transport only. It knows nothing of accounts, roles, areas or SQL: a room above hands in two
 * functions. `begin` runs when a request's headers are there and before its body is read: it finds
 * the route, decides who may, and says how large the body may be. `handler` runs once, with the
 * body. Either answers by filling the reply and returning OK, or refuses by returning an error, of
 * which http makes the reply itself: {code, message_zh, message_en, field, where} (http_refuse).
 *
 * Life:     http_open() ... http_stop() (nothing new; what runs may finish) ... http_close().
 *           A request and all its views live until its reply has been sent.
 * Shapes:   one thread and one epoll set per `threads`; a request that may wait (see http_plan) is
 *           put aside to one of `workers`, so that waiting for a disk holds up nobody else.
 * Units:    bytes; seconds, counted by options.clock; per connection and per request as named.
 * Memory:   each request has an arena of request_bytes_max and a body of at most its plan's; all
 *           bodies and arenas together stay under memory_bytes_max, else 503 with Retry-After.
 * Threads:  begin and handler are called from many threads at once, never twice for one request.
 *           All functions on a request belong to the call that was given it.
 * Errors:   http_open: ERR_USAGE plain HTTP beyond loopback, or a wrong address; ERR_IO the port is
 *           taken; ERR_SYNTAX a certificate that cannot be read; ERR_MEMORY.
 * Source:   RFC 9110, 9112, 6265; docs/adr/0008-http.md
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H
#include "base/base.h"
#include "base/dice.h"
#include "base/memory.h"
#include "base/text.h"

struct http;
struct http_exchange;
struct http_metrics;

/* HEAD comes as HTTP_GET with `head` set; http sends no body then. What is not here gets a 501. */
enum http_method {
	HTTP_GET,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_N
};
const char *http_method_word(enum http_method m);

struct http_pair {
	struct str name, value; /* decoded, valid UTF-8 without control bytes */
};

struct http_request {
	enum http_method method;
	bool head;
	bool tls;                      /* the bytes were protected on the way to us */
	struct str path;               /* decoded; begins with '/', UTF-8, no NUL, no "." or ".." */
	const struct http_pair *query; /* in order; no name twice */
	size_t n_query;
	struct str body;     /* empty in `begin` */
	struct str peer;     /* address of the caller, without the port */
	struct str id;       /* names this request in the log and in the Request-Id header */
	struct arena *arena; /* gone when the reply has been sent */
	void *kept;          /* `begin` may leave something here for `handler` */
	const char *route;   /* set it: the pattern that matched, for the log; static storage */
	struct http_exchange *exchange;
};
/* {NULL, 0} if it is not there. A header or cookie that came twice counts as not there, except
 * those that must not come twice: these were refused before anybody was asked. */
struct str http_header(const struct http_request *rq, const char *name);
struct str http_cookie(const struct http_request *rq, const char *name);
struct str http_query(const struct http_request *rq, const char *name);
/* name=value&... ('+' is a blank); no name twice, none empty. Pure; ERR_SYNTAX, ERR_ENCODING. */
MUST_CHECK enum err http_parse_query(struct str raw, struct arena *a, const struct http_pair **ret,
				     size_t *ret_n);
/*
 * OK if a browser sent this from our own pages, or it was no browser: no Origin, or one that equals
 * the Host. Else ERR_ORIGIN. Ask before a write that a cookie vouches for.
 */
MUST_CHECK enum err http_same_origin(const struct http_request *rq, struct fault *f);

enum http_cache {
	HTTP_CACHE_NONE,   /* no-store: whatever is not public */
	HTTP_CACHE_CHECK,  /* may be kept, must be asked about each time (by its ETag) */
	HTTP_CACHE_FOREVER /* a name that changes with its content */
};

struct http_reply {
	int status;       /* 200 unless set */
	const char *type; /* NULL: application/json; static storage */
	enum http_cache cache;
	struct buf body; /* http releases it */
	bool names;      /* by http_names */
	struct http_exchange *exchange;
};
/*
 * The body will hold names of people: it and what was asked are wiped once the reply was sent. Ask
 * for all the room it needs before the first byte: a block that grows leaves copies behind.
 */
MUST_CHECK enum err http_names(struct http_reply *rp, size_t room);
/* Each may be called once a reply; values are copied. They fail with ERR_MEMORY only. */
MUST_CHECK enum err http_location(struct http_reply *rp, struct str url);
MUST_CHECK enum err http_retry_after(struct http_reply *rp, unsigned s);
/* Without quotes. If the request names it (If-None-Match), 304 is sent and no body. */
MUST_CHECK enum err http_etag(struct http_reply *rp, struct str tag);
/* Offer the body as a file of this name. */
MUST_CHECK enum err http_download(struct http_reply *rp, struct str file_name);
/* HttpOnly, SameSite=Strict, Path=/, Secure with TLS; max_age_s 0 removes it. Two at most. */
MUST_CHECK enum err http_set_cookie(struct http_reply *rp, const char *name, struct str value,
				    unsigned max_age_s);
/* Forget what was said so far: an act that is run again begins its answer anew. */
void http_clear(struct http_reply *rp);
/* "Outpost-Receipt": what proves later that this was done. */
MUST_CHECK enum err http_receipt(struct http_reply *rp, struct str text);
/* 405 or OPTIONS: which methods there are, a bit (1u << enum http_method) each. */
MUST_CHECK enum err http_allow(struct http_reply *rp, unsigned methods);

/*
 * A body made while it is sent: `more` appends the next piece to `out` and sets *ret_end with the
 * last. An error cuts the connection, so that the client cannot take a part for the whole. `end` is
 * called once, also if the client goes away.
 */
struct http_source {
	enum err (*more)(void *arg, struct buf *out, bool *ret_end);
	void (*end)(void *arg);
	void *arg;
};
void http_body_from(struct http_reply *rp, struct http_source source);

/* Fill the reply from an error: status, JSON, Retry-After if it helps. Same error, same bytes. */
void http_refuse(struct http_reply *rp, enum err e, const struct fault *f);

/* What `begin` decides besides yes or no. */
struct http_plan {
	size_t body_bytes_max; /* 0: a request with a body is refused */
	bool aside;            /* it may wait: run it on a worker; preset for all but GET */
};
typedef enum err http_begin(void *arg, struct http_request *rq, struct http_plan *plan,
			    struct http_reply *rp, struct fault *f);
typedef enum err http_handler(void *arg, struct http_request *rq, struct http_reply *rp,
			      struct fault *f);

struct http_options {
	const char *listen;           /* "127.0.0.1:0", "[::1]:8080", "0.0.0.0:8443" */
	struct str tls_cert, tls_key; /* PEM, both or neither; without them loopback only */
	const char *const *names;     /* Host names besides loopback's; NULL-ended, or NULL */
	bool behind_proxy;            /* believe X-Forwarded-For and -Proto of a loopback peer */

	size_t header_bytes_max, body_bytes_max, request_bytes_max, memory_bytes_max;
	unsigned connections_max, per_address_max;  /* 0: no limit per address, as behind a proxy */
	unsigned header_s, body_s, reply_s, idle_s; /* total times, not pauses */
	unsigned streams_max, stream_events_max, heartbeat_s;
	unsigned threads, workers, waiting_max; /* waiting_max: put aside, not yet taken up */

	struct clock steady, wall;    /* limits by the first, the log by the second */
	struct http_metrics *metrics; /* where to count; NULL: nowhere */
	bool by_hand;                 /* no reaper thread: the caller calls http_reap() (tests) */
	/* Whole lines of JSON, from any thread but one at a time; NULL: standard error. */
	void (*log)(void *arg, struct str lines);
	void *log_arg;

	http_begin *begin; /* may be NULL: no bodies, everything goes to the handler */
	http_handler *handler;
	void *arg;
};
struct http_options http_defaults(void);

MUST_CHECK enum err http_open(const struct http_options *o, struct http **ret, struct fault *f);
uint16_t http_port(const struct http *h);
/* "http://127.0.0.1:8080" or "https://...": what to type into a browser. Lives as long as h. */
const char *http_url(const struct http *h);
/*
 * With TLS: connections from now on are shown this certificate; those under way keep theirs.
 * ERR_SYNTAX: it is none, or not of that key, and nothing has changed. Any thread but two at once.
 */
MUST_CHECK enum err http_certificate(struct http *h, struct str cert, struct str key,
				     struct fault *f);
/* Look once for connections that are over their time, heartbeats that are due, and log lines. */
void http_reap(struct http *h);
/* No new connections; streams end; wait up to limit_s for what runs. True if all had finished. */
bool http_stop(struct http *h, unsigned limit_s);
void http_close(struct http *h); /* NULL is fine; cuts what is left */
void http_end(struct http **h);  /* for CLEANUP() */
#endif
