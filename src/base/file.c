/*
 * file.c - the one layer through which files are touched, and the countdown that breaks it.
 *
 * Long because the countdown must stand before every system call, and those all stand here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrordesc_np: the system's word without a locale or a lock */
#endif
#include "base/file.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ban.h"

enum {
	WRITE_BYTES = 1 << 20,
	READ_BYTES_FIRST = 64 * 1024,
	PATH_SHOWN_BYTES = 150,
	/* People's whereabouts are in these files: nobody outside the group reads them. */
	FILE_RIGHTS = 0640,
	FILE_RIGHTS_SECRET = 0600,
	DIR_RIGHTS = 0750
};

struct file {
	int fd;
	bool writes, standard; /* standard: we did not open it and shall not close it */
	bool failed;           /* a write or a sync failed; nothing after it may succeed */
	bool regular;
	bool appends, private_to_owner;
	uint64_t bytes, at; /* size; where the next buffered byte will go */
	size_t n_held;
	char *held;
	char path[];
};

/* ---- faults on purpose ---- */

static atomic_bool counting, dies;
static atomic_uint_fast64_t fails_at, calls;

void file_fail_at(uint64_t k, bool die)
{
	atomic_store(&fails_at, 0);
	atomic_store(&calls, 0);
	atomic_store(&dies, die);
	atomic_store(&fails_at, k);
	atomic_store(&counting, true);
}

uint64_t file_calls(void)
{
	return atomic_load(&calls);
}

/* True when this operation is the one to fail. The caller then sets the stage and falls(). */
static bool struck(void)
{
	uint64_t k;

	if (!atomic_load_explicit(&counting, memory_order_relaxed))
		return false;
	k = atomic_load(&fails_at);
	return atomic_fetch_add(&calls, 1) + 1 == k;
}

static void falls(void)
{
	if (atomic_load(&dies))
		(void)kill(getpid(), SIGKILL);
	errno = EIO;
}

static bool fails(void)
{
	if (!struck())
		return false;
	falls();
	return true;
}

/* ---- saying what went wrong ---- */

struct system_word {
	int number;
	enum err code;
	const char *zh;
};

// clang-format off
static const struct system_word system_words[] = {
	{ ENOENT, ERR_ABSENT, "不存在" },
	{ EEXIST, ERR_EXISTS, "已经存在" },
	{ ENOMEM, ERR_MEMORY, "内存不足" },
	{ EACCES, ERR_IO, "没有权限" },
	{ EPERM, ERR_IO, "不允许这样做" },
	{ ENOSPC, ERR_IO, "磁盘已满" },
	{ EDQUOT, ERR_IO, "超出磁盘配额" },
	{ EFBIG, ERR_IO, "文件过大" },
	{ EIO, ERR_IO, "读写设备出错" },
	{ EROFS, ERR_IO, "文件系统只读" },
	{ EISDIR, ERR_IO, "是文件夹，不是文件" },
	{ ENOTDIR, ERR_IO, "不是文件夹" },
	{ EBADF, ERR_IO, "没有打开" },
	{ EMFILE, ERR_IO, "打开的文件太多" },
	{ ENFILE, ERR_IO, "打开的文件太多" },
	{ EPIPE, ERR_IO, "对方已停止接收" },
	{ ESPIPE, ERR_IO, "不是可以按位置写的文件" },
	{ EXDEV, ERR_IO, "不在同一个文件系统" },
	{ ENAMETOOLONG, ERR_IO, "名字过长" },
};
// clang-format on

/* The end of a long path says more than its beginning, and a fault has room for one of them. */
static const char *shown(const char *path)
{
	size_t n = strlen(path);
	const char *p = path;

	if (n > PATH_SHOWN_BYTES)
		p += n - PATH_SHOWN_BYTES;
	while (p > path && ((unsigned char)*p & 0xC0) == 0x80)
		p++;
	return p;
}

/* A fault from `number` (an errno): "cannot <deed> <path>: <why>". */
static enum err refused(struct fault *f, int number, const char *path, const char *deed_zh,
			const char *deed_en)
{
	const char *why = strerrordesc_np(number);
	const char *why_zh = why;
	enum err code = ERR_IO;

	for (size_t i = 0; i < ARRAY_LEN(system_words); i++)
		if (system_words[i].number == number) {
			code = system_words[i].code;
			why_zh = system_words[i].zh;
		}
	if (!why)
		why = why_zh = "?";
	/* "%.0s" passes over a word that belongs to the other language. */
	return fault_set(f, code, "无法%s%.0s %s：%s%.0s", "cannot %.0s%s %s: %.0s%s", deed_zh,
			 deed_en, shown(path), why_zh, why);
}

static enum err no_memory(struct fault *f, const char *path)
{
	return refused(f, ENOMEM, path, "读写", "work on");
}

/* ---- open ---- */

static int open_again(const char *path, int flags, mode_t rights)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY, rights);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Where a file system knows no such files: one whose name nobody can guess, taken away at once. */
static int open_nameless(const char *dir, int flags)
{
	int fd = open_again(dir, flags, FILE_RIGHTS_SECRET), number;
	char *path;

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	path = mem_take(strlen(dir) + sizeof "/spill-XXXXXX", 1);
	if (!path) {
		errno = ENOMEM;
		return -1;
	}
	(void)stpcpy(stpcpy(path, dir), "/spill-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	number = errno;
	if (fd >= 0)
		(void)unlink(path);
	mem_drop(path);
	errno = number;
	return fd;
}

static int open_fd(const char *path, enum file_mode mode, bool *ret_standard)
{
	static const int FLAGS[] = { [FILE_READ] = O_RDONLY,
				     [FILE_NEW] = O_WRONLY | O_CREAT | O_EXCL,
				     [FILE_SECRET] = O_WRONLY | O_CREAT | O_EXCL,
				     [FILE_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
				     [FILE_REPLACE] = O_WRONLY | O_CREAT | O_TRUNC,
				     [FILE_HELD] = O_WRONLY | O_CREAT,
				     [FILE_NAMELESS] = O_RDWR | O_TMPFILE | O_EXCL };

	*ret_standard = (mode == FILE_READ || mode == FILE_REPLACE) && strcmp(path, "-") == 0;
	if (fails())
		return -1;
	if (*ret_standard)
		return mode == FILE_READ ? STDIN_FILENO : STDOUT_FILENO;
	if (mode == FILE_NAMELESS)
		return open_nameless(path, FLAGS[mode]);
	return open_again(path, FLAGS[mode],
			  mode == FILE_SECRET ? FILE_RIGHTS_SECRET : FILE_RIGHTS);
}

/* Learn size and kind; a folder opens for reading without complaint and is refused here. */
static int look(struct file *fl)
{
	struct stat st;

	if (fstat(fl->fd, &st) != 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	fl->regular = S_ISREG(st.st_mode);
	fl->private_to_owner = (st.st_mode & (S_IRWXG | S_IRWXO)) == 0;
	if (fl->regular)
		fl->bytes = (uint64_t)st.st_size;
	if (fl->regular && !fl->writes)
		(void)posix_fadvise(fl->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

static enum err lock_fd(int fd, const char *path, struct fault *f);
static bool still_there(int fd, const char *path);

/* Empty a file that nobody else holds; what another one has renamed meanwhile is let be. */
static enum err hold(struct file *fl, struct fault *f)
{
	bool standard;
	enum err e;

	while (!(e = lock_fd(fl->fd, fl->path, f)) && !still_there(fl->fd, fl->path)) {
		(void)close(fl->fd);
		fl->fd = open_fd(fl->path, FILE_HELD, &standard);
		if (fl->fd < 0)
			return refused(f, errno, fl->path, "打开", "open");
	}
	if (e)
		return e;
	fl->bytes = 0;
	return ftruncate(fl->fd, 0) == 0 ? OK : refused(f, errno, fl->path, "打开", "open");
}

enum err file_open(const char *path, enum file_mode mode, struct file **ret, struct fault *f)
{
	size_t n = strlen(path) + 1;
	struct file *fl = mem_take(1, sizeof *fl + n);
	enum err e;
	int number;

	if (!fl)
		return no_memory(f, path);
	memcpy(fl->path, path, n);
	fl->fd = -1;
	fl->writes = mode != FILE_READ;
	fl->appends = mode == FILE_APPEND;
	if (fl->writes) {
		fl->held = mem_take(WRITE_BYTES, 1);
		if (!fl->held) {
			mem_drop(fl);
			return no_memory(f, path);
		}
	}
	fl->fd = open_fd(path, mode, &fl->standard);
	number = fl->fd < 0 ? errno : look(fl);
	if (number) {
		file_end(&fl);
		return refused(f, number, path, "打开", "open");
	}
	if (mode == FILE_HELD && (e = hold(fl, f))) {
		file_end(&fl);
		return e;
	}
	if (mode == FILE_APPEND)
		fl->at = fl->bytes;
	*ret = fl;
	return OK;
}

/* ---- read and write ---- */

enum err file_read(struct file *fl, void *p, size_t n, size_t *ret_n, struct fault *f)
{
	ssize_t got = -1;

	assert(!fl->writes);
	if (!fails())
		do
			got = read(fl->fd, p, n);
		while (got < 0 && errno == EINTR);
	if (got < 0)
		return refused(f, errno, fl->path, "读取", "read");
	*ret_n = (size_t)got;
	return OK;
}

/* One trip to the system; at < 0 means "after what was written last". */
static ssize_t write_some(const struct file *fl, const char *p, size_t n, int64_t at)
{
	ssize_t put;

	do
		put = at < 0 ? write(fl->fd, p, n) : pwrite(fl->fd, p, n, (off_t)at);
	while (put < 0 && errno == EINTR);
	if (put == 0 && n > 0) {
		errno = EIO; /* no progress and no reason: going round again would never end */
		put = -1;
	}
	return put;
}

static enum err write_all(struct file *fl, const char *p, size_t n, int64_t at, struct fault *f)
{
	if (fl->failed)
		return refused(f, EIO, fl->path, "写入", "write");
	while (n > 0) {
		ssize_t put;

		if (struck()) {
			/* A failing disk and a dying process leave half a write behind. */
			(void)!write_some(fl, p, n / 2, at);
			falls();
			put = -1;
		} else {
			put = write_some(fl, p, n, at);
		}
		if (put < 0) {
			fl->failed = true;
			return refused(f, errno, fl->path, "写入", "write");
		}
		p += put;
		n -= (size_t)put;
		if (at >= 0)
			at += put;
	}
	return OK;
}

static enum err flush(struct file *fl, struct fault *f)
{
	size_t n = fl->n_held;

	fl->n_held = 0; /* whatever comes of it, these bytes are not written twice */
	return write_all(fl, fl->held, n, -1, f);
}

static void grew_to(struct file *fl, uint64_t end)
{
	if (fl->regular && end > fl->bytes)
		fl->bytes = end;
}

enum err file_write(struct file *fl, const void *p, size_t n, struct fault *f)
{
	const char *from = p;
	enum err e;

	assert(fl->writes);
	if (fl->failed)
		return write_all(fl, NULL, 0, -1, f);
	if (n > WRITE_BYTES - fl->n_held) {
		e = flush(fl, f);
		if (e)
			return e;
	}
	if (n >= WRITE_BYTES) {
		e = write_all(fl, from, n, -1, f);
		if (e)
			return e;
	} else if (n) {
		memcpy(fl->held + fl->n_held, from, n);
		fl->n_held += n;
	}
	fl->at += n;
	grew_to(fl, fl->at);
	return OK;
}

enum err file_write_at(struct file *fl, uint64_t at, const void *p, size_t n, struct fault *f)
{
	enum err e;

	assert(fl->writes);
	/* Linux would put it behind the end all the same, wherever `at` is. */
	assert(!fl->appends);
	if (at > INT64_MAX - n)
		return refused(f, EFBIG, fl->path, "写入", "write");
	e = flush(fl, f); /* so that the two kinds of writes land in the order they were made */
	if (e)
		return e;
	e = write_all(fl, p, n, (int64_t)at, f);
	if (e)
		return e;
	grew_to(fl, at + n);
	return OK;
}

/* Pipes and terminals cannot be synced, and nobody expects it of them. */
static bool cannot_sync(int number)
{
	return number == EINVAL || number == ENOTSUP;
}

enum err file_sync(struct file *fl, struct fault *f)
{
	enum err e;
	int bad = -1;

	assert(fl->writes);
	e = flush(fl, f);
	if (e)
		return e;
	if (!fails())
		bad = fsync(fl->fd);
	if (bad && (fl->regular || !cannot_sync(errno))) {
		/*
		 * The kernel may have dropped the pages it could not write and would report
		 * the next sync as a success: there is no second try (cf. "fsyncgate", 2018).
		 */
		fl->failed = true;
		return refused(f, errno, fl->path, "落盘", "sync");
	}
	return OK;
}

static void release(struct file **fl)
{
	mem_drop((*fl)->held);
	mem_drop(*fl);
	*fl = NULL;
}

enum err file_close(struct file **fl, struct fault *f)
{
	enum err e = OK;
	int number = 0;

	if ((*fl)->writes)
		e = flush(*fl, f);
	if (fails())
		number = EIO;
	if (!(*fl)->standard && close((*fl)->fd) != 0 && errno != EINTR)
		number = errno; /* after EINTR Linux has closed it all the same */
	if (!e && number)
		e = refused(f, number, (*fl)->path, "关闭", "close");
	release(fl);
	return e;
}

void file_end(struct file **fl)
{
	if (!*fl)
		return;
	/* Reached on the way out of a failure: what is still held is not worth writing. */
	if (!(*fl)->standard && (*fl)->fd >= 0)
		(void)close((*fl)->fd);
	release(fl);
}

uint64_t file_bytes(const struct file *fl)
{
	return fl->regular ? fl->bytes : 0;
}

bool file_is_private(const struct file *fl)
{
	return fl->private_to_owner;
}

/* ---- whole files ---- */

static enum err read_whole(struct file *fl, struct file_map *ret, struct fault *f)
{
	VEC(uint8_t) all = { 0 };
	uint64_t expected = file_bytes(fl);
	enum err e = OK;
	size_t got = 1;

	/* One byte more than expected, so that the end is seen without growing. */
	if (expected >= SIZE_MAX || vec_reserve(&all, (size_t)expected + 1))
		e = no_memory(f, fl->path);
	while (!e && got > 0) {
		if (all.n == all.cap &&
		    vec_reserve(&all, all.n + max_size(all.n / 2, READ_BYTES_FIRST)))
			e = no_memory(f, fl->path);
		else
			e = file_read(fl, all.v + all.n, all.cap - all.n, &got, f);
		if (!e)
			all.n += got;
	}
	if (e) {
		vec_drop(&all);
		return e;
	}
	*ret = (struct file_map){ all.v, all.n, false };
	return OK;
}

enum err file_map_read(const char *path, struct file_map *ret, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_READ, &fl, f);

	return e ? e : read_whole(fl, ret, f);
}

static enum err map_open(const struct file *fl, struct file_map *ret, struct fault *f)
{
	void *p = MAP_FAILED;

	if (fl->bytes > SIZE_MAX)
		return no_memory(f, fl->path);
	if (!fails())
		p = mmap(NULL, (size_t)fl->bytes, PROT_READ, MAP_PRIVATE, fl->fd, 0);
	if (p == MAP_FAILED)
		return refused(f, errno, fl->path, "映射", "map");
	*ret = (struct file_map){ p, (size_t)fl->bytes, true };
	return OK;
}

enum err file_map_nameless(struct file *fl, struct file_map *ret, struct fault *f)
{
	enum err e = flush(fl, f);

	*ret = (struct file_map){ 0 };
	return e || fl->bytes == 0 ? e : map_open(fl, ret, f);
}

enum err file_map(const char *path, struct file_map *ret, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e = file_open(path, FILE_READ, &fl, f);

	if (e)
		return e;
	if (!fl->regular || fl->bytes == 0)
		return read_whole(fl, ret, f); /* a pipe, or nothing: neither can be mapped */
	return map_open(fl, ret, f);
}

void file_unmap(struct file_map *m)
{
	union {
		const uint8_t *from;
		void *to;
	} p = { m->p };

	if (m->p && m->mapped)
		munmap(p.to, m->n);
	else
		mem_drop(p.to);
	*m = (struct file_map){ 0 };
}

/* ---- names ---- */

/* The folder in which the last word of a path stands. */
static bool folder_name(const char *path, char ret[static PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + 1 : 0;

	if (n >= PATH_MAX)
		return false;
	snprintf(ret, PATH_MAX, "%.*s", (int)(n ? n : 1), n ? path : ".");
	return true;
}

static bool folder_of(const char *path, struct stat *ret)
{
	char dir[PATH_MAX];

	return folder_name(path, dir) && stat(dir, ret) == 0;
}

static bool same_inode(const struct stat *x, const struct stat *y)
{
	return x->st_dev == y->st_dev && x->st_ino == y->st_ino;
}

static const char *last_word(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool file_same(const char *a, const char *b)
{
	struct stat x, y;
	bool a_there = stat(a, &x) == 0, b_there = stat(b, &y) == 0;

	if (a_there && b_there)
		return S_ISREG(x.st_mode) && same_inode(&x, &y);
	if (a_there || b_there || strcmp(last_word(a), last_word(b)) != 0)
		return false;
	/* Neither is there yet, but each may be spelled in many ways. */
	return strcmp(a, b) == 0 || (folder_of(a, &x) && folder_of(b, &y) && same_inode(&x, &y));
}

bool file_lies_in(const char *path, const char *dir)
{
	struct stat x, y;

	return folder_of(path, &x) && stat(dir, &y) == 0 && same_inode(&x, &y);
}

bool file_lies_below(const char *path, const char *dir)
{
	char name[PATH_MAX], in[PATH_MAX], top[PATH_MAX];
	size_t n;

	if (!folder_name(path, name) || !realpath(name, in) || !realpath(dir, top))
		return false;
	n = strcmp(top, "/") == 0 ? 0 : strlen(top);
	return strncmp(in, top, n) == 0 && (in[n] == '\0' || in[n] == '/');
}

enum err file_rights_of(struct file *fl, const char *path, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return OK;
	if (fails() || fchmod(fl->fd, st.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) != 0)
		return refused(f, errno, fl->path, "设置权限于", "set the rights of");
	return OK;
}

enum err file_rename(const char *from, const char *to, struct fault *f)
{
	if (fails() || rename(from, to) != 0)
		return refused(f, errno, from, "改名", "rename");
	return OK;
}

enum err file_unlink(const char *path, struct fault *f)
{
	if (fails() || unlink(path) != 0)
		return refused(f, errno, path, "删除", "delete");
	return OK;
}

/* ---- locks ---- */

struct file_lock {
	int fd;
	char path[];
};

enum { HOLDER_BYTES = 128 };

/* "PID HOST", as note_holder writes it, or nothing. */
static enum err held_by(int fd, const char *path, struct fault *f)
{
	char text[HOLDER_BYTES] = { 0 }, *host;
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid = n > 0 ? strtol(text, &host, 10) : 0;

	if (pid <= 0)
		return fault_set(f, ERR_EXISTS, "%s：另一个进程正在使用；请等它结束",
				 "%s: in use by another process: wait until it has ended",
				 shown(path));
	host += *host == ' ';
	host[strcspn(host, "\n")] = '\0';
	return fault_set(f, ERR_EXISTS, "%s：进程 %ld（主机 %s）正在使用；请等它结束",
			 "%s: in use by process %ld on host %s: wait until it has ended",
			 shown(path), pid, host);
}

/* For the reader of a sentence only: if it cannot be written, the lock holds all the same. */
static void note_holder(int fd)
{
	char host[HOLDER_BYTES / 2] = { 0 }, text[HOLDER_BYTES];
	int n;

	(void)gethostname(host, sizeof host - 1);
	for (char *p = host; *p; p++)
		if (*p < '!' || *p > '~')
			*p = '?';
	n = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), host);
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)n, 0);
}

/* Whether fd is what stands at path: the last holder may have removed it meanwhile. */
static bool still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* Where locks are unknown (some network file systems) everybody gets one. */
static enum err lock_fd(int fd, const char *path, struct fault *f)
{
	if (fails())
		return refused(f, errno, path, "锁定", "lock");
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK || errno == ENOTSUP)
		return OK;
	return errno == EWOULDBLOCK ? held_by(fd, path, f)
				    : refused(f, errno, path, "锁定", "lock");
}

enum err file_lock(const char *path, struct file_lock **ret, struct fault *f)
{
	size_t n = strlen(path) + 1;
	struct file_lock *l = mem_take(1, sizeof *l + n);
	enum err e;

	if (!l)
		return no_memory(f, path);
	memcpy(l->path, path, n);
	for (;;) {
		l->fd = fails() ? -1 : open_again(path, O_RDWR | O_CREAT, FILE_RIGHTS);
		e = l->fd < 0 ? refused(f, errno, path, "打开", "open") : lock_fd(l->fd, path, f);
		if (!e && still_there(l->fd, path))
			break;
		if (l->fd >= 0)
			(void)close(l->fd);
		if (e) {
			mem_drop(l);
			return e;
		}
	}
	note_holder(l->fd);
	*ret = l;
	return OK;
}

void file_unlock(struct file_lock **l)
{
	if (!*l)
		return;
	(void)unlink((*l)->path); /* before it is free, so that nobody else's is removed */
	(void)close((*l)->fd);
	mem_drop(*l);
	*l = NULL;
}

enum err dir_make(const char *path, struct fault *f)
{
	struct stat st;

	if (fails())
		return refused(f, errno, path, "建立文件夹", "make the folder");
	if (mkdir(path, DIR_RIGHTS) == 0)
		return OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return OK;
	return refused(f, errno, path, "建立文件夹", "make the folder");
}

enum err dir_remove(const char *path, struct fault *f)
{
	if (!fails() && rmdir(path) == 0)
		return OK;
	return refused(f, errno, path, "删除文件夹", "remove the folder");
}

enum err dir_sync(const char *path, struct fault *f)
{
	int fd = -1, number = 0;

	if (!fails())
		fd = open_again(path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return refused(f, errno, path, "打开文件夹", "open the folder");
	if (fails() || fsync(fd) != 0)
		number = errno;
	(void)close(fd);
	if (number && !cannot_sync(number))
		return refused(f, number, path, "落盘文件夹", "sync the folder");
	return OK;
}

/* ---- the names in a folder ---- */

typedef VEC(char *) name_list;

static void names_end(name_list *names)
{
	for (size_t i = 0; i < names->n; i++)
		mem_drop(names->v[i]);
	vec_drop(names);
}

static void dir_end(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

static bool is_plain(DIR *d, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

static enum err names_read(const char *path, name_list *names, struct fault *f)
{
	CLEANUP(dir_end) DIR *d = fails() ? NULL : opendir(path);

	if (!d)
		return refused(f, errno, path, "打开文件夹", "open the folder");
	for (;;) {
		struct dirent *entry;
		char *copy;
		size_t n;

		errno = 0;
		entry = fails() ? NULL : readdir(d);
		if (!entry)
			break;
		if (!is_plain(d, entry))
			continue;
		n = strlen(entry->d_name) + 1;
		copy = mem_take(n, 1);
		if (!copy)
			return no_memory(f, path);
		memcpy(copy, entry->d_name, n);
		if (vec_push(names, copy)) {
			mem_drop(copy);
			return no_memory(f, path);
		}
	}
	return errno ? refused(f, errno, path, "读取文件夹", "read the folder") : OK;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err dir_each(const char *path, enum err (*each)(const char *name, void *arg, struct fault *f),
		  void *arg, struct fault *f)
{
	CLEANUP(names_end) name_list names = { 0 };
	enum err e = names_read(path, &names, f);

	if (e)
		return e;
	if (names.n > 1)
		qsort(names.v, names.n, sizeof names.v[0], by_bytes);
	for (size_t i = 0; i < names.n; i++) {
		e = each(names.v[i], arg, f);
		if (e)
			return e;
	}
	return OK;
}
