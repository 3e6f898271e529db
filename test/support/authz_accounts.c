/* authz_accounts.c - see authz_accounts.h. */
#include "authz_accounts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/ban.h"

static unsigned made;

static int64_t somebody(struct desk *k, enum authz_place p, char login[32])
{
	(void)snprintf(login, 32, "other%u", made++);
	return desk_account_in(k, login, 0, "", authz_area(p));
}

static void an_account(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	char login[32], id[24];

	(void)r;
	(void)snprintf(id, sizeof(id), "%lld", (long long)somebody(k, p, login));
	authz_put(ret->target, id);
	(void)snprintf(ret->body, sizeof(ret->body), "%s",
		       strstr(ret->target, "/grant") && r->method == HTTP_PUT
			       ? "{\"roles\":[\"lab\"],\"areas\":[\"430802\"]}"
			       : "");
}

static void a_log_in(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	char login[32];

	(void)r;
	(void)somebody(k, p, login);
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"login\":\"%s\",\"password\":\"" DESK_PASSWORD "\"}", login);
}

static void a_password(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"old\":\"" DESK_PASSWORD "\",\"new\":\"another-word-7\"}");
}

static void a_code(struct desk *k, const struct route *r, enum authz_place p,
		   struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof(ret->body), "{\"code\":\"123456\"}");
}

static void a_filter(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)snprintf(ret->body, sizeof(ret->body), "{\"noun\":\"toys\",\"filters\":[]}");
}

static void a_new_key(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof(ret->body),
		       "{\"agency\":\"lab\",\"area\":\"%s\",\"areas\":[\"430802\"],"
		       "\"capabilities\":[\"import\"]}",
		       authz_area(p));
}

static void a_key(struct desk *k, const struct route *r, enum authz_place p,
		  struct authz_request *ret)
{
	struct visitor nobody;
	struct area_code a;
	char id[24];

	(void)r;
	assert_int_equal(area_parse(str_of(authz_area(p)), &a), OK);
	(void)snprintf(id, sizeof(id), "%lld",
		       (long long)desk_key_in(k, capability_bit(CAP_IMPORT), "", a, &nobody));
	authz_put(ret->target, id);
}

static void no_session(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	authz_put(ret->target, "1");
}

const struct authz_probe authz_accounts[] = {
	{ "DELETE /api/v1/sessions/{id}", no_session, "absent" },
	{ "* /api/v1/accounts/{id}/password", an_account, NULL },
	{ "* /api/v1/accounts/{id}/grant", an_account, NULL },
	{ "* /api/v1/accounts/{id}/totp", an_account, NULL },
	{ "POST /api/v1/session", a_log_in, NULL },
	{ "PUT /api/v1/session/password", a_password, NULL },
	{ "PUT /api/v1/session/filters", a_filter, NULL },
	{ "PUT /api/v1/session/totp", a_code, "conflict" },
	{ "POST /api/v1/keys", a_new_key, NULL },
	{ "DELETE /api/v1/keys/{id}", a_key, NULL },
};
const size_t authz_accounts_n = ARRAY_LEN(authz_accounts);
