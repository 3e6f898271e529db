/* server.c - a server is opened and closed; what happens in between is in exchange.c, conn.c. */
#include <string.h>
#include <unistd.h>

#include "http/conn.h"
#include "http/exchange.h"

#include "base/ban.h"

enum { MEGABYTE = 1 << 20 };

struct http_options http_defaults(void)
{
	return (struct http_options){
		.listen = "127.0.0.1:0",
		.header_bytes_max = 8 << 10,
		.body_bytes_max = 32 * MEGABYTE,
		.request_bytes_max = 16 * MEGABYTE,
		.memory_bytes_max = 256 * MEGABYTE,
		.connections_max = 4096,
		.per_address_max = 64,
		.header_s = 10,
		.body_s = 30,
		.reply_s = 30,
		.idle_s = 30,
		.streams_max = 2500,
		.stream_events_max = 64,
		.heartbeat_s = 20,
		.threads = 2,
		.workers = 32,
		.waiting_max = 1024,
		.steady = clock_steady,
		.wall = clock_wall,
	};
}

/* A path, a query and a cookie come to us as they are: decoding is ours alone (parse.c). */
static size_t leave_escaped(void *arg, struct MHD_Connection *mhd, char *text)
{
	(void)arg;
	(void)mhd;
	return strlen(text);
}

static enum err start(struct http *h, struct fault *f)
{
	const struct http_options *o = &h->o;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	bool tls = o->tls_cert.n > 0;
	/* Twice: half of it is what libmicrohttpd reads into. */
	size_t pool = 2 * (o->header_bytes_max + 1024);
	struct MHD_OptionItem more[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, http_tls_show() },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ MHD_OPTION_END, 0, NULL },
	};
	const struct MHD_OptionItem pooled[] = {
		{ MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)o->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	enum err e = tls ? http_certificate(h, o->tls_cert, o->tls_key, f) : OK;

	if (e)
		return e;
	if (!tls)
		more[0].option = MHD_OPTION_END;
	h->daemon =
		MHD_start_daemon(flags | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, http_exchange_step,
				 h, MHD_OPTION_LISTEN_SOCKET, h->listen_fd,
				 MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
				 MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address_max,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool,
				 MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				 MHD_OPTION_NOTIFY_CONNECTION, http_conn_notice, h,
				 MHD_OPTION_NOTIFY_COMPLETED, http_exchange_done, h,
				 MHD_OPTION_URI_LOG_CALLBACK, http_exchange_new, h,
				 MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL,
				 MHD_OPTION_ARRAY, pooled + (o->threads < 2), MHD_OPTION_ARRAY,
				 more, MHD_OPTION_END);
	if (h->daemon)
		return OK;
	return fault_set(f, ERR_IO, "网络服务无法启动", "the server could not be started");
}

static enum err open_parts(struct http *h, struct fault *f)
{
	enum err e;

	if ((e = http_figures_add(h, f)) || (e = http_listen(h, f)))
		return e;
	h->poor = http_reply_poor(h);
	if (!h->poor)
		return ERR_MEMORY;
	if ((e = http_aside_open(h)) || (e = start(h, f)))
		return e;
	return http_reaper_open(h);
}

enum err http_open(const struct http_options *o, struct http **ret, struct fault *f)
{
	CLEANUP(http_end) struct http *h = NULL;
	enum err e;

	assert(o->handler && o->listen && o->threads > 0 && o->stream_events_max > 0);
	h = mem_take(1, sizeof *h);
	if (!h)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	h->o = *o;
	h->listen_fd = -1;
	/* Ids of requests need only differ from those of the run before. */
	h->next_id = (uint64_t)clock_ns(&clock_wall);
	if (pthread_mutex_init(&h->lock, NULL) || pthread_cond_init(&h->changed, NULL) ||
	    pthread_mutex_init(&h->spare_lock, NULL) || pthread_mutex_init(&h->log_lock, NULL) ||
	    pthread_mutex_init(&h->hub.lock, NULL) || pthread_mutex_init(&h->aside.lock, NULL) ||
	    pthread_cond_init(&h->aside.more, NULL))
		return ERR_MEMORY;
	e = open_parts(h, f);
	if (e)
		return f && !f->code ? fault_set(f, e, "%s%.0s", "%.0s%s", err_zh(e), err_en(e))
				     : e;
	*ret = h;
	h = NULL;
	return OK;
}

uint16_t http_port(const struct http *h)
{
	return h->port;
}

const char *http_url(const struct http *h)
{
	return h->url;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	atomic_store(&h->stopping, true);
	http_aside_close(h);
	http_hub_close(h);
	http_reaper_close(h);
	if (h->daemon)
		MHD_stop_daemon(h->daemon); /* and with it the socket it listens at */
	else if (h->listen_fd >= 0)
		close(h->listen_fd);
	http_tls_end(h);
	if (h->poor)
		MHD_destroy_response(h->poor);
	assert(!h->first && !h->hub.first);
	while (h->n_spare > 0)
		arena_free(h->spare[--h->n_spare]);
	http_log_flush(h);
	buf_release(&h->log);
	pthread_cond_destroy(&h->aside.more);
	pthread_mutex_destroy(&h->aside.lock);
	pthread_mutex_destroy(&h->hub.lock);
	pthread_mutex_destroy(&h->log_lock);
	pthread_mutex_destroy(&h->spare_lock);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	mem_drop(h);
}

void http_end(struct http **h)
{
	http_close(*h);
	*h = NULL;
}
