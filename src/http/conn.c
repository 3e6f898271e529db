/*
 * conn.c - connections and their deadlines.
 *
 * libmicrohttpd can end a connection that pauses, but not one that sends a byte every few seconds
 * for ever. So each connection carries the moment at which its present state must be over, and the
 * reaper shuts the socket of one that is late; libmicrohttpd then finds it ended and clears it up.
 *
 * The thread that owns the connection writes the phase, the reaper reads it: one atomic number. The
 * socket stays open as long as the connection is in the list, so what is shut is never another's.
 */
#include "http/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/ban.h"

enum { REAP_EVERY_MS = 500, NS_PER_MS = 1000000 };

int64_t http_now_ms(const struct http *h)
{
	return clock_ns(&h->o.steady) / NS_PER_MS;
}

void http_conn_enter(struct http_conn *c, enum http_state s, int64_t deadline_ms)
{
	atomic_store_explicit(&c->phase, deadline_ms * 8 + (int64_t)s, memory_order_relaxed);
}

void http_conn_cut(struct http_conn *c, enum http_state why)
{
	http_conn_enter(c, HTTP_CUT, HTTP_NEVER_MS);
	(void)shutdown(c->fd, SHUT_RDWR);
	http_metric_up(c->h->figures.cuts[why], 1);
}

/* ---- coming and going ---- */

static void read_peer(struct http_conn *c, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa && sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		(void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
		c->local = ntohl(in.sin_addr.s_addr) >> 24 == 127;
	} else if (sa && sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, sa, sizeof in);
		(void)inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
		c->local = IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
	}
	memcpy(c->peer, text, min_size(sizeof text, sizeof c->peer - 1));
}

static void came(struct http *h, struct MHD_Connection *mhd, void **ptr)
{
	struct http_conn *c = mem_take(1, sizeof *c);

	*ptr = c;
	if (!c)
		return; /* its requests are answered with "no memory" */
	c->h = h;
	c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	read_peer(c, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
	http_conn_enter(c, HTTP_IDLE, http_now_ms(h) + 1000LL * h->o.header_s);
	pthread_mutex_lock(&h->lock);
	c->next = h->first;
	if (c->next)
		c->next->prev = c;
	h->first = c;
	h->n_conns++;
	pthread_mutex_unlock(&h->lock);
}

static void went(struct http *h, struct http_conn *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&h->lock);
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		h->first = c->next;
	h->n_conns--;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	mem_drop(c);
}

void http_conn_notice(void *arg, struct MHD_Connection *mhd, void **ptr,
		      enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		came(arg, mhd, ptr);
		return;
	}
	went(arg, *ptr);
	*ptr = NULL;
}

/* ---- the reaper ---- */

static void shut_late(struct http *h, bool idle_too)
{
	int64_t now = http_now_ms(h);

	pthread_mutex_lock(&h->lock);
	for (struct http_conn *c = h->first; c; c = c->next) {
		int64_t phase = atomic_load_explicit(&c->phase, memory_order_relaxed);
		enum http_state state = (enum http_state)(phase & 7);

		/* If its own thread just moved it on, it was not late after all. */
		if ((phase / 8 <= now || (idle_too && state == HTTP_IDLE)) &&
		    atomic_compare_exchange_strong(&c->phase, &phase, HTTP_NEVER_MS * 8 + HTTP_CUT))
			http_conn_cut(c, state);
	}
	pthread_mutex_unlock(&h->lock);
}

void http_reap(struct http *h)
{
	shut_late(h, atomic_load(&h->stopping));
	http_hub_reap(h);
	http_log_flush(h);
}

/* The moment `ms` from now, for pthread_cond_timedwait. */
static struct timespec in_ms(int64_t ms)
{
	int64_t ns = clock_ns(&clock_wall) + ms * NS_PER_MS;

	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

static void *reap_for_ever(void *arg)
{
	struct http *h = arg;

	for (;;) {
		struct timespec until = in_ms(REAP_EVERY_MS);
		bool closing;

		pthread_mutex_lock(&h->lock);
		while (!h->closing &&
		       pthread_cond_timedwait(&h->changed, &h->lock, &until) != ETIMEDOUT)
			continue;
		closing = h->closing;
		pthread_mutex_unlock(&h->lock);
		if (closing)
			return NULL;
		http_reap(h);
	}
}

enum err http_reaper_open(struct http *h)
{
	if (h->o.by_hand)
		return OK;
	h->reaping = pthread_create(&h->reaper, NULL, reap_for_ever, h) == 0;
	return h->reaping ? OK : ERR_MEMORY;
}

void http_reaper_close(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	h->closing = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	if (h->reaping)
		pthread_join(h->reaper, NULL);
	h->reaping = false;
}

/* ---- stopping ---- */

bool http_stop(struct http *h, unsigned limit_s)
{
	struct timespec until = in_ms(1000LL * limit_s);
	bool all;

	if (!atomic_exchange(&h->stopping, true))
		http_listen_no_more(h);
	http_hub_close(h);
	shut_late(h, true);
	pthread_mutex_lock(&h->lock);
	while (h->n_conns > 0 && pthread_cond_timedwait(&h->changed, &h->lock, &until) != ETIMEDOUT)
		continue;
	all = h->n_conns == 0;
	pthread_mutex_unlock(&h->lock);
	return all;
}
