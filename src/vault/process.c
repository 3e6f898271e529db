/*
 * process.c - the vault's process: begun, kept, ended.
 *
 * serve forks a *keeper* before it has threads, and the keeper forks the vault itself. Whatever the
 * vault dies of, the keeper, which has one thread and no data, begins it again at the same socket:
 * the house need not fork later, among its threads. Both die with their parent; a pipe that closes
 * when the house goes tells the vault to end in order.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "vault/guard.h"
#include "vault/inside.h"
#include "vault/store.h"
#include "vault/vault.h"

#include "base/ban.h"

enum {
	READY_MS = 30000,
	STOP_MS = 5000,
	GOING_MS = 5000, /* what one vault may take to make place for the next */
	GOING_STEP_MS = 20,
	BACKLOG = 64,
	AGAIN_MS = 10,
	AGAIN_MS_MAX = 1000,
	WORKED_MS = 50
};

struct vault_process {
	pid_t keeper;
	int lifeline; /* our end; closing it is the order to go */
};

/* What the house's process and its children share while the vault begins. */
struct beginning {
	const struct vault_start_options *o;
	char folder[PATH_MAX], keys[PATH_MAX], ring[PATH_MAX], socket[PATH_MAX];
	int listening;
	int lifeline[2]; /* read end: the vault's */
	int ready[2];    /* one struct fault: how it went */
	pid_t house;
	uid_t peer;
};

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void beginning_end(struct beginning *b)
{
	close_one(&b->listening);
	for (int i = 0; i < 2; i++) {
		close_one(&b->lifeline[i]);
		close_one(&b->ready[i]);
	}
}

static void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

static enum err refused(const char *zh, const char *en, struct fault *f)
{
	return fault_set(f, ERR_IO, "%s（%s）%.0s%.0s", "%.0s%.0s%s (%s)", zh,
			 strerrordesc_np(errno), en, strerrordesc_np(errno));
}

/* ---- the vault itself ---- */

static void tell(int fd, const struct fault *f)
{
	(void)!send(fd, f, sizeof *f, MSG_NOSIGNAL);
}

static enum err guarded(const struct beginning *b, struct store **ret, struct fault *f)
{
	struct store_options so = { .database = b->folder,
				    .ring = b->ring,
				    .suite = b->o->suite,
				    .chance = &crypt_random_system,
				    .wall = b->o->wall,
				    .house = *b->o->house };
	enum err e = guard_early(f);

	if (e || (e = guard_user(b->o->uid, f)))
		return e;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user forgets it, so it comes after */
	if ((e = store_open(&so, ret, f)))
		return e;
	return guard_late(f);
}

static _Noreturn void be_vault(struct beginning *b, pid_t keeper)
{
	struct loop_options lo = { .listening = b->listening,
				   .lifeline = b->lifeline[0],
				   .peer = b->peer };
	struct store *s = NULL;
	struct fault f = { 0 };
	enum err e = guarded(b, &s, &f);

	if (!e && getppid() != keeper)
		_exit(0);
	f.code = e;
	tell(b->ready[1], &f);
	close_one(&b->ready[1]);
	if (e)
		_exit(1);
	loop_run(s, &lo);
	store_end(&s);
	_exit(0);
}

/* ---- the keeper ---- */

static bool house_went(int lifeline)
{
	struct pollfd p = { .fd = lifeline, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static _Noreturn void be_keeper(struct beginning *b)
{
	int wait_ms = AGAIN_MS;
	bool was_ready = false;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != b->house)
		_exit(0);
	close_one(&b->lifeline[1]);
	close_one(&b->ready[0]);
	for (;;) {
		int64_t begun = clock_ns(&clock_steady);
		pid_t self = getpid(), pid = fork();
		int status = 0;

		if (pid == 0)
			be_vault(b, self);
		while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		if (house_went(b->lifeline[0]))
			_exit(0);
		/* one that never came to work says why, and is not begun again and again */
		if (!was_ready && pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1)
			_exit(1);
		was_ready = true;
		close_one(&b->ready[1]);
		if (clock_ns(&clock_steady) - begun > WORKED_MS * INT64_C(1000000))
			wait_ms = AGAIN_MS; /* it came to work; else ever more slowly */
		pause_ms(wait_ms);
		wait_ms = wait_ms * 2 > AGAIN_MS_MAX ? AGAIN_MS_MAX : wait_ms * 2;
	}
}

/* ---- the house's side ---- */

static bool somebody_answers(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;

	close_one(&fd);
	return there;
}

static enum err listen_at(struct beginning *b, struct fault *f)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(b->socket) >= sizeof at.sun_path)
		return fault_set(f, ERR_USAGE,
				 "文件夹名太长（最多 %zu 字节），保险库的套接字放不下",
				 "the folder's name is too long for a socket in it (at most %zu "
				 "bytes)",
				 sizeof at.sun_path - sizeof "/vault/socket");
	memcpy(at.sun_path, b->socket, strlen(b->socket) + 1);
	/* The vault of a house that was killed ends by itself, once it has done what it was at. */
	for (int left = GOING_MS; left > 0 && somebody_answers(&at); left -= GOING_STEP_MS)
		pause_ms(GOING_STEP_MS);
	if (somebody_answers(&at))
		return fault_set(f, ERR_BUSY, "这个文件夹的保险库已由另一个进程打开",
				 "another process has the vault of this folder");
	ignore(file_unlink(b->socket, NULL)); /* of one that was killed */
	b->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->listening < 0 || bind(b->listening, (const struct sockaddr *)&at, sizeof at) ||
	    chmod(b->socket, S_IRUSR | S_IWUSR) || listen(b->listening, BACKLOG))
		return refused("保险库的套接字打不开", "the vault's socket does not open", f);
	return OK;
}

/* With a user of its own, what is the vault's is that user's, and the way to it can be walked. */
static enum err hand_over(const struct beginning *b, struct fault *f)
{
	uid_t uid = (uid_t)b->o->uid;
	char above[PATH_MAX + 8];

	if (!uid || geteuid() != 0)
		return OK;
	(void)snprintf(above, sizeof above, "%s/keys", b->o->dir);
	if (chmod(b->o->dir, S_IRWXU | S_IXGRP | S_IXOTH) ||
	    chmod(above, S_IRWXU | S_IXGRP | S_IXOTH) || chown(b->folder, uid, uid) ||
	    chown(b->keys, uid, uid) || chown(b->socket, uid, uid))
		return refused("无法把保险库的文件夹交给它的用户",
			       "the vault's folders cannot be handed to its user", f);
	return OK;
}

static enum err prepare(struct beginning *b, struct fault *f)
{
	const char *dir = b->o->dir;
	enum err e;

	if (strlen(dir) > PATH_MAX - 64)
		return fault_set(f, ERR_USAGE, "文件夹名太长", "the folder's name is too long");
	(void)snprintf(b->folder, sizeof b->folder, "%s/vault", dir);
	(void)snprintf(b->keys, sizeof b->keys, "%s/keys/vault", dir);
	(void)snprintf(b->ring, sizeof b->ring, "%s/keys/vault/ring", dir);
	(void)snprintf(b->socket, sizeof b->socket, "%s/vault/socket", dir);
	if ((e = dir_make(b->folder, f)) || (e = dir_make(b->keys, f)))
		return e;
	if (chmod(b->folder, S_IRWXU) || chmod(b->keys, S_IRWXU))
		return refused("保险库的文件夹不能只留给自己",
			       "the vault's folders cannot be made private", f);
	if ((e = listen_at(b, f)) || (e = hand_over(b, f)))
		return e;
	/* sockets, since base alone reads and writes files */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->lifeline) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b->ready))
		return refused("保险库无法起动", "the vault cannot begin", f);
	return OK;
}

static enum err hear(struct beginning *b, struct fault *f)
{
	struct pollfd p = { .fd = b->ready[0], .events = POLLIN };
	struct fault said = { 0 };
	int n;

	while ((n = poll(&p, 1, READY_MS)) < 0 && errno == EINTR)
		;
	if (n <= 0 || recv(b->ready[0], &said, sizeof said, MSG_WAITALL) != (ssize_t)sizeof said)
		return fault_set(f, ERR_BUSY, "保险库进程没有应答，请看系统日志",
				 "the vault's process does not answer; look at the system's log");
	if (said.code)
		return fault_set(f, said.code, "保险库：%s%.0s", "%.0sthe vault: %s",
				 said.zh[0] ? said.zh : err_zh(said.code),
				 said.en[0] ? said.en : err_en(said.code));
	return OK;
}

enum err vault_start(const struct vault_start_options *o, struct vault_process **ret,
		     struct fault *f)
{
	CLEANUP(beginning_end)
	struct beginning b = { .o = o,
			       .listening = -1,
			       .lifeline = { -1, -1 },
			       .ready = { -1, -1 },
			       .house = getpid(),
			       .peer = geteuid() };
	CLEANUP(vault_stop) struct vault_process *p = mem_take(1, sizeof *p);
	enum err e;

	if (!p)
		return ERR_MEMORY;
	p->keeper = -1;
	p->lifeline = -1;
	if ((e = prepare(&b, f)))
		return e;
	p->keeper = fork();
	if (p->keeper == 0)
		be_keeper(&b);
	if (p->keeper < 0)
		return refused("保险库无法起动", "the vault cannot begin", f);
	p->lifeline = b.lifeline[1];
	b.lifeline[1] = -1;
	close_one(&b.ready[1]); /* so that a vault that died is heard as silence at once */
	if ((e = hear(&b, f)))
		return e;
	*ret = p;
	p = NULL;
	return OK;
}

void vault_stop(struct vault_process **process)
{
	struct vault_process *p = *process;
	int left = STOP_MS;

	if (!p)
		return;
	close_one(&p->lifeline);
	if (p->keeper > 0) {
		while (waitpid(p->keeper, NULL, WNOHANG) == 0 && left > 0) {
			pause_ms(5);
			left -= 5;
		}
		if (left <= 0) {
			(void)kill(p->keeper, SIGKILL); /* the vault goes with it */
			(void)waitpid(p->keeper, NULL, 0);
		}
	}
	mem_drop(p);
	*process = NULL;
}
