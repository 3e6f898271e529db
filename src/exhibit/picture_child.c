/*
 * picture_child.c - the process that reads one picture, and what it gives up before it does.
 *
 * A fresh program and no fork: nothing of the house is in its memory. It closes all but the socket
 * at standard input, bounds itself, and lets the kernel end it at the first call that is not
 * about memory or that socket: no file, no network, no other process, no clock.
 *
 * Source:   seccomp(2); the list is what malloc and our two loops need, found by running.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "exhibit/picture_wire.h"

#include "base/ban.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif

/* ---- what is given up ------------------------------------------------------------------------ */

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

static const int CALLS[] = { SYS_recvfrom, SYS_sendto, SYS_munmap, SYS_mremap,
			     SYS_madvise,  SYS_brk,    SYS_exit,   SYS_exit_group };

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IF(op, k, yes, no) BPF_JUMP(BPF_JMP | (op) | BPF_K, (k), (yes), (no))
#define END(what) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_##what)

enum { HEAD_N = 12, TAIL_N = 2 };

static bool calls_are_bound(void)
{
	// clang-format off
	struct sock_filter p[HEAD_N + ARRAY_LEN(CALLS) + TAIL_N] = {
		LOAD(arch),
		IF(BPF_JEQ, THIS_MACHINE, 1, 0),
		END(KILL_PROCESS),
		LOAD(nr),
		IF(BPF_JEQ, SYS_mmap, 0, 7), /* memory alone, and none that can be run */
		LOAD(args[3]),
		IF(BPF_JSET, MAP_ANONYMOUS, 1, 0),
		END(KILL_PROCESS),
		LOAD(args[2]),
		IF(BPF_JSET, PROT_EXEC, 0, 1),
		END(KILL_PROCESS),
		END(ALLOW),
	};
	// clang-format on
	struct sock_fprog program = { ARRAY_LEN(p), p };
	const size_t n = ARRAY_LEN(CALLS);

#ifdef WATCHED
	return true; /* a sanitizer asks the kernel for things of its own */
#endif
	for (size_t i = 0; i < n; i++)
		p[HEAD_N + i] =
			(struct sock_filter)IF(BPF_JEQ, (unsigned)CALLS[i], (uint8_t)(n - i), 0);
	p[HEAD_N + n] = (struct sock_filter)END(KILL_PROCESS);
	p[HEAD_N + n + 1] = (struct sock_filter)END(ALLOW);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static bool limited(int what, rlim_t most)
{
	const struct rlimit l = { most, most };

	return setrlimit((__rlimit_resource_t)what, &l) == 0;
}

static bool sizes_are_bound(void)
{
#ifndef WATCHED /* whose shadow alone is larger */
	if (!limited(RLIMIT_AS, PICTURE_MEMORY))
		return false;
#endif
	return limited(RLIMIT_CPU, PICTURE_CPU_S) && limited(RLIMIT_CORE, 0) &&
	       limited(RLIMIT_FSIZE, 0) && limited(RLIMIT_NOFILE, 0);
}

/* What libraries do the first time they are asked, they do before they are bound. */
static bool libraries_are_awake(void)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(pixels_drop) struct pixels p = { 0 }, again = { 0 };

	return !pixels_new(8, 8, &p) && !picture_jpeg_write(&p, 50, &out) &&
	       !picture_jpeg_read(buf_view(&out), &again);
}

bool picture_bound(void)
{
	return !close_range(STDIN_FILENO + 1, ~0U, 0) && libraries_are_awake() &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL) && !prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) &&
	       !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && sizes_are_bound() && calls_are_bound();
}

/* ---- the work -------------------------------------------------------------------------------- */

static bool take(void *p, size_t n)
{
	for (char *to = p; n;) {
		ssize_t got = recv(STDIN_FILENO, to, n, MSG_WAITALL);

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static bool give(const void *p, size_t n)
{
	for (const char *from = p; n;) {
		ssize_t put = send(STDIN_FILENO, from, n, MSG_NOSIGNAL);

		if (put <= 0)
			return false;
		from += put;
		n -= (size_t)put;
	}
	return true;
}

static bool answer(const struct picture_ask *ask, const char *bytes)
{
	struct picture made;
	enum picture_why why =
		picture_make((enum picture_media)ask->media, (struct str){ bytes, ask->n }, &made);
	const struct picture_answer a = { .mark = PICTURE_WIRE_MARK,
					  .why = why,
					  .width = made.width,
					  .height = made.height,
					  .print = made.print,
					  .n_kept = made.kept.n,
					  .n_small = made.small.n };

	return give(&a, sizeof a) && give(made.kept.p, made.kept.n) &&
	       give(made.small.p, made.small.n);
}

_Noreturn void picture_child(void)
{
	struct picture_ask ask = { 0 };
	char *bytes = NULL;

	if (!picture_bound() || !take(&ask, sizeof ask) || ask.mark != PICTURE_WIRE_MARK ||
	    ask.n > PICTURE_BYTES_MAX || !(bytes = mem_take(ask.n ? ask.n : 1, 1)) ||
	    !take(bytes, ask.n))
		_exit(1);
	_exit(answer(&ask, bytes) ? 0 : 1);
}
