/*
 * load.h - many small requests over kept-alive connections of loopback: one under way on each.
 *
 * Errors:   a reply that is not the one that came first ends the program: it would be a wrong
 *           measurement.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H
#include <stdint.h>

enum { LOAD_CONNECTIONS = 32, LOAD_REPLY_BYTES_MAX = 4096 };

int load_connect(uint16_t port);
void load_send(int fd, const char *text);
/* Requests a second; the first reply must be a 200, and all others as long as it. */
double load_requests_a_second(uint16_t port, const char *request, double seconds);
/* Sorts v; n is odd. */
double load_median(double *v, int n);
/* Of this whole process, client and all: what a busy machine does to it is left out. */
double load_cpu_us(void);

/* libmicrohttpd by itself, answering a constant that is made once: what a GET is held against. */
struct load_peer;
struct load_peer *load_peer_open(const char *constant, uint16_t *ret_port);
void load_peer_close(struct load_peer *p);
#endif
