/* desk.c - see desk.h. */
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json_read.h"
#include "base/memory.h"
#include "http/http.h"
#include "ledger/ledger.h"

#include "base/ban.h"

static struct str view(const char *s)
{
	return str_of(s ? s : "");
}

static int64_t desk_now_ns(void *arg)
{
	const struct desk *k = arg;

	return __atomic_load_n(&k->now, __ATOMIC_SEQ_CST) * 1000000000;
}

struct clock desk_clock(struct desk *k)
{
	return (struct clock){ desk_now_ns, k };
}

void desk_pass(struct desk *k, int64_t s)
{
	__atomic_add_fetch(&k->now, s, __ATOMIC_SEQ_CST);
}

static void no_log(void *arg, struct str lines)
{
	(void)arg;
	(void)lines;
}

static enum err page(void *arg, struct http_request *rq, struct http_reply *rp, struct fault *f)
{
	(void)arg;
	(void)rq;
	(void)f;
	rp->type = "text/plain";
	buf_lit(&rp->body, "a page");
	return OK;
}

static void arm(const struct desk *k, uint64_t at)
{
	if (k->strike)
		k->strike(at, k->fail_on);
	else
		mem_fail_at(at, k->fail_on);
}

/*
 * Between these two nobody takes memory but the server, since its client waits. What fails for good
 * does so in the second alone: if the server gave up in between, nobody would end it.
 */
static enum err desk_begin(void *arg, struct http_request *rq, struct http_plan *plan,
			   struct http_reply *rp, struct fault *f)
{
	struct desk *k = arg;
	enum err e;

	if (k->fail_at && !k->fail_on)
		arm(k, k->fail_at);
	e = dispatch_begin(k->dispatch, rq, plan, rp, f);
	if (e && k->fail_at)
		arm(k, 0);
	return e;
}

static enum err desk_handle(void *arg, struct http_request *rq, struct http_reply *rp,
			    struct fault *f)
{
	struct desk *k = arg;
	enum err e;

	if (k->fail_at && k->fail_on)
		arm(k, k->fail_at);
	e = dispatch_handle(k->dispatch, rq, rp, f);
	if (k->fail_at)
		arm(k, 0);
	return e;
}

static void must(enum err e, const struct fault *f)
{
	if (e)
		fail_msg("%s: %s", err_word(e), f->en);
}

static void open_dispatch(struct desk *k, const struct route_list *more, size_t n_more)
{
	struct route_list lists[9] = { dispatch_routes_session, dispatch_routes_self,
				       dispatch_routes_account, dispatch_routes_key,
				       dispatch_routes_filter };
	struct dispatch_options o = {
		.db = k->d->db,
		.clock = desk_clock(k),
		.zone = k->zone,
		.house = k,
		.page = page,
	};
	struct fault f = { 0 };

	assert_in_range(n_more, 0, 4);
	for (size_t i = 0; i < n_more; i++)
		lists[5 + i] = more[i];
	must(routes_new(lists, 5 + n_more, &k->routes, &f), &f);
	must(policy_new(&k->choice, &k->policy), &f);
	o.routes = k->routes;
	o.policy = k->policy;
	must(dispatch_new(&o, &k->dispatch), &f);
}

static void begin(struct desk *k, struct database *d)
{
	k->d = d;
	k->now = DATABASE_NOW;
	if (!k->choice.issuer) {
		k->choice = policy_defaults();
		k->choice.cost = (struct password_cost){ 1, 8192 };
		crypt_key_new(CRYPT_WORLD, &k->choice.chance, &k->choice.key);
	}
	assert_int_equal(arena_new(64 << 20, &k->arena), OK);
	assert_int_equal(zone_open("+08:00", &k->zone, NULL), OK);
}

static void open_door(struct desk *k, struct clock wall)
{
	struct http_options h = http_defaults();
	struct fault f = { 0 };

	h.listen = "127.0.0.1:0";
	h.wall = wall;
	h.log = no_log;
	h.begin = desk_begin;
	h.handler = desk_handle;
	h.arg = k;
	must(http_open(&h, &k->http, &f), &f);
	k->port = http_port(k->http);
}

void desk_open(struct desk *k, struct database *d, const struct route_list *more, size_t n_more)
{
	begin(k, d);
	open_dispatch(k, more, n_more);
	open_door(k, desk_clock(k));
}

void desk_beside(struct desk *k, struct dispatch *dispatch, struct clock wall)
{
	assert_true(k->guest && !k->http);
	k->dispatch = dispatch;
	open_door(k, wall);
}

/* Its policy hashes passwords at little cost; the server takes the cost from the hash. */
void desk_join(struct desk *k, struct database *d, struct routes *routes, uint16_t port)
{
	struct fault f = { 0 };

	begin(k, d);
	k->guest = true;
	must(policy_new(&k->choice, &k->policy), &f);
	k->routes = routes;
	k->port = port;
}

void desk_close(struct desk *k)
{
	if (k->http)
		assert_true(http_stop(k->http, 20));
	http_end(&k->http);
	if (!k->guest) {
		dispatch_end(&k->dispatch);
		routes_end(&k->routes);
	}
	policy_end(&k->policy);
	arena_end(&k->arena);
	zone_end(&k->zone);
}

/* ---- people ---- */

struct made {
	struct desk *k;
	struct account_new n;
	uint32_t roles;
	struct scope scope;
	char hash[PASSWORD_TEXT_BYTES];
};

static enum err make(struct tx *tx, void *arg, struct fault *f)
{
	struct made *m = arg;
	struct utc_s now = { m->k->now };
	struct account a;
	enum err e;

	if ((e = account_make(tx, &m->n, now, f)) ||
	    (e = account_at(tx, m->n.id, m->k->arena, &a, f)) ||
	    (e = account_password(tx, &a, m->hash, false, 0, now, f)))
		return e;
	return account_grant(tx, &a, m->roles, &m->scope, f);
}

static struct scope scope_from(const char *areas)
{
	struct scope s = { 0 };
	struct fault f = { 0 };

	must(scope_parse(view(areas), &s, &f), &f);
	return s;
}

int64_t desk_account_in(struct desk *k, const char *login, uint32_t roles, const char *areas,
			const char *home)
{
	struct made m = { .k = k, .roles = roles, .scope = scope_from(areas) };
	struct fault f = { 0 };

	m.n = (struct account_new){ .id = policy_id_new(k->policy, (struct utc_s){ k->now }),
				    .login = view(login),
				    .name = view(login),
				    .by = 1 };
	assert_int_equal(area_parse(view(home), &m.n.area), OK);
	must(policy_password_hash(k->policy, STR(DESK_PASSWORD), m.hash, &f), &f);
	must(db_write(k->d->db, make, &m, &f), &f);
	return m.n.id;
}

int64_t desk_account(struct desk *k, const char *login, uint32_t roles, const char *areas)
{
	return desk_account_in(k, login, roles, areas, "430802");
}

void desk_sign_in(struct desk *k, const char *login, struct visitor *ret)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	struct str cookie;
	char body[128];
	const char *end;

	(void)snprintf(body, sizeof(body), "{\"login\":\"%s\",\"password\":\"" DESK_PASSWORD "\"}",
		       login);
	desk_ask(k, NULL, "POST", "/api/v1/session", NULL, body, &a);
	if (a.status != 200)
		fail_msg("%s cannot sign in: %d %.*s", login, a.status, (int)a.body.n, a.body.p);
	cookie = answer_header(&a, "Set-Cookie");
	assert_non_null(cookie.p);
	end = memchr(cookie.p, ';', cookie.n);
	assert_non_null(end);
	(void)snprintf(ret->headers, sizeof(ret->headers), "Cookie: %.*s\r\n",
		       (int)(end - cookie.p), cookie.p);
}

struct made_key {
	struct key k;
	struct bearer b;
};

static enum err make_key(struct tx *tx, void *arg, struct fault *f)
{
	struct made_key *m = arg;

	return key_make(tx, &m->k, &m->b, f);
}

int64_t desk_key(struct desk *k, uint64_t capabilities, const char *areas, struct visitor *ret)
{
	return desk_key_in(k, capabilities, areas, (struct area_code){ 430802000000000 }, ret);
}

int64_t desk_key_in(struct desk *k, uint64_t capabilities, const char *areas, struct area_code home,
		    struct visitor *ret)
{
	struct made_key m = { .b = { .kind = BEARER_KEY } };
	CLEANUP(buf_release) struct buf text = { 0 };
	struct fault f = { 0 };

	m.k = (struct key){ .id = policy_id_new(k->policy, (struct utc_s){ k->now }),
			    .area = home,
			    .agency = STR("agency"),
			    .capabilities = capabilities,
			    .scope = scope_from(areas),
			    .made_at = { k->now },
			    .made_by = 1,
			    .ends_at = { k->now + 86400 } };
	crypt_random_fill(&k->choice.chance, m.b.secret, sizeof(m.b.secret));
	must(db_write(k->d->db, make_key, &m, &f), &f);
	bearer_text(&m.b, &text);
	(void)snprintf(ret->headers, sizeof(ret->headers), "Authorization: Bearer %.*s\r\n",
		       (int)text.n, text.p);
	k->key[areas[0] != '\0'] = m.k.id;
	return m.k.id;
}

/* ---- requests ---- */

void desk_ask(const struct desk *k, const struct visitor *v, const char *method, const char *target,
	      const char *headers, const char *body, struct answer *ret)
{
	char all[2048];

	(void)snprintf(all, sizeof(all), "%s%s", v ? v->headers : "", headers ? headers : "");
	assert_true(client_ask(k->port, method, target, all, body ? body : "", ret));
}

int desk_status(const struct desk *k, const struct visitor *v, const char *method,
		const char *target, const char *body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	desk_ask(k, v, method, target, NULL, body, &a);
	return a.status;
}

/* ---- what was recorded ---- */

struct counted {
	struct area_code county;
	const char *action;
	size_t n;
};

static enum err count_one(const struct ledger_entry *en, const struct crypt_hash *hash, void *arg,
			  struct fault *f)
{
	struct counted *c = arg;

	(void)hash;
	(void)f;
	c->n += str_eq(en->action, str_of(c->action));
	return OK;
}

static enum err count(struct tx *tx, void *arg, struct fault *f)
{
	struct counted *c = arg;

	c->n = 0;
	return ledger_list(tx,
			   &(struct ledger_page){ .county = c->county, .limit = LEDGER_PAGE_MAX },
			   count_one, c, f);
}

size_t desk_entries(const struct desk *k, const char *county, const char *action)
{
	struct counted c = { .action = action };
	struct fault f = { 0 };

	assert_int_equal(area_parse(view(county), &c.county), OK);
	must(db_read(k->d->db, count, &c, &f), &f);
	return c.n;
}

static const struct json_node *find(const struct json_node *n, const char *key)
{
	for (size_t i = 0; i < n->n; i++) {
		const struct json_node *x = &n->items[i];

		if (str_eq(x->key, str_of(key)))
			return x;
		if ((x = find(x, key)))
			return x;
	}
	return NULL;
}

const char *desk_json(const struct desk *k, const struct answer *a, const char *key)
{
	const struct json_node *n;

	if (json_read(buf_view(&a->body), &json_limits_request, k->arena, &n, NULL) != OK)
		return "";
	n = find(n, key);
	if (!n)
		return "";
	if (n->is == JSON_IS_TEXT)
		return arena_copy(k->arena, n->text.p, n->text.n);
	return n->is == JSON_IS_BOOL ? (n->i ? "true" : "false") : "?";
}
