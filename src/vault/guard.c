#include "vault/guard.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/ban.h"

static enum err failed(const char *what, struct fault *f)
{
	return fault_set(f, ERR_IO, "保险库进程无法自我限制（%s：%s）",
			 "the vault's process cannot restrict itself (%s: %s)", what,
			 strerrordesc_np(errno));
}

enum err guard_early(struct fault *f)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit locked;

	if (setrlimit(RLIMIT_CORE, &none))
		return failed("RLIMIT_CORE", f);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return failed("PR_SET_DUMPABLE", f);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("PR_SET_NO_NEW_PRIVS", f);
	/* All of it stays out of the swap where that is allowed; keys are locked by themselves. */
	if (!getrlimit(RLIMIT_MEMLOCK, &locked) && locked.rlim_cur == RLIM_INFINITY)
		(void)mlockall(MCL_CURRENT | MCL_FUTURE);
	return OK;
}

enum err guard_user(int64_t uid, struct fault *f)
{
	if (!uid || geteuid() != 0)
		return OK;
	if (setgroups(0, NULL) || setresgid((gid_t)uid, (gid_t)uid, (gid_t)uid) ||
	    setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid))
		return failed("setresuid", f);
	return OK;
}

/* ---- the list ---- */

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

static const int CALLS[] = {
	/* the loop */
	SYS_accept4,
	SYS_recvfrom,
	SYS_sendto,
	SYS_ppoll,
	SYS_close,
	SYS_getsockopt,
	SYS_shutdown,
	/* files of the database and of the ring */
	SYS_openat,
	SYS_read,
	SYS_write,
	SYS_pread64,
	SYS_pwrite64,
	SYS_lseek,
	SYS_fsync,
	SYS_fdatasync,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fcntl,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_readlinkat,
	SYS_unlinkat,
	SYS_renameat,
	SYS_renameat2,
	SYS_faccessat,
	SYS_fchmod,
	SYS_fchown,
	SYS_getcwd,
	SYS_ioctl,
	SYS_getdents64,
	SYS_umask,
	/* memory, threads that are there, time, chance */
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_mlock,
	SYS_munlock,
	SYS_futex,
	SYS_sched_yield,
	SYS_restart_syscall,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_getrandom,
	SYS_sysinfo,
	SYS_rseq,
	SYS_set_robust_list,
	SYS_rt_sigprocmask,
	SYS_rt_sigaction,
	SYS_rt_sigreturn,
	SYS_gettid,
	SYS_getpid,
	SYS_getppid,
	SYS_geteuid,
	SYS_getuid,
	SYS_tgkill,
	SYS_exit,
	SYS_exit_group,
#ifdef __x86_64__
	/* the older names that glibc still uses */
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_unlink,
	SYS_rename,
	SYS_poll,
	SYS_time,
	SYS_gettimeofday,
#endif
};

enum { HEAD_N = 4, TAIL_N = 2 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif

enum err guard_late(struct fault *f)
{
	struct sock_filter p[HEAD_N + ARRAY_LEN(CALLS) + TAIL_N] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { ARRAY_LEN(p), p };
	const size_t n = ARRAY_LEN(CALLS);

#ifdef WATCHED
	return OK; /* a sanitizer asks the kernel for things of its own */
#endif
	for (size_t i = 0; i < n; i++)
		p[HEAD_N + i] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)CALLS[i],
						     (uint8_t)(n - i), 0);
	p[HEAD_N + n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	p[HEAD_N + n + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program))
		return failed("seccomp", f);
	return OK;
}
