/*
 * stream.h - server-sent events: replies that stay open, and what is told to them.
 *
 * A handler opens a stream instead of filling a body. From then on every event that is published,
 * by any thread, is offered to the stream's `wants`, and sent if it says yes. An event is a hint
 * that something changed ("task", area 430802...), not the thing: who gets it asks for the thing
 * by an ordinary request, which is checked as every other. The first event of every stream is
 * "hello": whoever sees it again after a break loads anew, so nothing has to be kept for replay.
 *
 * Life:     http_stream_open() in a handler, then http's. It ends when the client goes, does not
 *           read, http_stream_close_if() says so, or the server stops.
 * Shapes:   at most streams_max streams; each holds stream_events_max events not yet sent. One more
 *           and it is cut: better a client that reloads than one that missed something.
 * Memory:   an event is copied once, however many streams hold it.
 * Threads:  http_publish and http_stream_close_if from any. `wants` is called under a lock: it
 *           computes, and calls nothing of http.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H
#include "http/http.h"

struct http_event {
	struct str kind; /* a-z 0-9 . - _ */
	int64_t key;     /* for `wants` alone, not sent: the area, say */
	struct str data; /* UTF-8 without control bytes: one line, mostly JSON */
	uint64_t need;   /* for `wants` alone, as key: a capability's bit, say */
};

struct http_audience {
	bool (*wants)(void *arg, const struct http_event *ev); /* NULL: everything */
	void (*end)(void *arg);                                /* once; may be NULL */
	void *arg;
};
/* Make the reply a stream. ERR_BUSY if there are streams_max already, and `end` was called. */
MUST_CHECK enum err http_stream_open(struct http_reply *rp, struct http_audience to,
				     struct fault *f);
/* ERR_MEMORY: nobody got it. A stream without room is cut, and that is no error. */
MUST_CHECK enum err http_publish(struct http *h, const struct http_event *ev);
/* End every stream whose audience `over` says yes to: a session was closed, a right withdrawn. */
void http_stream_close_if(struct http *h, bool (*over)(void *audience_arg, void *arg), void *arg);
size_t http_streams(struct http *h);
#endif
