/* authz_intake.c - see authz_intake.h. */
#include "support/authz_intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "intake/batch.h"
#include "intake/feed.h"
#include "intake/likeness.h"

#include "base/ban.h"

static const struct record_book *book;
static struct desk *desk;
static unsigned made;

void authz_intake_of(const struct record_book *b, struct desk *k)
{
	book = b;
	desk = k;
}

struct put {
	const struct noun *n;
	const void *row;
};

static enum err put_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct put *p = arg;

	return record_put(book, tx, p->n, p->row, f);
}

static void put(const struct noun *n, const void *row)
{
	struct put p = { .n = n, .row = row };
	struct database *d = desk->d;

	MUST(db_write(d->db, put_act, &p, &d->fault));
}

static struct record head_in(enum authz_place p, int state)
{
	struct record r = { .id = record_id_new((struct record_book *)(uintptr_t)book),
			    .version = 1,
			    .state = state,
			    .created_at = { DATABASE_NOW },
			    .updated_at = { DATABASE_NOW } };

	assert_int_equal(area_parse(str_of(authz_area(p)), &r.area), OK);
	return r;
}

static void id_of(struct authz_request *ret, int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lld", (long long)id);
	authz_put(ret->target, text);
}

static int64_t a_feed_in(enum authz_place p)
{
	static char key[24];
	struct feed x;

	(void)snprintf(key, sizeof key, "%lld", (long long)desk->key[p != AUTHZ_NO_AREAS]);
	noun_blank(&feed_noun, &x);
	x.record = head_in(p, FEED_ACTIVE);
	x.name = STR("a feed");
	x.brings = FEED_COUNTS;
	x.api_key = str_of(key);
	put(&feed_noun, &x);
	return x.record.id.v;
}

static void a_feed(struct desk *k, const struct route *r, enum authz_place p,
		   struct authz_request *ret)
{
	(void)k;
	id_of(ret, a_feed_in(p));
	if (r->method != HTTP_POST)
		return;
	(void)snprintf(ret->headers, sizeof ret->headers, "Idempotency-Key: a%u\r\n", made++);
	(void)snprintf(ret->body, sizeof ret->body, "day,confirmed_total,place\n2026-09-01,%u,x\n",
		       made);
}

static void a_batch(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	struct batch b;

	(void)k;
	noun_blank(&batch_noun, &b);
	b.record = head_in(p, strstr(r->path, "re") ? BATCH_RECEIVED : BATCH_HELD);
	b.feed.v = a_feed_in(p);
	b.sender_id = STR("a");
	put(&batch_noun, &b);
	id_of(ret, b.record.id.v);
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "{\"why\":\"a wrong file\"}");
	if (strstr(r->path, "release"))
		ret->body[0] = '\0';
}

static void a_likeness(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	struct likeness x;

	(void)k;
	(void)r;
	noun_blank(&likeness_noun, &x);
	x.record = head_in(p, LIKENESS_OPEN);
	x.subject.v = 11;
	x.other.v = 12;
	put(&likeness_noun, &x);
	id_of(ret, x.record.id.v);
}

static void all_feeds(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)p;
	(void)ret;
}

/* Let in, and told that nothing waits, that it is not registered, that the vault is away. */
const struct authz_probe authz_intake[] = {
	{ "POST /api/v1/feeds/{id}/batches", a_feed, NULL },
	{ "GET /api/v1/feeds/{id}/fields", a_feed, NULL },
	{ "GET /api/v1/feeds/health", all_feeds, NULL },
	{ "GET /api/v1/batches/{id}/refused", a_batch, NULL },
	{ "GET /api/v1/batches/{id}/findings", a_batch, NULL },
	{ "POST /api/v1/batches/{id}/release", a_batch, "conflict" },
	{ "POST /api/v1/batches/{id}/reject", a_batch, "conflict" },
	{ "GET /api/v1/batches/{id}/recall", a_batch, "corrupt" },
	{ "POST /api/v1/batches/{id}/recall", a_batch, "corrupt" },
	{ "POST /api/v1/likenesses/{id}/pair", a_likeness, NULL },
};
const size_t authz_intake_n = ARRAY_LEN(authz_intake);
