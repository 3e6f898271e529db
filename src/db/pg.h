/* pg.h - a connection to PostgreSQL, shared by pg.c (what it does) and pg_open.c. Private. */
#ifndef DB_PG_H
#define DB_PG_H
#include "db/inside.h"

struct pg_conn; /* libpq calls it PGconn */

enum { PG_LATE_MAX = 128 }; /* their answers fit into the socket's buffer, unread */
struct pg_late { /* a statement that was sent, and whose end nobody has seen yet */
	const char *name;
	uint64_t must;
};

struct pg {
	struct conn conn;
	struct pg_conn *h;
	struct pg_late late[PG_LATE_MAX];
	int n_late;
	bool lost;        /* it and the server no longer agree on what was asked */
	unsigned n_names; /* prepared statements are called s1, s2, ... */
};

extern const struct conn_ops pg_ops;
extern const char pg_session[]; /* what each session is set to, before anything else */
/* Look at the server, and set the session up. */
enum err pg_set_up(struct pg *p, struct fault *f);

#endif
