/*
 * bench_http.c - our server against libmicrohttpd itself, and what an idle stream holds.
 *
 *     bench_http [SECONDS-A-TURN [ROUNDS]]
 *
 * get    both answer the same constant to GETs over kept-alive connections, on one
 *        thread each, and take turns in this process, many short ones, so that what else the
 *        machine does falls on both; libmicrohttpd with a response made once
 * put    POSTs through our workers (suspended and resumed), beside the same without workers
 * idle   STREAMS streams in one process: resident memory a stream, with the server's and the
 *        client's sockets in it; and how long one event takes to all of them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http.h"
#include "http/stream.h"
#include "load.h"
#include "measure.h"

#include "base/ban.h"

enum { STREAMS = 2000, ROUNDS_MAX = 201 };

static const char constant[] = "{\"id\":\"430802\",\"name\":\"constant\"}";

/* ---- the servers ---- */

static enum err handle(void *arg, struct http_request *rq, struct http_reply *rp, struct fault *f)
{
	(void)arg;
	if (str_eq(rq->path, STR("/stream")))
		return http_stream_open(rp, (struct http_audience){ 0 }, f);
	rq->route = "/constant";
	buf_put(&rp->body, constant, sizeof constant - 1);
	return OK;
}

static enum err begin(void *arg, struct http_request *rq, struct http_plan *plan,
		      struct http_reply *rp, struct fault *f)
{
	(void)arg;
	(void)rp;
	(void)f;
	if (rq->method == HTTP_POST)
		plan->body_bytes_max = 1000;
	return OK;
}

static void log_nowhere(void *arg, struct str lines)
{
	*(size_t *)arg += lines.n;
}

static struct http *open_ours(unsigned workers, size_t *logged)
{
	struct http_options o = http_defaults();
	struct fault f = { 0 };
	struct http *h;

	o.threads = 1;
	o.workers = workers;
	o.per_address_max = 0;
	o.begin = begin;
	o.handler = handle;
	o.log = log_nowhere;
	o.log_arg = logged;
	if (http_open(&o, &h, &f)) {
		fputs(f.en, stderr);
		exit(3);
	}
	return h;
}

/* ---- get and put ---- */

static void compare_gets(double seconds, int rounds)
{
	static const char get[] = "GET /constant HTTP/1.1\r\nHost: localhost\r\n"
				  "Accept: application/json\r\nUser-Agent: bench\r\n\r\n";
	double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
	double ours_us[ROUNDS_MAX], theirs_us[ROUNDS_MAX];
	struct load_peer *peer;
	size_t logged = 0;
	struct http *h = open_ours(0, &logged);
	uint16_t port;

	peer = load_peer_open(constant, &port);
	for (int i = 0; i < rounds; i++) {
		double cpu = load_cpu_us();

		theirs[i] = load_requests_a_second(port, get, seconds);
		theirs_us[i] = (load_cpu_us() - cpu) / (theirs[i] * seconds);
		cpu = load_cpu_us();
		ours[i] = load_requests_a_second(http_port(h), get, seconds);
		ours_us[i] = (load_cpu_us() - cpu) / (ours[i] * seconds);
		ratio[i] = ours[i] / theirs[i];
	}
	figure_real("libmicrohttpd", "get_cpu_us", load_median(theirs_us, rounds));
	figure_real("http", "get_cpu_us", load_median(ours_us, rounds));
	figure_real("libmicrohttpd", "get_s", load_median(theirs, rounds));
	figure_real("http", "get_s", load_median(ours, rounds));
	figure_real("http", "get_ratio", load_median(ratio, rounds));
	http_close(h);
	load_peer_close(peer);
}

static void compare_puts(double seconds, int rounds, int streams)
{
	static const char post[] = "POST /constant HTTP/1.1\r\nHost: localhost\r\n"
				   "Content-Length: 4\r\n\r\nbody";
	double aside[ROUNDS_MAX], here[ROUNDS_MAX];
	size_t logged = 0;
	struct http *with = open_ours(32, &logged), *without = open_ours(0, &logged);
	int *fd = calloc((size_t)streams + 1, sizeof *fd);

	for (int i = 0; fd && i < streams; i++) {
		fd[i] = load_connect(http_port(with));
		load_send(fd[i], "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
	}
	for (int i = 0; i < rounds; i++) {
		here[i] = load_requests_a_second(http_port(without), post, seconds);
		aside[i] = load_requests_a_second(http_port(with), post, seconds);
	}
	if (!streams)
		figure_real("http", "post_s", load_median(here, rounds));
	figure_real("http", streams ? "post_aside_beside_streams_s" : "post_aside_s",
		    load_median(aside, rounds));
	for (int i = 0; fd && i < streams; i++)
		close(fd[i]);
	free(fd);
	http_close(with);
	http_close(without);
}

/* ---- idle ---- */

static size_t resident_bytes(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	unsigned long all = 0, resident = 0;

	if (!in || fscanf(in, "%lu %lu", &all, &resident) != 2)
		exit(3);
	fclose(in);
	return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void read_until(int fd, const char *text)
{
	char all[LOAD_REPLY_BYTES_MAX] = "";
	size_t n = 0;

	while (!strstr(all, text)) {
		ssize_t k = recv(fd, all + n, sizeof all - 1 - n, 0);

		if (k <= 0) {
			fprintf(stderr, "bench_http: a stream ended after: %s\n", all);
			exit(3);
		}
		n += (size_t)k;
		all[n] = '\0';
	}
}

static void hold_streams(void)
{
	const struct http_event ev = { STR("task"), 0, STR("{\"area\":\"430802000000000\"}") };
	static int fd[STREAMS];
	size_t logged = 0, before, after;
	struct http *h = open_ours(4, &logged);
	int64_t start;

	before = resident_bytes();
	for (int i = 0; i < STREAMS; i++) {
		fd[i] = load_connect(http_port(h));
		load_send(fd[i], "GET /stream HTTP/1.1\r\nHost: localhost\r\n"
				 "Accept: text/event-stream\r\nCookie: session=0123456789abcdef0123"
				 "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n");
	}
	for (int i = 0; i < STREAMS; i++)
		read_until(fd[i], "hello");
	after = resident_bytes();
	figure_count("http", "streams", http_streams(h));
	figure_real("http", "stream_kib", (double)(after - before) / 1024 / STREAMS);
	start = measure_now_ns();
	if (http_publish(h, &ev))
		exit(3);
	figure_real("http", "publish_ms", (double)(measure_now_ns() - start) / 1e6);
	for (int i = 0; i < STREAMS; i++)
		read_until(fd[i], "430802000000000");
	figure_real("http", "publish_to_all_ms", (double)(measure_now_ns() - start) / 1e6);
	for (int i = 0; i < STREAMS; i++)
		close(fd[i]);
	http_close(h);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0.1;
	int rounds = argc > 2 ? atoi(argv[2]) : 61;
	struct rlimit files = { 8192, 8192 };

	if (rounds < 1 || rounds > ROUNDS_MAX || seconds <= 0) {
		fputs("usage: bench_http [SECONDS-A-TURN [ROUNDS]]\n", stderr);
		return 2;
	}
	if (setrlimit(RLIMIT_NOFILE, &files))
		perror("setrlimit");
	hold_streams(); /* first, while nothing is cached */
	compare_gets(seconds, rounds);
	compare_puts(seconds, rounds, 0);
	compare_puts(seconds, rounds, STREAMS);
	return 0;
}
