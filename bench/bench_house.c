/*
 * bench_house.c - a GET through the whole house, beside libmicrohttpd answering a constant.
 *
 *     bench_house DIR AREA [SECONDS-A-TURN [ROUNDS]]
 *
 * DIR is a house that knows the area. The house's own server is opened on it, somebody signs in,
 * makes an organisation there and asks for it: session, route, capability, row and area, each time.
 * The two take turns in this process, so that what else the machine does falls on both.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "measure.h"
#include "serve/found.h"
#include "serve/serve.h"

#include "base/ban.h"

enum { ROUNDS_MAX = 201, REQUEST_BYTES = 1000 };

static const char constant[] = "{\"id\":\"430802\",\"name\":\"constant\"}";

static void log_nowhere(void *arg, struct str lines)
{
	*(size_t *)arg += lines.n;
}

static enum err sign_up(struct house *h, int64_t area, char ret_password[POLICY_ONCE_BYTES],
			struct fault *f)
{
	struct found_account a = { .login = STR("bench"),
				   .name = STR("合成"),
				   .roles = role_bit(ROLE_AREA_LEAD),
				   .area = { area } };
	enum err e = scope_add(&a.scope, a.area, f);

	return e ? e : found_account(h, &a, clock_s(&clock_wall), ret_password, f);
}

/* Post, and copy what of the reply stands between two texts. */
static void post(uint16_t port, const char *path, const char *cookie, const char *body,
		 const char *from, const char *until, char *ret, size_t room)
{
	char request[REQUEST_BYTES], reply[LOAD_REPLY_BYTES_MAX + 1];
	int fd = load_connect(port);
	const char *at;
	ssize_t n;

	(void)snprintf(request, sizeof request,
		       "POST %s HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: bench\r\n"
		       "Content-Type: application/json\r\nCookie: %s\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       path, cookie, strlen(body), body);
	load_send(fd, request);
	n = recv(fd, reply, LOAD_REPLY_BYTES_MAX, 0);
	reply[n > 0 ? n : 0] = '\0';
	close(fd);
	if (!(at = strstr(reply, from))) {
		fprintf(stderr, "bench_house: not the reply we know: %s\n", reply);
		exit(3);
	}
	at += strlen(from);
	(void)snprintf(ret, room, "%.*s", (int)strcspn(at, until), at);
}

static void compare(uint16_t port, const char *get, double seconds, int rounds)
{
	double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
	double ours_us[ROUNDS_MAX], theirs_us[ROUNDS_MAX];
	uint16_t peer_port;
	struct load_peer *peer = load_peer_open(constant, &peer_port);

	for (int i = 0; i < rounds; i++) {
		double cpu = load_cpu_us();

		theirs[i] = load_requests_a_second(peer_port, get, seconds);
		theirs_us[i] = (load_cpu_us() - cpu) / (theirs[i] * seconds);
		cpu = load_cpu_us();
		ours[i] = load_requests_a_second(port, get, seconds);
		ours_us[i] = (load_cpu_us() - cpu) / (ours[i] * seconds);
		ratio[i] = ours[i] / theirs[i];
	}
	figure_real("libmicrohttpd", "house_get_cpu_us", load_median(theirs_us, rounds));
	figure_real("house", "get_cpu_us", load_median(ours_us, rounds));
	figure_real("libmicrohttpd", "house_get_s", load_median(theirs, rounds));
	figure_real("house", "get_s", load_median(ours, rounds));
	figure_real("house", "get_ratio", load_median(ratio, rounds));
	load_peer_close(peer);
}

static enum err work(const char *dir, int64_t area, double seconds, int rounds, struct fault *f)
{
	CLEANUP(house_end) struct house *h = NULL;
	CLEANUP(serve_close) struct serve *s = NULL;
	char password[POLICY_ONCE_BYTES], body[300], cookie[300], id[32], get[REQUEST_BYTES];
	size_t logged = 0;
	struct serve_options o = { .listen = "127.0.0.1:0",
				   .wall = clock_wall,
				   .steady = clock_steady,
				   .log = log_nowhere,
				   .log_arg = &logged };
	enum err e;

	if ((e = house_open(dir, &h, f)) ||
	    (e = house_database(h, true, clock_s(&clock_wall), f)) ||
	    (e = sign_up(h, area, password, f)))
		return e;
	h->config.per_address = 2 * LOAD_CONNECTIONS;
	if ((e = serve_open(h, &o, &s, f)))
		return e;
	(void)snprintf(body, sizeof body, "{\"login\":\"bench\",\"password\":\"%s\"}", password);
	post(http_port(s->http), "/api/v1/session", "", body, "Set-Cookie: ", ";\r", cookie,
	     sizeof cookie);
	(void)snprintf(body, sizeof body,
		       "{\"area\":\"%" PRId64
		       "\",\"name\":\"永定区应急局\",\"kind\":\"government\"}",
		       area);
	post(http_port(s->http), "/api/v1/organisations", cookie, body, "\"id\":\"", "\"", id,
	     sizeof id);
	(void)snprintf(get, sizeof get,
		       "GET /api/v1/organisations/%s HTTP/1.1\r\nHost: localhost\r\n"
		       "Accept: application/json\r\nUser-Agent: bench\r\nCookie: %s\r\n\r\n",
		       id, cookie);
	compare(http_port(s->http), get, seconds, rounds);
	return OK;
}

int main(int argc, char **argv)
{
	double seconds = argc > 3 ? strtod(argv[3], NULL) : 0.2;
	int rounds = argc > 4 ? atoi(argv[4]) : 31;
	struct fault f = { 0 };
	enum err e;

	if (argc < 3 || rounds < 1 || rounds > ROUNDS_MAX || seconds <= 0) {
		fputs("usage: bench_house DIR AREA [SECONDS-A-TURN [ROUNDS]]\n", stderr);
		return 2;
	}
	e = work(argv[1], strtoll(argv[2], NULL, 10), seconds, rounds, &f);
	return e ? measure_exit("bench_house", e, &f) : 0;
}
