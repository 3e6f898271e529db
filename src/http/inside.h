/*
 * inside.h - private to this room: what a server, a connection and an exchange are made of.
 *
 * A connection is one socket; an exchange is one request on it and its reply. libmicrohttpd calls
 * us for both from the one thread that owns the connection; the reaper, a worker and a publisher
 * are other threads, and this is all they touch:
 *
 *   reaper     the list of connections under `lock`, and of each the atomic `phase` and the socket
 *   worker     an exchange that was put aside, until it resumes the connection
 *   publisher  streams, under `hub.lock`; a stream's connection only while it is not NULL
 *
 * No lock is taken while another of ours is held.
 */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"
#include "http/metric.h"
#include "http/stream.h"

enum {
	HTTP_PEER_BYTES = 48,
	HTTP_HEADERS_MAX = 10,
	HTTP_SPARE_MAX = 64,             /* arenas kept for the next request */
	HTTP_SPARE_BYTES = 256 << 10,    /* none that grew larger than this */
	HTTP_SWALLOW_BYTES = 1 << 20,    /* of a refused body read so that the refusal arrives */
	HTTP_SLOWEST_BYTES_S = 16 << 10, /* a body or reply gets a second more for each of these */
	HTTP_LOG_BYTES = 16 << 10
};

/* ---- connections ---- */

enum http_state {
	HTTP_IDLE,   /* between requests, or fresh */
	HTTP_HEADER, /* a request line came */
	HTTP_BODY,
	HTTP_WORK, /* ours to answer: no time runs against the client */
	HTTP_REPLY,
	HTTP_STREAM, /* its time runs while something waits to be sent */
	HTTP_CUT,
	HTTP_STATE_N
};

struct http_conn {
	struct http *h;
	struct http_conn *next, *prev;
	int fd;
	bool local, used;      /* the peer is this machine; a request line came */
	_Atomic int64_t phase; /* deadline in ms, times 8, plus the state */
	char peer[HTTP_PEER_BYTES];
};
#define HTTP_NEVER_MS (INT64_MAX / 16)

void http_conn_enter(struct http_conn *c, enum http_state s, int64_t deadline_ms);
void http_conn_cut(struct http_conn *c, enum http_state why);
int64_t http_now_ms(const struct http *h);

/* ---- exchanges ---- */

enum http_step {
	HTTP_STEP_NEW,     /* headers are coming */
	HTTP_STEP_BODY,    /* a body is coming */
	HTTP_STEP_SWALLOW, /* the reply is ready, a body is still coming */
	HTTP_STEP_AWAY,    /* a worker has it */
	HTTP_STEP_READY,   /* the reply is ready */
	HTTP_STEP_SENT     /* given to libmicrohttpd */
};

struct http_line {
	const char *name;
	struct str value; /* NUL-ended, in the arena */
};

struct http_exchange {
	struct http *h;
	struct http_conn *conn;
	struct MHD_Connection *mhd;
	struct http_exchange *next; /* in the queue of what was put aside */
	enum http_step step;
	struct http_request rq;
	struct http_reply rp;
	struct http_plan plan;
	struct buf body;
	size_t swallowed, counted; /* bytes counted against memory_bytes_max */
	int64_t start_ns;
	struct str query_raw;
	char id[17];

	/* the reply besides rp */
	struct http_line line[HTTP_HEADERS_MAX];
	size_t n_lines;
	struct str etag;
	struct str fixed; /* a body that outlives the server */
	struct http_source source;
	struct buf piece;  /* of the source: what it last made, and */
	size_t piece_sent; /* how much of that is sent */
	bool source_ended;
	struct http_stream *stream;
	enum err refused; /* why, for the log; OK if it was not */
	char why[160];    /* of ours only: what the operator should look for */
	size_t sent;      /* bytes of the body */
};

/* The first of its name; {NULL, 0} if there is none. */
struct str http_look_up(const struct http_exchange *ex, const char *name);
enum err http_line_add(struct http_exchange *ex, const char *name, struct str value) MUST_CHECK;
/* Decide everything that can be decided from the headers. */
enum err http_head_read(struct http_exchange *ex, const char *url, const char *method,
			struct fault *f) MUST_CHECK;
bool http_count(struct http_exchange *ex, size_t bytes); /* false: over memory_bytes_max */
void http_exchange_run(struct http_exchange *ex);        /* the handler, and what it refused */
void http_exchange_free(struct http_exchange *ex);
void http_arena_back(struct http_exchange *ex); /* nobody needs it any more */
enum MHD_Result http_exchange_send(struct http_exchange *ex);
struct MHD_Response *http_reply_poor(const struct http *h);

/* ---- put aside ---- */

struct http_aside {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct http_exchange *first, **last;
	unsigned n_waiting, n_busy, n_threads;
	pthread_t *thread;
	bool closing;
};
MUST_CHECK enum err http_aside_open(struct http *h);
void http_aside_close(struct http *h);         /* what waits is refused */
bool http_aside_put(struct http_exchange *ex); /* false: full; nothing was done */

/* ---- streams ---- */

struct http_hub {
	pthread_mutex_t lock;
	struct http_stream *first;
	unsigned n;
	bool closing;
};
struct MHD_Response *http_stream_response(struct http_exchange *ex);
void http_stream_gone(struct http_stream *s); /* its connection is going */
void http_hub_reap(struct http *h);
void http_hub_close(struct http *h);

/* ---- TLS ---- */

void *http_tls_show(void); /* the function that libmicrohttpd asks */
void http_tls_end(struct http *h);

/* ---- the server ---- */

struct http_figures {
	struct http_metric *replies[6]; /* by status / 100 */
	struct http_metric *took, *cuts[HTTP_STATE_N], *full, *events, *bytes;
	struct http_in_state {
		struct http *h;
		enum http_state state;
	} in_state[HTTP_STATE_N];
};

struct http {
	struct http_options o;
	struct MHD_Daemon *daemon;
	struct MHD_Response *poor; /* the reply when there is no memory for another */
	char url[80];
	uint16_t port;
	bool loopback;
	int listen_fd;                      /* the daemon closes it, if there is one */
	_Atomic(struct http_shown *) shown; /* the newest; NULL without TLS */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a connection went, or the server closes */
	struct http_conn *first;
	unsigned n_conns;
	pthread_t reaper;
	bool reaping, closing;
	atomic_bool stopping;
	atomic_size_t memory;
	atomic_uint_fast64_t next_id;
	pthread_mutex_t spare_lock;
	struct arena *spare[HTTP_SPARE_MAX];
	unsigned n_spare;
	struct http_aside aside;
	struct http_hub hub;
	struct http_figures figures;
	pthread_mutex_t log_lock;
	struct buf log;
	char log_time[64]; /* of log_second */
	int64_t log_second;
};

/* ---- listening, figures, log ---- */

MUST_CHECK enum err http_listen(struct http *h, struct fault *f);
void http_listen_no_more(struct http *h);
MUST_CHECK enum err http_figures_add(struct http *h, struct fault *f);
void http_log_exchange(struct http_exchange *ex, bool whole);
void http_log_flush(struct http *h);
#endif
