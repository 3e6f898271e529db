/*
 * postgres.h - a PostgreSQL cluster of the test program's own: in its temporary folder, on a Unix
 * socket, no port, nothing synced. It starts when the first database is asked for, and ends with
 * the program, even if that is killed.
 *
 * Faults are assertions. OUTPOST_POSTGRES names the folder of its programs, else the newest below
 * /usr/lib/postgresql is taken. Root becomes `postgres` for it, since initdb refuses root.
 */
#ifndef TEST_SUPPORT_POSTGRES_H
#define TEST_SUPPORT_POSTGRES_H
#include "base/base.h"

enum { POSTGRES_URL_BYTES = 512 };

/* A new, empty database owned by a role that is no superuser; its URL. */
void postgres_database(char url[POSTGRES_URL_BYTES]);
/* A new database that is as this one, to which nobody is connected. */
void postgres_copy(const char *of, char url[POSTGRES_URL_BYTES]);
/* The same database as the superuser, to do what no program of ours may. */
void postgres_as_superuser(const char *url, char ret[POSTGRES_URL_BYTES]);
#endif
