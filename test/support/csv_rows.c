/*
 * csv_rows.c - see csv_rows.h. A .gz is read through gzip(1), so that no test needs a library.
 */
#include "csv_rows.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(call) \
	do { \
		enum err must_ = (call); \
		assert(must_ == OK); \
	} while (0)

static void read_all(int fd, struct buf *out)
{
	char part[65536];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		buf_put(out, part, (size_t)n);
	assert(n == 0 && out->failed == OK);
}

static void read_gz(const char *path, struct buf *out)
{
	char *argv[] = { (char[]){ "gzip" }, (char[]){ "-dc" }, strdup(path), NULL };
	char *env[] = { NULL };
	posix_spawn_file_actions_t acts;
	int ends[2], status, rc;
	pid_t child;

	assert(argv[2]);
	rc = pipe2(ends, O_CLOEXEC);
	assert(rc == 0);
	rc = posix_spawn_file_actions_init(&acts);
	assert(rc == 0);
	rc = posix_spawn_file_actions_adddup2(&acts, ends[1], STDOUT_FILENO);
	assert(rc == 0);
	rc = posix_spawnp(&child, "gzip", &acts, NULL, argv, env);
	assert(rc == 0);
	close(ends[1]);
	read_all(ends[0], out);
	close(ends[0]);
	posix_spawn_file_actions_destroy(&acts);
	rc = waitpid(child, &status, 0);
	assert(rc == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	free(argv[2]);
}

void csv_rows_open(struct csv_rows *r, const char *path)
{
	size_t n = strlen(path);
	bool more;

	memset(r, 0, sizeof(*r));
	if (n > 3 && strcmp(path + n - 3, ".gz") == 0) {
		read_gz(path, &r->bytes);
	} else {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		assert(fd >= 0);
		read_all(fd, &r->bytes);
		close(fd);
	}
	MUST(csv_open_bytes(buf_view(&r->bytes), ',', &r->csv));
	MUST(csv_next(r->csv, &r->record, &more, NULL));
	assert(more && !r->record.refusal_en && r->record.n_fields <= ROWS_COLUMNS);
	r->n_columns = r->record.n_fields;
	for (size_t i = 0; i < r->n_columns; i++) {
		struct str name = r->record.fields[i];

		assert(name.n < ROWS_NAME_BYTES);
		memcpy(r->column[i], name.p, name.n);
	}
}

bool csv_rows_next(struct csv_rows *r)
{
	bool more;

	MUST(csv_next(r->csv, &r->record, &more, NULL));
	if (!more)
		return false;
	assert(!r->record.refusal_en && r->record.n_fields == r->n_columns);
	return true;
}

struct str csv_rows_str(const struct csv_rows *r, const char *column)
{
	size_t i = 0;

	while (i < r->n_columns && strcmp(r->column[i], column) != 0)
		i++;
	assert(i < r->n_columns);
	return r->record.fields[i];
}

int64_t csv_rows_i64(const struct csv_rows *r, const char *column)
{
	int64_t v;

	MUST(str_i64(csv_rows_str(r, column), &v));
	return v;
}

void csv_rows_end(struct csv_rows *r)
{
	csv_end(&r->csv);
	buf_release(&r->bytes);
}
