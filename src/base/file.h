/*
 * file.h - the one layer through which files are touched.
 *
 * Every operation can be made to fail by countdown (file_fail_at), so that a test can run an act
 * with its 1st, 2nd, ... n-th operation failing or the process dying there. A failed sync is
 * final: the writer must give up, never retry and go on.
 *
 * Memory:   file_map gives a read-only mapping; file_map_read reads the whole file into memory
 *           instead (for pipes). Both are released by file_unmap.
 * Errors:   ERR_ABSENT, ERR_EXISTS, ERR_IO with the path and the system's word in the fault.
 * Threads:  each struct file belongs to one thread.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/base.h"
#include "base/text.h"

struct file; /* an open file, read or write, sequential or by offset */

enum file_mode {
	FILE_READ,    /* must exist; "-" is standard input */
	FILE_NEW,     /* must not exist */
	FILE_SECRET,  /* must not exist; nobody but its owner may read it */
	FILE_APPEND,  /* created if absent; what is written goes behind what is there */
	FILE_REPLACE, /* created or emptied; "-" is standard output */
	FILE_HELD,    /* created or emptied, and held until it is closed: ERR_EXISTS for others */
	FILE_NAMELESS /* in folder `path`, where nobody sees it; gone when it is closed */
};

MUST_CHECK enum err file_open(const char *path, enum file_mode mode, struct file **ret,
			      struct fault *f);
/* Read up to n bytes; *ret_n is 0 only at the end of the file. */
MUST_CHECK enum err file_read(struct file *fl, void *p, size_t n, size_t *ret_n, struct fault *f);
MUST_CHECK enum err file_write(struct file *fl, const void *p, size_t n, struct fault *f);
MUST_CHECK enum err file_write_at(struct file *fl, uint64_t at, const void *p, size_t n,
				  struct fault *f);
MUST_CHECK enum err file_sync(struct file *fl, struct fault *f);
MUST_CHECK enum err file_close(struct file **fl, struct fault *f); /* flushes; sets *fl NULL */
void file_end(struct file **fl);            /* for CLEANUP(): closes, drops what was not flushed */
uint64_t file_bytes(const struct file *fl); /* size if it is a regular file, else 0 */
bool file_is_private(
	const struct file *fl); /* when opened: only its owner could read or write it */

struct file_map {
	const uint8_t *p;
	size_t n;
	bool mapped;
};
MUST_CHECK enum err file_map(const char *path, struct file_map *ret, struct fault *f);
MUST_CHECK enum err file_map_read(const char *path, struct file_map *ret, struct fault *f);
/* What was written so far to a nameless file. */
MUST_CHECK enum err file_map_nameless(struct file *fl, struct file_map *ret, struct fault *f);
void file_unmap(struct file_map *m); /* for CLEANUP() too */

/*
 * Be the only one to hold `path`, a file made for that alone; ERR_EXISTS, with who holds it, if
 * another process or another lock of this one does. A process that dies holds nothing.
 */
struct file_lock;
MUST_CHECK enum err file_lock(const char *path, struct file_lock **ret, struct fault *f);
void file_unlock(struct file_lock **l); /* for CLEANUP(): removes it */

/*
 * Whether both mean one file, there or yet to be, so that writing one would lose the other; a
 * device is none. Whether a path leads right into a folder; whether into it or one below it.
 */
bool file_same(const char *a, const char *b);
bool file_lies_in(const char *path, const char *dir);
bool file_lies_below(const char *path, const char *dir);
/* Give an open file the rights of `path`, if that is there: nobody sees more than before. */
MUST_CHECK enum err file_rights_of(struct file *fl, const char *path, struct fault *f);
MUST_CHECK enum err file_rename(const char *from, const char *to, struct fault *f);
MUST_CHECK enum err file_unlink(const char *path, struct fault *f);
MUST_CHECK enum err dir_make(const char *path, struct fault *f);   /* existing is fine */
MUST_CHECK enum err dir_remove(const char *path, struct fault *f); /* an empty one */
MUST_CHECK enum err dir_sync(const char *path, struct fault *f);
/* Call `each` for every plain file name in a folder, sorted by bytes. */
MUST_CHECK enum err dir_each(const char *path,
			     enum err (*each)(const char *name, void *arg, struct fault *f),
			     void *arg, struct fault *f);

/* Fail (or, with `die`, end the process by SIGKILL at) the k-th operation from now; 0 = off. */
void file_fail_at(uint64_t k, bool die);
uint64_t file_calls(void);
#endif
