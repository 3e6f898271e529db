#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "vault/answer.h"
#include "vault/inside.h"

#include "base/ban.h"

enum { LINES_MAX = 64, SOON_MS = 20 };

struct line {
	int fd; /* -1: free */
	struct buf in, out;
	size_t sent;
};

struct loop {
	struct store *s;
	const struct loop_options *o;
	struct line line[LINES_MAX];
};

static void wipe(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_release(b);
	*b = (struct buf){ 0 };
}

static void hang_up(struct line *l)
{
	close(l->fd);
	l->fd = -1;
	wipe(&l->in);
	wipe(&l->out);
	l->sent = 0;
}

static bool may_come(int fd, uid_t peer)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	       (who.uid == 0 || who.uid == peer);
}

static void let_in(struct loop *w)
{
	int fd = accept4(w->o->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (size_t i = 0; i < LINES_MAX && may_come(fd, w->o->peer); i++)
		if (w->line[i].fd < 0) {
			w->line[i].fd = fd;
			return;
		}
	close(fd);
}

/* Whether a whole frame is there; what is none ends the line. */
static bool frame_there(struct line *l, struct wire_head *ret)
{
	if (l->in.n < WIRE_HEAD_BYTES)
		return false;
	if (wire_head((const uint8_t *)l->in.p, ret)) {
		hang_up(l);
		return false;
	}
	return l->in.n - WIRE_HEAD_BYTES >= ret->bytes;
}

static void answer_one(struct loop *w, struct line *l)
{
	struct wire_head head;

	if (l->out.n || !frame_there(l, &head))
		return;
	answer_frame(w->s, &head, (struct str){ l->in.p + WIRE_HEAD_BYTES, head.bytes }, &l->out);
	/* one request at a time: what came behind it is no client of ours */
	if (l->in.n > WIRE_HEAD_BYTES + head.bytes || l->out.failed || !l->out.n)
		hang_up(l);
	else
		wipe(&l->in);
}

/* Room for the head, then for the frame it tells of: a block that grew would leave names behind. */
static enum err room_for_frame(struct line *l, size_t *ret)
{
	struct wire_head head;
	size_t whole = WIRE_HEAD_BYTES;
	enum err e;

	if (l->in.n >= WIRE_HEAD_BYTES) {
		if ((e = wire_head((const uint8_t *)l->in.p, &head)))
			return e;
		whole += head.bytes;
	}
	if (whole + 1 > l->in.cap) { /* one more: what comes behind a frame ends the line */
		struct buf b = { mem_take(whole + 1, 1), 0, whole + 1, OK };

		if (!b.p)
			return ERR_MEMORY;
		buf_put(&b, l->in.p, l->in.n);
		wipe(&l->in);
		l->in = b;
	}
	*ret = (l->in.n < WIRE_HEAD_BYTES ? WIRE_HEAD_BYTES : whole + 1) - l->in.n;
	return OK;
}

static bool hear_some(struct line *l)
{
	size_t room;
	ssize_t n;

	if (room_for_frame(l, &room))
		return false;
	n = recv(l->fd, l->in.p + l->in.n, room, 0);
	l->in.n += n > 0 ? (size_t)n : 0;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void hear(struct line *l)
{
	bool well = hear_some(l);

	if (well && l->in.n == WIRE_HEAD_BYTES)
		(void)hear_some(l); /* what follows is there by now, or is heard of again */
	if (!well)
		hang_up(l);
}

static void say(struct line *l)
{
	ssize_t n = send(l->fd, l->out.p + l->sent, l->out.n - l->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		hang_up(l);
		return;
	}
	l->sent += n > 0 ? (size_t)n : 0;
	if (l->sent == l->out.n) {
		wipe(&l->out);
		l->sent = 0;
	}
}

/* Fill p; returns how many, and the line of each from the third on. */
static nfds_t look_at(struct loop *w, struct pollfd *p, size_t *ret_line)
{
	nfds_t n = 2;
	size_t lines = 0;

	for (size_t i = 0; i < LINES_MAX; i++) {
		struct line *l = &w->line[i];

		if (l->fd < 0)
			continue;
		lines++;
		p[n] = (struct pollfd){ l->fd, l->out.n ? POLLOUT : POLLIN, 0 };
		ret_line[n++] = i;
	}
	p[0] = (struct pollfd){ w->o->lifeline, POLLIN, 0 };
	p[1] = (struct pollfd){ lines < LINES_MAX ? w->o->listening : -1, POLLIN, 0 };
	return n;
}

void loop_run(struct store *s, const struct loop_options *o)
{
	struct loop w = { s, o, { { 0 } } };
	struct pollfd p[LINES_MAX + 2];
	size_t line[LINES_MAX + 2];

	for (size_t i = 0; i < LINES_MAX; i++)
		w.line[i].fd = -1;
	for (;;) {
		nfds_t n = look_at(&w, p, line);

		int ready = poll(p, n, s->soon.n ? SOON_MS : -1);

		if (ready == 0)
			ignore(store_settle(s, NULL)); /* else with the next write */
		if (ready <= 0)
			continue;
		if (p[0].revents)
			break;
		if (p[1].revents)
			let_in(&w);
		for (nfds_t i = 2; i < n; i++) {
			struct line *l = &w.line[line[i]];

			if (p[i].revents & POLLOUT)
				say(l);
			else if (p[i].revents)
				hear(l);
			if (l->fd >= 0)
				answer_one(&w, l);
		}
	}
	ignore(store_settle(s, NULL));
	for (size_t i = 0; i < LINES_MAX; i++)
		if (w.line[i].fd >= 0)
			hang_up(&w.line[i]);
}
