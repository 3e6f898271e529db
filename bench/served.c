#include "served.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/file.h"
#include "base/memory.h"
#include "grid/area_import.h"
#include "serve/found.h"

#include "base/ban.h"

enum { REPLY_FIRST = 1 << 16, HEAD_MAX = 1500 };

static void die(const char *what, struct str more)
{
	(void)fprintf(stderr, "bench: %s: %.*s\n", what, (int)min_size(more.n, 600), more.p);
	exit(3);
}

static void must(enum err e, const struct fault *f)
{
	if (e)
		die(err_word(e), str_of(f->en));
}

/* ---- a house --------------------------------------------------------------------------------- */

static void areas(struct house *h, struct fault *f)
{
	static const char text[] = "code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n";
	CLEANUP(area_import_end) struct area_import *i = NULL;
	CLEANUP(file_end) struct file *fl = NULL;
	char path[600];

	(void)snprintf(path, sizeof path, "%.500s/areas.csv", h->dir);
	must(file_open(path, FILE_REPLACE, &fl, f), f);
	must(file_write(fl, text, sizeof text - 1, f), f);
	must(file_close(&fl, f), f);
	must(area_import_new(&(struct area_import_options){ .from_day = AREA_DAY_FIRST }, &i), f);
	must(area_import_file(i, path, f), f);
	must(db_write(h->db, area_import_run, i, f), f);
}

static const struct {
	const char *login;
	enum role role;
	int64_t area;
} people[SERVED_PEOPLE] = {
	[SERVED_LEAD] = { "lead", ROLE_AREA_LEAD, 430800000000000 },
	[SERVED_DOCTOR] = { "doctor", ROLE_DOCTOR, 430802000000000 },
	[SERVED_TRACER] = { "tracer", ROLE_INVESTIGATOR, 430802000000000 },
};

void served_make(struct served *s, const char *outpost, const char *dir)
{
	CLEANUP(house_end) struct house *h = NULL;
	struct utc_s now = clock_s(&clock_wall);
	struct found_first first;
	struct fault f = { 0 };
	struct config c;

	*s = (struct served){ .outpost = outpost };
	(void)snprintf(s->dir, sizeof s->dir, "%s", dir);
	config_defaults(&c);
	must(config_set(&c, STR("house.area"), STR("43"), &f), &f);
	must(config_set(&c, STR("session.idle_min"), STR("1440"), &f), &f);
	must(found_house(dir, &c, CRYPT_WORLD, now, &first, &f), &f);
	must(house_open(dir, &h, &f), &f);
	must(house_database(h, false, now, &f), &f);
	areas(h, &f);
	for (size_t i = 0; i < SERVED_PEOPLE; i++) {
		/* names that differ: who confirms a case is another person than who reported it */
		struct found_account a = { .login = str_of(people[i].login),
					   .name = str_of(people[i].login),
					   .roles = role_bit(people[i].role),
					   .area = { people[i].area } };

		must(scope_add(&a.scope, a.area, &f), &f);
		must(found_account(h, &a, now, s->password[i], &f), &f);
	}
}

void served_start(struct served *s)
{
	char url[128] = "";
	int ends[2];
	size_t n = 0;

	if (pipe(ends) || (s->pid = fork()) < 0)
		die("no process", STR(""));
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execl(s->outpost, s->outpost, "serve", s->dir, "--listen", "127.0.0.1:0",
		      (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while (n + 1 < sizeof url && read(ends[0], url + n, 1) == 1 && url[n] != '\n')
		n++;
	close(ends[0]);
	if (strncmp(url, "http://127.0.0.1:", 17) != 0)
		die("the server did not begin", str_of(url));
	s->port = (uint16_t)strtol(url + 17, NULL, 10);
}

void served_stop(struct served *s)
{
	int status;

	if (s->pid > 0 && !kill(s->pid, SIGTERM))
		(void)waitpid(s->pid, &status, 0);
	s->pid = 0;
}

/* ---- its time -------------------------------------------------------------------------------- */

/* Ticks of a process, its parent's number in *ret_above; 0: it is gone. */
static double ticks_of(int pid, int *ret_above)
{
	char path[64], text[1024];
	unsigned long user, kernel;
	size_t n;
	FILE *fl;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	*ret_above = 0;
	if (!(fl = fopen(path, "re")))
		return 0;
	n = fread(text, 1, sizeof text - 1, fl);
	text[n] = '\0';
	(void)fclose(fl);
	if (!strrchr(text, ')') ||
	    sscanf(strrchr(text, ')') + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   ret_above, &user, &kernel) != 3)
		return 0;
	return (double)(user + kernel);
}

/* The vault is begun by its keeper, the keeper by the server. */
static double ticks_below(int above, int depth)
{
	char path[64], text[1024];
	double all = 0;
	size_t n;
	FILE *fl;
	int none;

	(void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", above, above);
	if (depth == 0 || !(fl = fopen(path, "re")))
		return 0;
	n = fread(text, 1, sizeof text - 1, fl);
	text[n] = '\0';
	(void)fclose(fl);
	for (char *p = text; *p; p += strcspn(p, " "), p += *p == ' ') {
		int pid = atoi(p);

		if (pid > 0)
			all += ticks_of(pid, &none) + ticks_below(pid, depth - 1);
	}
	return all;
}

double served_cpu_s(const struct served *s)
{
	int none;

	return (ticks_of(s->pid, &none) + ticks_below(s->pid, 3)) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			die("the server went away", STR(""));
		p += sent;
		n -= (size_t)sent;
	}
}

static struct str header(struct str head, const char *name)
{
	const char *at = memmem(head.p, head.n, name, strlen(name));

	if (!at)
		return STR("");
	at += strlen(name);
	return (struct str){ at, strcspn(at, "\r") };
}

static void hear(struct asker *a)
{
	size_t want = SIZE_MAX;

	a->in.n = 0;
	while (a->in.n < want) {
		ssize_t got;
		char *end;

		if (a->in.cap - a->in.n < REPLY_FIRST / 2) {
			char *more = mem_grow(a->in.p, a->in.n, 2 * a->in.cap, 1);

			if (!more)
				die("no memory", STR(""));
			a->in.p = more;
			a->in.cap *= 2;
		}
		got = recv(a->fd, a->in.p + a->in.n, a->in.cap - a->in.n - 1, 0);
		if (got <= 0)
			die("the server went away", STR(""));
		a->in.n += (size_t)got;
		a->in.p[a->in.n] = '\0';
		if (want != SIZE_MAX || !(end = memmem(a->in.p, a->in.n, "\r\n\r\n", 4)))
			continue;
		a->body = (size_t)(end - a->in.p) + 4;
		struct str length =
			header((struct str){ a->in.p, a->body }, "\r\nContent-Length: ");
		want = a->body + (size_t)strtoull(length.n ? length.p : "0", NULL, 10);
	}
	a->status = atoi(a->in.p + 9);
}

static void dial(struct asker *a)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(a->s->port) };
	int yes = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0 || connect(a->fd, (struct sockaddr *)&to, sizeof to) ||
	    setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes))
		die("no connection", STR(""));
}

/* A line that nobody used for long was hung up: somebody else's trace took its time. */
static void dial_anew(struct asker *a)
{
	char c;

	if (recv(a->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return;
	close(a->fd);
	dial(a);
}

struct str asker_ask(struct asker *a, const char *method, const char *target, struct str body)
{
	char head[HEAD_MAX];
	int n = snprintf(head, sizeof head,
			 "%s %s HTTP/1.1\r\nHost: localhost\r\n%sIdempotency-Key: bench-%d-%llu\r\n"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
			 method, target, a->cookie, a->number, (unsigned long long)a->keys++,
			 body.n);
	struct str reply;

	dial_anew(a);
	send_all(a->fd, head, (size_t)n);
	send_all(a->fd, body.p, body.n);
	hear(a);
	reply = (struct str){ a->in.p + a->body, a->in.n - a->body };
	if (a->status != 200 && a->status != 201 && !a->may_fail)
		die(target, reply);
	return reply;
}

struct str asker_value(const struct asker *a, const char *key)
{
	char want[80];
	int n = snprintf(want, sizeof want, "\"%s\":", key);
	const char *at = memmem(a->in.p + a->body, a->in.n - a->body, want, (size_t)n);

	if (!at)
		return STR("");
	at += n;
	if (*at == '"') /* a sentence may have a comma */
		return (struct str){ at + 1, strcspn(at + 1, "\"") };
	return (struct str){ at, strcspn(at, ",}]") };
}

void asker_begin(struct asker *a, const struct served *s, enum served_who who)
{
	static atomic_int askers;
	char body[200];
	struct str cookie;
	int n;

	*a = (struct asker){ .s = s, .number = askers++ };
	a->in.p = mem_take(REPLY_FIRST, 1);
	a->in.cap = REPLY_FIRST;
	if (!a->in.p)
		die("no memory", STR(""));
	dial(a);
	n = snprintf(body, sizeof body, "{\"login\":\"%s\",\"password\":\"%s\"}", people[who].login,
		     s->password[who]);
	(void)asker_ask(a, "POST", "/api/v1/session", (struct str){ body, (size_t)n });
	cookie = header((struct str){ a->in.p, a->body }, "\r\nSet-Cookie: ");
	cookie.n = min_size(cookie.n, strcspn(cookie.p, ";\r"));
	(void)snprintf(a->cookie, sizeof a->cookie, "Cookie: %.*s\r\n", (int)cookie.n, cookie.p);
}

void asker_end(struct asker *a)
{
	close(a->fd);
	buf_release(&a->in);
}
