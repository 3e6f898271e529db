/*
 * lite_log.c - what a commit writes into SQLite's log, in one call.
 *
 * SQLite writes a head of 24 bytes and then the page, for each page: a group of forty acts is some
 * hundred calls, a quarter of the writer's time. So while COMMIT runs, and only then, its log has
 * methods of ours: what is written end to end is gathered, and handed on before the file is synced
 * or read. With synchronous=FULL pages are in SQLite's index, where others find them, only after
 * that sync; with less there would be no such moment, and nothing may be gathered. Nor where it
 * fills the sector behind its sync.
 *
 * The write lock is held all the while: no other process writes where this will be written.
 */
#include "db/lite_log.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

enum { GATHER_BYTES = 124 * 1024 }; /* SQLite's files take less than 128 KiB a call */

struct lite_log {
	sqlite3_io_methods ours; /* first: a file's methods lead to what it gathers */
	const sqlite3_io_methods *below;
	sqlite3_file *file; /* NULL: nothing is being gathered */
	sqlite3_int64 at;
	size_t n;
	char bytes[GATHER_BYTES]; /* n of them belong at `at` */
};

static struct lite_log *log_of(sqlite3_file *f)
{
	return (struct lite_log *)f->pMethods;
}

static int hand_on(struct lite_log *g)
{
	int n = (int)g->n;

	g->n = 0;
	return n ? g->below->xWrite(g->file, g->bytes, n, g->at) : SQLITE_OK;
}

static int do_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct lite_log *g = log_of(f);
	size_t more = (size_t)n;
	int rc = SQLITE_OK;

	if (at != g->at + (sqlite3_int64)g->n || more > GATHER_BYTES - g->n)
		rc = hand_on(g);
	if (rc != SQLITE_OK || more > GATHER_BYTES)
		return rc ? rc : g->below->xWrite(f, p, n, at);
	if (g->n == 0)
		g->at = at;
	memcpy(g->bytes + g->n, p, more);
	g->n += more;
	return SQLITE_OK;
}

static int do_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	int rc = hand_on(log_of(f));

	return rc ? rc : log_of(f)->below->xRead(f, p, n, at);
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	int rc = hand_on(log_of(f));

	return rc ? rc : log_of(f)->below->xTruncate(f, n);
}

static int do_sync(sqlite3_file *f, int flags)
{
	int rc = hand_on(log_of(f));

	return rc ? rc : log_of(f)->below->xSync(f, flags);
}

static int do_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	int rc = hand_on(log_of(f));

	return rc ? rc : log_of(f)->below->xFileSize(f, ret);
}

static sqlite3_file *file_of(sqlite3 *h, int which)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(h, "main", which, &f) != SQLITE_OK || !f || !f->pMethods)
		return NULL;
	return f;
}

void lite_log_gather(struct lite_log *g, sqlite3 *h)
{
	sqlite3_file *data = file_of(h, SQLITE_FCNTL_FILE_POINTER);
	sqlite3_file *file = file_of(h, SQLITE_FCNTL_JOURNAL_POINTER);

	if (!data || !file || file->pMethods->iVersion > 3 ||
	    !(data->pMethods->xDeviceCharacteristics(data) & SQLITE_IOCAP_POWERSAFE_OVERWRITE))
		return;
	g->file = file;
	g->below = file->pMethods;
	g->ours = *g->below;
	g->ours.xWrite = do_write;
	g->ours.xRead = do_read;
	g->ours.xTruncate = do_truncate;
	g->ours.xSync = do_sync;
	g->ours.xFileSize = do_size;
	file->pMethods = &g->ours;
}

bool lite_log_done(struct lite_log *g)
{
	bool clean = g->n == 0;

	if (g->file)
		g->file->pMethods = g->below;
	g->file = NULL;
	g->n = 0;
	return clean;
}

enum err lite_log_new(struct lite_log **ret)
{
	*ret = mem_take(1, sizeof(**ret));
	return *ret ? OK : ERR_MEMORY;
}

void lite_log_end(struct lite_log **g)
{
	mem_drop(*g);
	*g = NULL;
}
