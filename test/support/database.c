/* database.c - see database.h. */
#include "database.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct db_step *own_steps;
static size_t n_own_steps;
static unsigned n_folders;

void database_steps(const struct db_step *steps, size_t n)
{
	own_steps = steps;
	n_own_steps = n;
}

enum err database_again(struct database *d, struct fault *f)
{
	db_end(&d->db);
	return db_open(&d->options, &d->db, f);
}

static int set_up(struct database *d, void **state)
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
	*state = d;
	return 0;
}

int database_on_sqlite(void **state)
{
	struct database *d = calloc(1, sizeof(*d));
	const char *tmp = getenv("TMPDIR");

	assert(d);
	d->sqlite = true;
	snprintf(d->url, sizeof(d->url), "sqlite:%s/db-%d-%u", tmp ? tmp : "/tmp", (int)getpid(),
		 ++n_folders);
	return set_up(d, state);
}

int database_on_postgresql(void **state)
{
	struct database *d = calloc(1, sizeof(*d));

	assert(d);
	postgres_database(d->url);
	return set_up(d, state);
}

int database_gone(void **state)
{
	struct database *d = *state;

	db_close(d->db);
	free(d);
	return 0;
}
