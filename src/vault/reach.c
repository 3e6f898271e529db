/* reach.c - lines to the vault: kept for the next call, and dropped when they fail. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/memory.h"
#include "vault/reach.h"

#include "base/ban.h"

enum { CALL_MS = 10000, IDLE_MAX = 8, MS_NS = 1000000 };

struct vault {
	struct sockaddr_un at;
	bool reachable; /* the socket's name fits */
	int64_t call_ns;
	pthread_mutex_t lock;
	int idle[IDLE_MAX];
	size_t n_idle;
};

enum err vault_connect(const struct vault_options *o, struct vault **ret)
{
	struct vault *v = mem_take(1, sizeof *v);
	int n;

	if (!v)
		return ERR_MEMORY;
	v->at.sun_family = AF_UNIX;
	n = snprintf(v->at.sun_path, sizeof v->at.sun_path, "%s/vault/socket", o->dir);
	v->reachable = n > 0 && (size_t)n < sizeof v->at.sun_path;
	v->call_ns = (int64_t)(o->call_ms ? o->call_ms : CALL_MS) * MS_NS;
	if (pthread_mutex_init(&v->lock, NULL)) {
		mem_drop(v);
		return ERR_MEMORY;
	}
	*ret = v;
	return OK;
}

void vault_end(struct vault **vault)
{
	struct vault *v = *vault;

	if (!v)
		return;
	while (v->n_idle)
		close(v->idle[--v->n_idle]);
	pthread_mutex_destroy(&v->lock);
	mem_drop(v);
	*vault = NULL;
}

/* ---- one call ---- */

static enum err not_there(struct fault *f)
{
	return fault_set(f, ERR_BUSY,
			 "保险库暂时连不上，姓名以密封显示；其他功能不受影响，请稍后再试",
			 "the vault cannot be reached for now and names show as sealed; all else "
			 "works; try again later");
}

static enum err too_slow(struct fault *f)
{
	return fault_set(f, ERR_BUSY, "保险库没有在限定时间内应答，请稍后再试",
			 "the vault did not answer in time; try again later");
}

struct call {
	struct vault *v;
	int fd;
	bool fresh;     /* a line made for this call: it cannot be a stale one */
	int64_t end_ns; /* of the steady clock */
};

void reach_wipe(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_release(b);
	*b = (struct buf){ 0 };
}

/* Wait until the line can be read or written. */
static bool in_time(const struct call *c, short what)
{
	struct pollfd p = { c->fd, what, 0 };

	for (;;) {
		int64_t left = (c->end_ns - clock_ns(&clock_steady)) / MS_NS;
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;

		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

static enum err take_line(struct call *c, struct fault *f)
{
	struct vault *v = c->v;

	c->fd = -1;
	pthread_mutex_lock(&v->lock);
	if (v->n_idle && !c->fresh)
		c->fd = v->idle[--v->n_idle];
	pthread_mutex_unlock(&v->lock);
	if (c->fd >= 0)
		return OK;
	c->fresh = true;
	if (!v->reachable)
		return not_there(f);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return not_there(f);
	if (connect(c->fd, (const struct sockaddr *)&v->at, sizeof v->at)) {
		close(c->fd);
		c->fd = -1;
		return not_there(f);
	}
	return OK;
}

static void give_line(struct call *c)
{
	struct vault *v = c->v;

	pthread_mutex_lock(&v->lock);
	if (v->n_idle < IDLE_MAX) {
		v->idle[v->n_idle++] = c->fd;
		c->fd = -1;
	}
	pthread_mutex_unlock(&v->lock);
	if (c->fd >= 0)
		close(c->fd);
}

static enum err say(const struct call *c, struct str bytes, struct fault *f)
{
	while (bytes.n) {
		ssize_t n = send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return not_there(f);
		if (n > 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
		} else if (!in_time(c, POLLOUT)) {
			return too_slow(f);
		}
	}
	return OK;
}

static enum err hear(const struct call *c, void *p, size_t n, struct fault *f)
{
	char *to = p;

	while (n) {
		ssize_t got = recv(c->fd, to, n, 0);

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return not_there(f);
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		} else if (!in_time(c, POLLIN)) {
			return too_slow(f);
		}
	}
	return OK;
}

enum err reach_other_version(struct fault *f)
{
	return fault_set(
		f, ERR_VERSION, "保险库与本程序版本不同；请重新启动 outpost serve",
		"the vault is of another version of this program; start outpost serve anew");
}

/* The body of the reply, in a block that is exactly as large: growing would leave copies behind. */
static enum err hear_reply(const struct call *c, uint8_t op, struct buf *reply, struct fault *f)
{
	uint8_t bytes[WIRE_HEAD_BYTES];
	struct wire_head head;
	enum err e = hear(c, bytes, sizeof bytes, f);

	if (e)
		return e;
	if (wire_head(bytes, &head))
		return reach_other_version(f);
	if (head.version != WIRE_VERSION || head.op != (op | WIRE_REPLY))
		return reach_other_version(f);
	reply->p = mem_take(head.bytes + 1, 1);
	if (!reply->p)
		return ERR_MEMORY;
	reply->cap = head.bytes + 1;
	reply->n = head.bytes;
	return hear(c, reply->p, head.bytes, f);
}

static enum err exchange(struct call *c, struct str frame, struct buf *reply, struct fault *f)
{
	enum err e = take_line(c, f);

	if (e)
		return e;
	if ((e = say(c, frame, f)) || (e = hear_reply(c, (uint8_t)frame.p[3], reply, f))) {
		close(c->fd);
		return e;
	}
	give_line(c);
	return OK;
}

/* What the vault itself says went wrong. */
static enum err told(struct wire_in *in, struct fault *f)
{
	uint32_t code = wire_u32(in);
	char zh[FAULT_TEXT_BYTES], en[FAULT_TEXT_BYTES];
	struct str s;

	if (in->bad || code >= ERR_N)
		return reach_other_version(f);
	if (code == OK)
		return OK;
	s = wire_str(in, sizeof zh - 1);
	(void)snprintf(zh, sizeof zh, "%.*s", (int)s.n, s.p);
	s = wire_str(in, sizeof en - 1);
	(void)snprintf(en, sizeof en, "%.*s", (int)s.n, s.p);
	return zh[0] ? fault_set(f, (enum err)code, "%s%.0s", "%.0s%s", zh, en) : (enum err)code;
}

enum err reach_ask(struct vault *v, struct buf *frame, struct buf *reply, struct wire_in *ret,
		   struct fault *f)
{
	struct call c = { v, -1, false, clock_ns(&clock_steady) + v->call_ns };
	struct fault first = { 0 };
	enum err e = wire_finish(frame);

	if (e)
		return e;
	e = exchange(&c, buf_view(frame), reply, &first);
	if (e == ERR_BUSY && !c.fresh && clock_ns(&clock_steady) < c.end_ns) {
		reach_wipe(reply);
		c.fresh = true;
		first = (struct fault){ 0 };
		e = exchange(&c, buf_view(frame), reply, &first);
	}
	if (e) {
		reach_wipe(reply);
		return first.code ? fault_set(f, e, "%s%.0s", "%.0s%s", first.zh, first.en) : e;
	}
	*ret = (struct wire_in){ (const uint8_t *)reply->p, reply->n, false };
	return told(ret, f);
}

enum err reach_done(const struct wire_in *in, struct fault *f)
{
	return wire_done(in) ? OK : reach_other_version(f);
}

enum err reach_begin(struct buf *frame, enum wire_op op, size_t room)
{
	reach_wipe(frame);
	frame->p = mem_take(room + 64, 1);
	if (!frame->p)
		return ERR_MEMORY;
	frame->cap = room + 64;
	wire_begin(frame, (uint8_t)op);
	return OK;
}
