/*
 * channel_inside.h - what the channels share. For src/loop/channel*.c and their test alone.
 */
#ifndef LOOP_CHANNEL_INSIDE_H
#define LOOP_CHANNEL_INSIDE_H
#include <curl/curl.h>
#include <pthread.h>

#include "loop/channel.h"
#include "loop/notice_inside.h"
#include "loop/template.h"

enum { CHANNEL_THREADS_MAX = 16, CHANNEL_ARENA = 1 << 20 };

struct channel_worker {
	struct channels *of;
	enum notice_channel channel;
	CURL *easy; /* keeps its connection from one message to the next */
	struct arena *a;
	pthread_t thread;
	bool begun;
};
struct channels {
	struct channel_options o;
	struct arena *texts; /* of the options */
	struct notices *notices;
	char *user, *password; /* NULL: none */
	char *secret;
	size_t n_secret;
	struct template *template;
	struct channel_worker worker[CHANNEL_THREADS_MAX];
	size_t n_workers;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	uint64_t wakes;
	bool stop;
	uint64_t told, failed;
};

/* One try. NULL: the other side has taken it; else a word for why not. */
const char *channel_smtp(struct channel_worker *w, const struct notice_message *m,
			 struct utc_s now);
const char *channel_webhook(struct channel_worker *w, const struct notice_message *m);
/* What every try has in common: time, trust, no proxy, no redirect. */
void channel_prepare(struct channel_worker *w, const char *url, const char *protocols);
const char *channel_why(CURLcode code); /* NULL for CURLE_OK */
/* The whole message as it goes over the wire, lines ended by CRLF. */
void channel_mail(const char *from, const struct notice_message *m, struct utc_s now,
		  struct buf *out);
/* Take one message that is due and try it. *ret_any false: there was none. */
MUST_CHECK enum err channel_step(struct channel_worker *w, struct utc_s now, bool *ret_any,
				 struct fault *f);
MUST_CHECK enum err channel_worker_begin(struct channel_worker *w, struct channels *of,
					 enum notice_channel c);
void channel_worker_end(struct channel_worker *w);
#endif
