/*
 * route.h - one row a route: what it answers, who may, why, how much, and what is recorded.
 *
 *     const struct route access_session_routes[] = {
 *         { ROUTE(HTTP_DELETE, "/api/v1/session", session_end, CAP_SESSION, REACH_OWN, WHY_SELF,
 *                 0, AUDIT_ACT, "退出登录", "Sign out") },
 *     };
 *
 * A row cannot leave out who may: ROUTE takes all of them, CAP_NONE does not compile, and a table
 * with a row made by hand that says nothing is refused at start.
 *
 * Life:     rows live for ever. routes_new joins the lists of all rooms; read-only until its end.
 * Threads:  a table may be read by many.
 * Errors:   routes_new: ERR_BUG a row that contradicts itself, ERR_SYNTAX, ERR_EXISTS as
 *           http_paths_new; the fault names the row.
 */
#ifndef ACCESS_ROUTE_H
#define ACCESS_ROUTE_H
#include "access/role.h"
#include "base/base.h"
#include "http/path.h"

struct call;
struct tx;

/* Why somebody asks: the legal ground that goes into the ledger. */
enum purpose {
	WHY_NONE,
	WHY_OPEN,      /* it is no secret: areas, the API page */
	WHY_SELF,      /* one's own account */
	WHY_DUTY,      /* the caller's office in their area */
	WHY_EPIDEMIC,  /* disease control: cases and their contacts */
	WHY_ADMIN,     /* running the system */
	WHY_OVERSIGHT, /* looking whether all went right */
	WHY_N
};
const char *purpose_word(enum purpose p);

/* Whose things a route is about, and so what the area of the caller means. */
enum reach {
	REACH_NONE,
	REACH_ALL, /* of nobody in particular: the same answer for all who may */
	REACH_OWN, /* the caller's own account */
	REACH_AREA /* rows that lie in areas: the handler asks call_reach or call_scope, or the
		      answer is not sent */
};
const char *reach_word(enum reach r);

enum audit {
	AUDIT_NONE, /* changes nothing, shows nothing about a person */
	AUDIT_READ, /* shows official or personal data: one entry for each answer, see call_saw */
	AUDIT_ACT   /* changes something: the handler calls call_act, or nothing happens */
};
const char *audit_word(enum audit a);

enum route_flag {
	ROUTE_SECRET = 1, /* the answer holds a secret and is not kept for a retry */
	ROUTE_READS = 2,  /* no GET, and yet it changes nothing: runs on a snapshot */
	ROUTE_OWN_KEY = 4 /* the handler itself knows a request that it has answered before */
};

/* Runs before any transaction, on the request's own thread: big bodies, slow hashes, call->db. */
typedef enum err route_before(struct call *c, struct fault *f);
/* Runs in the transaction; on PostgreSQL perhaps again, so it leaves c->parsed as it was. */
typedef enum err route_run(struct call *c, struct tx *tx, struct fault *f);

/*
 * Runs after the transaction that followed `before`: what another process must hear, and what has
 * to be given back. `committed`: it was; else it was not, or nobody knows. `run` itself may not
 * have run, if the request was answered before.
 */
typedef void route_after(struct call *c, bool committed);

struct route {
	enum http_method method;
	const char *path; /* http/path.h: "/api/v1/areas/{code}/children" */
	route_run *run;   /* NULL: `before` does it all, without a transaction */
	enum capability need;
	enum reach reach;
	enum purpose why;
	uint32_t body_max; /* bytes; 0: no body */
	enum audit audit;
	const char *zh, *en; /* one line of help */
	/* May be left out. */
	route_before *before;
	route_after *after;
	unsigned flags;  /* enum route_flag */
	const void *arg; /* the room's own: a noun, say */
	/* Keys of the body, NULL-ended, for the API page; route_file; NULL: a noun's, or none. */
	const char *const *takes;
};
extern const char *const route_file[]; /* the body is a file */

#define ROUTE(method_, path_, run_, need_, reach_, why_, body_max_, audit_, zh_, en_) \
	.method = (method_), .path = (path_), .run = (run_), \
	.need = (need_) + 0 * (int)sizeof(char[(need_) != CAP_NONE ? 1 : -1]), \
	.reach = (reach_) + 0 * (int)sizeof(char[(reach_) != REACH_NONE ? 1 : -1]), \
	.why = (why_) + 0 * (int)sizeof(char[(why_) != WHY_NONE ? 1 : -1]), \
	.body_max = (body_max_), .audit = (audit_), .zh = (zh_), .en = (en_)

struct route_list {
	const struct route *v;
	size_t n;
};

struct routes;
MUST_CHECK enum err routes_new(const struct route_list *lists, size_t n_lists, struct routes **ret,
			       struct fault *f);
void routes_end(struct routes **r); /* for CLEANUP() */
/* The walk: for OpenAPI, the help and the permission test. In the order of the lists. */
size_t routes_n(const struct routes *r);
const struct route *routes_at(const struct routes *r, size_t i);
/* ERR_ABSENT, ERR_METHOD as http_paths_find. */
MUST_CHECK enum err routes_find(const struct routes *r, enum http_method method, struct str path,
				struct http_match *ret_match, const struct route **ret);
/* All rows as JSON, one a line: {method, path, need, reach, purpose, audit, body_max, zh, en}. */
void routes_tell(const struct routes *r, struct buf *out);

#endif
