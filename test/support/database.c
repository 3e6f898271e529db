/* database.c - see database.h. */
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct db_step *own_steps;
static size_t n_own_steps;
static unsigned n_folders;

/* What the steps made, once a program: each test gets a copy, and migrates by none of them. */
static struct {
	pid_t by;
	char *file; /* SQLite's, whole; NULL: not yet */
	size_t n;
	char url[POSTGRES_URL_BYTES]; /* empty: not yet */
} made;

static void forget_made(void)
{
	free(made.file);
	memset(&made, 0, sizeof(made));
	made.by = getpid();
}

void database_steps(const struct db_step *steps, size_t n)
{
	own_steps = steps;
	n_own_steps = n;
	forget_made();
}

enum err database_again(struct database *d, struct fault *f)
{
	db_end(&d->db);
	return db_open(&d->options, &d->db, f);
}

static int set_up(struct database *d)
{
	struct fault f = { 0 };

	d->options = (struct db_options){
		.url = d->url,
		.create = true,
		.steps = own_steps,
		.n_steps = n_own_steps,
	};
	if (db_open(&d->options, &d->db, &f) ||
	    db_migrate(d->db, (struct utc_s){ DATABASE_NOW }, &f)) {
		fprintf(stderr, "%s: %s\n", d->url, f.en);
		return -1;
	}
	return 0;
}

static int hand_out(struct database *d, void **state)
{
	*state = d;
	return set_up(d);
}

/* Made as any other, and closed: no log of it is left beside it. */
static int make(struct database *d)
{
	int bad = set_up(d);

	db_end(&d->db);
	return bad;
}

static void new_folder(char ret[POSTGRES_URL_BYTES])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(ret, POSTGRES_URL_BYTES, "sqlite:%s/db-%d-%u", tmp ? tmp : "/tmp", (int)getpid(),
		 ++n_folders);
}

static FILE *file_of(const struct database *d, const char *mode)
{
	char path[POSTGRES_URL_BYTES + 32];
	const char *folder = strchr(d->url, ':') + 1;
	FILE *f;

	(void)mkdir(folder, 0777);
	snprintf(path, sizeof(path), "%s/outpost.sqlite", folder);
	f = fopen(path, mode);
	assert(f);
	return f;
}

static int make_on_sqlite(void)
{
	struct database d = { .sqlite = true };
	FILE *f;
	long n;

	new_folder(d.url);
	if (make(&d))
		return -1;
	f = file_of(&d, "r");
	assert(fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) > 0);
	rewind(f);
	made.n = (size_t)n;
	made.file = malloc(made.n);
	assert(made.file && fread(made.file, 1, made.n, f) == made.n);
	fclose(f);
	return 0;
}

int database_on_sqlite(void **state)
{
	struct database *d = calloc(1, sizeof(*d));
	FILE *f;

	assert(d);
	d->sqlite = true;
	if (!made.file && make_on_sqlite())
		return -1;
	new_folder(d->url);
	f = file_of(d, "w");
	assert(fwrite(made.file, 1, made.n, f) == made.n);
	fclose(f);
	return hand_out(d, state);
}

int database_on_postgresql(void **state)
{
	struct database *d = calloc(1, sizeof(*d));

	assert(d);
	if (made.by != getpid()) /* a child has a cluster of its own */
		forget_made();
	if (!made.url[0]) {
		struct database first = { 0 };

		postgres_database(first.url);
		if (make(&first))
			return -1;
		memcpy(made.url, first.url, sizeof(made.url));
	}
	postgres_copy(made.url, d->url);
	return hand_out(d, state);
}

int database_gone(void **state)
{
	struct database *d = *state;

	db_close(d->db);
	free(d);
	return 0;
}
