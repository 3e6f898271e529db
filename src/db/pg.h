/* pg.h - a connection to PostgreSQL, shared by pg.c (what it does) and pg_open.c. Private. */
#ifndef DB_PG_H
#define DB_PG_H
#include "db/inside.h"

struct pg_conn; /* libpq calls it PGconn */

struct pg {
	struct conn conn;
	struct pg_conn *h;
	unsigned n_names; /* prepared statements are called s1, s2, ... */
};

extern const struct conn_ops pg_ops;
/* Look at the server, and set the session up. */
enum err pg_set_up(struct pg *p, struct fault *f);

#endif
