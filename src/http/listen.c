/* listen.c - the address to listen at, and why it may not be had. */
#include "http/inside.h"
#include "http/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ban.h"

enum { BACKLOG = 1024, PORT_MAX = 65535 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static enum err wrong(const char *listen, struct fault *f)
{
	return fault_set(f, ERR_USAGE, "监听地址“%s”不正确；应如 127.0.0.1:8080 或 [::1]:8080",
			 "\"%s\" is no address to listen at; write 127.0.0.1:8080 or [::1]:8080",
			 listen);
}

static enum err read_address(struct http *h, union address *ret, socklen_t *ret_n, struct fault *f)
{
	struct str all = str_of(h->o.listen), host;
	char text[HTTP_PEER_BYTES];
	int64_t port = -1;
	bool literal, six;

	if (!http_parse_host(all, &host, &literal) || !literal || host.n == all.n ||
	    str_i64((struct str){ all.p + host.n + 1, all.n - host.n - 1 }, &port) ||
	    port > PORT_MAX)
		return wrong(h->o.listen, f);
	six = host.p[0] == '[';
	(void)snprintf(text, sizeof text, "%.*s", (int)(host.n - (six ? 2 : 0)), host.p + six);
	memset(ret, 0, sizeof *ret);
	if (six) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) != 1)
			return wrong(h->o.listen, f);
		h->loopback = IN6_IS_ADDR_LOOPBACK(&ret->v6.sin6_addr);
		*ret_n = sizeof ret->v6;
		return OK;
	}
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) != 1)
		return wrong(h->o.listen, f);
	h->loopback = ntohl(ret->v4.sin_addr.s_addr) >> 24 == 127;
	*ret_n = sizeof ret->v4;
	return OK;
}

static enum err bind_to(struct http *h, union address *to, socklen_t n, struct fault *f)
{
	int yes = 1;

	h->listen_fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listen_fd < 0 ||
	    setsockopt(h->listen_fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) ||
	    bind(h->listen_fd, &to->any, n) || listen(h->listen_fd, BACKLOG) ||
	    getsockname(h->listen_fd, &to->any, &n)) {
		if (errno == EADDRINUSE)
			return fault_set(f, ERR_IO, "%s 已被别的程序占用；请换一个端口，或先停止它",
					 "%s is taken by another program; choose another port, or "
					 "stop that one",
					 h->o.listen);
		if (errno == EACCES)
			return fault_set(f, ERR_IO, "没有权限监听 %s；1024 以下的端口需要特权",
					 "there is no right to listen at %s; ports below 1024 need "
					 "a privilege",
					 h->o.listen);
		return fault_set(f, ERR_IO, "无法监听 %s：%s", "cannot listen at %s: %s",
				 h->o.listen, strerrordesc_np(errno));
	}
	return OK;
}

/*
 * Not by MHD_quiesce_daemon: in 0.9.75 it and a thread of the pool can both take the socket out of
 * one epoll set, and the second of them ends the process. Something that is never ready is put in
 * the place of our socket instead: the port is free at once, and libmicrohttpd waits for ever.
 */
void http_listen_no_more(struct http *h)
{
	int quiet = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (quiet < 0 || dup3(quiet, h->listen_fd, O_CLOEXEC) < 0)
		(void)shutdown(h->listen_fd, SHUT_RDWR);
	if (quiet >= 0)
		close(quiet);
}

enum err http_listen(struct http *h, struct fault *f)
{
	bool tls = h->o.tls_cert.n > 0;
	union address to;
	struct str host;
	bool literal;
	socklen_t n = 0;
	enum err e;

	if ((h->o.tls_key.n > 0) != tls)
		return fault_set(f, ERR_USAGE, "TLS 证书与私钥须同时提供",
				 "a TLS certificate and its key come together");
	e = read_address(h, &to, &n, f);
	if (e)
		return e;
	if (!tls && !h->loopback)
		return fault_set(
			f, ERR_USAGE,
			"明文 HTTP 只能监听本机地址（如 127.0.0.1）；要对外服务，请配置 TLS 证书",
			"plain HTTP may listen at this machine's own address only (127.0.0.1); to "
			"serve others, give it a TLS certificate");
	e = bind_to(h, &to, n, f);
	if (e)
		return e;
	h->port = ntohs(to.any.sa_family == AF_INET6 ? to.v6.sin6_port : to.v4.sin_port);
	(void)http_parse_host(str_of(h->o.listen), &host, &literal);
	(void)snprintf(h->url, sizeof h->url, "http%s://%.*s:%u", tls ? "s" : "", (int)host.n,
		       host.p, h->port);
	return OK;
}
