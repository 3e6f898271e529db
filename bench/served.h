/*
 * served.h - a real server in a child on loopback, with a house of its own, and who asks it.
 *
 * Life:     served_make (house and people) -> served_start -> served_ask ... -> served_stop.
 * Threads:  an asker belongs to one thread; a server may have many.
 * Errors:   a line on standard error and the end: what was to be measured did not happen.
 */
#ifndef BENCH_SERVED_H
#define BENCH_SERVED_H
#include <sys/types.h>

#include "access/policy.h"
#include "base/base.h"
#include "base/text.h"

enum served_who { SERVED_LEAD, SERVED_DOCTOR, SERVED_TRACER, SERVED_PEOPLE };
#define SERVED_AREA "430802000000000"

struct served {
	const char *outpost; /* the program */
	char dir[500];
	char password[SERVED_PEOPLE][POLICY_ONCE_BYTES];
	pid_t pid;
	uint16_t port;
};
void served_make(struct served *s, const char *outpost, const char *dir);
void served_start(struct served *s);
void served_stop(struct served *s);
/* Seconds of processor that the server and its vault have used. */
double served_cpu_s(const struct served *s);

struct asker {
	const struct served *s;
	int fd;
	char cookie[400];
	int number;
	bool may_fail;
	uint64_t keys; /* of requests */
	struct buf in; /* the reply; its body begins at `body` */
	size_t body;
	int status;
};
void asker_begin(struct asker *a, const struct served *s, enum served_who who);
void asker_end(struct asker *a);
/* A request and its whole reply; any status but 200 and 201 ends the program,
 * unless it may fail. */
struct str asker_ask(struct asker *a, const char *method, const char *target, struct str body);
/* The text or number of the first "key" in the reply; empty: not there. */
struct str asker_value(const struct asker *a, const char *key);
#endif
