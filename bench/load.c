/* load.c - see load.h. */
#include "load.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#include "base/ban.h"

int load_connect(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes)) {
		perror("connect");
		exit(3);
	}
	return fd;
}

void load_send(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) != (ssize_t)strlen(text)) {
		perror("send");
		exit(3);
	}
}

/* Replies are small and come in one piece; a part of one has another length. */
static bool whole(const char *p, ssize_t n, ssize_t *length)
{
	if (n < 16 || memcmp(p, "HTTP/1.1 200", 12) != 0)
		return false;
	if (!*length)
		*length = n;
	return n == *length;
}

double load_requests_a_second(uint16_t port, const char *request, double seconds)
{
	int fd[LOAD_CONNECTIONS], ep = epoll_create1(EPOLL_CLOEXEC);
	int64_t start = measure_now_ns(), now = start;
	ssize_t length = 0;
	uint64_t done = 0;

	for (int i = 0; i < LOAD_CONNECTIONS; i++) {
		struct epoll_event ev = { .events = EPOLLIN };

		fd[i] = load_connect(port);
		ev.data.fd = fd[i];
		if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &ev))
			exit(3);
		load_send(fd[i], request);
	}
	while (now - start < (int64_t)(seconds * 1e9)) {
		struct epoll_event ev[LOAD_CONNECTIONS];
		int n = epoll_wait(ep, ev, LOAD_CONNECTIONS, 1000);

		for (int i = 0; i < n; i++) {
			char reply[LOAD_REPLY_BYTES_MAX];
			ssize_t got = recv(ev[i].data.fd, reply, sizeof reply, 0);

			if (!whole(reply, got, &length)) {
				fprintf(stderr, "load: not the reply we know: %.*s\n",
					got > 0 ? (int)got : 0, reply);
				exit(3);
			}
			load_send(ev[i].data.fd, request);
			done++;
		}
		now = measure_now_ns();
	}
	for (int i = 0; i < LOAD_CONNECTIONS; i++)
		close(fd[i]);
	close(ep);
	return (double)done / ((double)(now - start) / 1e9);
}

double load_median(double *v, int n)
{
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
			double swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
	return v[n / 2];
}

double load_cpu_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* ---- the peer ---- */

struct load_peer {
	struct MHD_Daemon *daemon;
	struct MHD_Response *made;
};

static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
			      const char *method, const char *version, const char *data, size_t *n,
			      void **mine)
{
	static int seen;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)n;
	if (!*mine) {
		*mine = &seen;
		return MHD_YES;
	}
	return MHD_queue_response(c, 200, arg);
}

struct load_peer *load_peer_open(const char *constant, uint16_t *ret_port)
{
	struct load_peer *p = calloc(1, sizeof *p);

	if (!p)
		exit(3);
	p->made = MHD_create_response_from_buffer(strlen(constant), (void *)(uintptr_t)constant,
						  MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(p->made, "Content-Type", "application/json");
	p->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, p->made,
				     MHD_OPTION_END);
	if (!p->daemon)
		exit(3);
	*ret_port = MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
	return p;
}

void load_peer_close(struct load_peer *p)
{
	MHD_stop_daemon(p->daemon);
	MHD_destroy_response(p->made);
	free(p);
}
