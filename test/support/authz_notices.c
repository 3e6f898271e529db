/*
 * authz_notices.c - see authz_notices.h. Nobody who asks was told anything: whoever is let in hears
 * that there is no such notice.
 */
#include "support/authz_notices.h"

#include <stdio.h>
#include <string.h>

#include "base/ban.h"

static void as_it_is(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)ret;
}

static void nobodys(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	(void)k;
	(void)p;
	if (strstr(r->path, "{id}"))
		authz_put(ret->target, "7");
	else
		(void)snprintf(ret->body, sizeof ret->body, "{\"notices\":[\"7\"]}");
}

static void a_wish(struct desk *k, const struct route *r, enum authz_place p,
		   struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof ret->body, "{\"mail\":\"a@example.gov.cn\"}");
}

static void a_board(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->target, sizeof ret->target, "/api/v1/notices/board?area=%s",
		       authz_area(p));
}

const struct authz_probe authz_notices[] = {
	{ "GET /api/v1/notices", as_it_is, NULL },
	{ "GET /api/v1/notices/count", as_it_is, NULL },
	{ "GET /api/v1/notices/settings", as_it_is, NULL },
	{ "PUT /api/v1/notices/settings", a_wish, NULL },
	{ "POST /api/v1/notices/{id}/read", nobodys, "absent" },
	{ "POST /api/v1/notices/{id}/confirm", nobodys, "absent" },
	{ "POST /api/v1/notices/read", nobodys, "absent" },
	{ "POST /api/v1/notices/confirm", nobodys, "absent" },
	{ "GET /api/v1/notices/board", a_board, NULL },
};
const size_t authz_notices_n = ARRAY_LEN(authz_notices);
