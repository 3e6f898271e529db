/* picture.c - the house's side: begin a child, ask it, never trust it, bury it. See picture.h. */
#include "exhibit/picture.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/dice.h"
#include "base/memory.h"
#include "exhibit/picture_wire.h"

#include "base/ban.h"

struct picture_reader {
	char *program; /* NULL: there is none */
	unsigned free_now;
	pthread_mutex_t lock;
	pthread_cond_t freed;
};

enum { NS_PER_MS = 1000000 };

static int64_t now_ms(void)
{
	return clock_ns(&clock_steady) / NS_PER_MS;
}

/* ---- whose turn it is ------------------------------------------------------------------------ */

enum err picture_reader_new(const char *program, unsigned at_once, struct picture_reader **ret)
{
	struct picture_reader *r = mem_take(1, sizeof *r);
	pthread_condattr_t by_steady_clock;

	assert(at_once > 0);
	if (!r)
		return ERR_MEMORY;
	r->free_now = at_once;
	if (program && !(r->program = mem_take(strlen(program) + 1, 1)))
		goto out;
	if (program)
		memcpy(r->program, program, strlen(program) + 1);
	if (pthread_mutex_init(&r->lock, NULL))
		goto out;
	if (pthread_condattr_init(&by_steady_clock) == 0) {
		int went = pthread_condattr_setclock(&by_steady_clock, CLOCK_MONOTONIC) ||
			   pthread_cond_init(&r->freed, &by_steady_clock);

		pthread_condattr_destroy(&by_steady_clock);
		if (!went)
			return *ret = r, OK;
	}
	pthread_mutex_destroy(&r->lock);
out:
	mem_drop(r->program);
	mem_drop(r);
	return ERR_MEMORY;
}

void picture_reader_end(struct picture_reader **reader)
{
	struct picture_reader *r = *reader;

	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->freed);
	mem_drop(r->program);
	mem_drop(r);
	*reader = NULL;
}

static bool enter(struct picture_reader *r, int64_t until_ms)
{
	const struct timespec until = { .tv_sec = until_ms / 1000,
					.tv_nsec = until_ms % 1000 * NS_PER_MS };
	bool in;
	int late = 0;

	pthread_mutex_lock(&r->lock);
	while (!r->free_now && !late)
		late = pthread_cond_timedwait(&r->freed, &r->lock, &until);
	in = r->free_now > 0;
	r->free_now -= in;
	pthread_mutex_unlock(&r->lock);
	return in;
}

static void leave(struct picture_reader *r)
{
	pthread_mutex_lock(&r->lock);
	r->free_now++;
	pthread_cond_signal(&r->freed);
	pthread_mutex_unlock(&r->lock);
}

/* ---- the child ------------------------------------------------------------------------------- */

struct child {
	int fd;
	pid_t pid;
	int64_t until_ms;
};

static void child_end(struct child *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->pid > 0) {
		(void)kill(c->pid, SIGKILL); /* one that has gone does not mind */
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*c = (struct child){ -1, 0, 0 };
}

static int spawn(const char *program, int theirs, pid_t *ret)
{
	char name[] = "outpost", word[] = PICTURE_CHILD_WORD;
	char *const args[] = { name, word, NULL }, *const none[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t no_signals;
	int bad;

	sigemptyset(&no_signals);
	if (posix_spawn_file_actions_init(&files))
		return ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	if (!(bad = posix_spawn_file_actions_adddup2(&files, theirs, STDIN_FILENO)) &&
	    !(bad = posix_spawnattr_setsigmask(&attr, &no_signals)) &&
	    !(bad = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK)))
		bad = posix_spawn(ret, program, &files, &attr, args, none);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return bad;
}

static enum err begin(const char *program, struct child *c, struct fault *f)
{
	int pair[2], bad = -1;

	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		c->fd = pair[0];
		bad = spawn(program, pair[1], &c->pid);
		close(pair[1]);
	}
	if (!bad)
		return OK;
	c->pid = 0;
	return fault_set(f, ERR_BUSY, "图片读取进程起动不了，请稍后重试",
			 "the reader of pictures cannot begin: try again later");
}

static bool ready(const struct child *c, short what)
{
	int64_t left = c->until_ms - now_ms();
	struct pollfd p = { .fd = c->fd, .events = what };
	int n = -1;

	while (left > 0 && (n = poll(&p, 1, (int)left)) < 0 && errno == EINTR)
		left = c->until_ms - now_ms();
	return n > 0;
}

static bool give(const struct child *c, const void *p, size_t n)
{
	for (const char *from = p; n;) {
		ssize_t put =
			ready(c, POLLOUT) ? send(c->fd, from, n, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;

		if (put <= 0)
			return false;
		from += put;
		n -= (size_t)put;
	}
	return true;
}

static bool take(const struct child *c, void *p, size_t n)
{
	for (char *to = p; n;) {
		ssize_t got = ready(c, POLLIN) ? recv(c->fd, to, n, MSG_DONTWAIT) : 0;

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum err broken(struct fault *f)
{
	return fault_set(f, ERR_SYNTAX, "图片不完整或已损坏，请重新拍照或重新选取后再上传",
			 "the picture is damaged or not whole: take it again, or choose it again, "
			 "and send it once more");
}

static enum err refused(enum picture_why why, struct fault *f)
{
	switch (why) {
	case PICTURE_LARGE:
		return fault_set(
			f, ERR_TOO_LARGE,
			"图片尺寸太大（JPEG 最多 %d 万像素，PNG 最多 %d 万像素），请缩小后上传",
			"the picture has too many pixels (at most %d0000 as JPEG, %d0000 "
			"as PNG): make it smaller",
			PICTURE_DECLARED_MAX / 10000, PICTURE_KEPT_MAX / 10000);
	case PICTURE_KIND:
		return fault_set(
			f, ERR_TYPE,
			"不接收这种图片（印刷用的 CMYK 或 12 位色），请存为普通 JPEG 后上传",
			"this kind of picture (CMYK, for printing, or 12 bits) is not "
			"taken: save it as an ordinary JPEG");
	case PICTURE_MEMORY_OUT:
		return fault_set(f, ERR_TOO_LARGE, "图片太大，读取时内存不够，请缩小后上传",
				 "the picture takes too much memory to read: make it smaller");
	default: return broken(f);
	}
}

static enum err fill(const struct child *c, uint64_t n, struct buf *ret, struct fault *f)
{
	ret->p = mem_take(n ? n : 1, 1);
	if (!ret->p)
		return ERR_MEMORY;
	ret->cap = n ? n : 1;
	ret->n = n;
	return take(c, ret->p, n) ? OK : broken(f);
}

static bool starts(const struct buf *b, const char *with, size_t n)
{
	return b->n >= n && memcmp(b->p, with, n) == 0;
}

static bool credible(enum picture_media media, const struct picture_answer *a)
{
	(void)media;
	return a->mark == PICTURE_WIRE_MARK && a->why < PICTURE_WHY_N && a->width && a->height &&
	       (uint64_t)a->width * a->height <= PICTURE_KEPT_MAX && a->n_kept &&
	       a->n_kept <= PICTURE_ANSWER_MAX && a->n_small && a->n_small <= PICTURE_ANSWER_MAX;
}

static enum err hear(const struct child *c, enum picture_media media, struct picture *p,
		     struct fault *f)
{
	struct picture_answer a = { 0 };
	enum err e;

	if (!take(c, &a, sizeof a))
		return broken(f);
	if (a.mark == PICTURE_WIRE_MARK && a.why != PICTURE_FINE)
		return refused((enum picture_why)a.why, f);
	if (!credible(media, &a))
		return broken(f);
	if ((e = fill(c, a.n_kept, &p->kept, f)) || (e = fill(c, a.n_small, &p->small, f)))
		return e;
	if (!starts(&p->small, "\xFF\xD8\xFF", 3) ||
	    !(media == PICTURE_PNG ? starts(&p->kept, "\x89PNG", 4)
				   : starts(&p->kept, "\xFF\xD8\xFF", 3)))
		return broken(f);
	p->width = a.width;
	p->height = a.height;
	p->print = a.print;
	return OK;
}

static enum err ask(const struct picture_reader *r, enum picture_media media, struct str bytes,
		    int64_t until_ms, struct picture *ret, struct fault *f)
{
	CLEANUP(child_end) struct child c = { -1, 0, until_ms };
	CLEANUP(picture_release) struct picture p = { 0 };
	const struct picture_ask a = { PICTURE_WIRE_MARK, media, bytes.n };
	enum err e = begin(r->program, &c, f);

	if (e)
		return e;
	if (!give(&c, &a, sizeof a) || !give(&c, bytes.p, bytes.n))
		return fault_set(f, ERR_BUSY, "图片读取进程没有应答，请稍后重试",
				 "the reader of pictures does not answer: try again later");
	if ((e = hear(&c, media, &p, f)))
		return e;
	*ret = p;
	p = (struct picture){ 0 };
	return OK;
}

enum err picture_read(struct picture_reader *r, enum picture_media media, struct str bytes,
		      struct picture *ret, struct fault *f)
{
	int64_t until = now_ms() + PICTURE_WAIT_MS;
	enum err e;

	if (bytes.n > PICTURE_BYTES_MAX)
		return fault_set(f, ERR_TOO_LARGE, "图片文件太大，最多 %d MB",
				 "the file of the picture is too large, at most %d MB",
				 PICTURE_BYTES_MAX >> 20);
	if (!r->program)
		return fault_set(f, ERR_BUSY, "这里没有图片读取进程，不能接收图片",
				 "there is no reader of pictures here, so none are taken");
	if (!enter(r, until))
		return fault_set(f, ERR_BUSY, "同时上传的图片太多，请稍后重试",
				 "too many pictures at once: try again later");
	e = ask(r, media, bytes, until, ret, f);
	leave(r);
	return e;
}
