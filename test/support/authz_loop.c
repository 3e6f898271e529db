/*
 * authz_loop.c - see authz_loop.h. Nobody who asks belongs to an organisation: whoever is let in is
 * told that, so that no cell depends on what the flow says.
 */
#include "support/authz_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypt/encode.h"
#include "engine/flow/flow.h"
#include "exhibit/blobs.h"
#include "support/authz_rows.h"

#include "base/ban.h"

static struct record_book *book;
static const struct evidence_store *store;

void authz_loop_of(struct record_book *b, const struct evidence_store *s)
{
	book = b;
	store = s;
}

static const struct sql pack = {
	.name = "test.pack",
	.text = "UPDATE tasks SET packed = $2, due = NULL WHERE id = $1",
	.args = "ib",
	.act = SQL_WRITE,
	.across = "a test",
};

static enum err pack_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct flow_task *t = arg;
	uint8_t bytes[FLOW_PACKED_BYTES];

	flow_pack(t, bytes);
	return tx_run(tx, &pack,
		      SQL_ARGS(sql_i64(t->id),
			       sql_blob((struct str){ (const char *)bytes, sizeof bytes })),
		      NULL, f);
}

/* A generic row, with its canaries, that the engine knows too. */
static int64_t a_task_in(struct desk *k, enum authz_place p)
{
	const struct flow_event raise = { .on = FLOW_ON_RAISE,
					  .turn = FLOW_ANY_TURN,
					  .actor = FLOW_HOUSE,
					  .duty = { { 1 }, { 2 }, { 1, { { 2 } } } },
					  .to = { 3 },
					  .by = FLOW_NEVER,
					  .clock = { 60, 60, 60, 60, 0, 0, 0 },
					  .evidence = FLOW_TEXT };
	struct flow_task t = { .id = authz_row_make(record_kind_of(book, "task"), p).v };
	struct flow_effects fx;
	struct fault f = { 0 };

	assert_int_equal(flow_step(&t, &raise, (struct utc_s){ k->now }, &fx), OK);
	if (db_write(k->d->db, pack_act, &t, &f))
		fail_msg("%s", f.en);
	return t.id;
}

static void of_a_task(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lld", (long long)a_task_in(k, p));
	authz_put(ret->target, text);
	if (strstr(ret->target, "{event:text}"))
		authz_put(ret->target, "accept");
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "%s",
			       strstr(ret->target, "/comments") ? "{\"text\":\"x\"}"
			       : strstr(ret->target, "/split")
				       ? "{\"reason\":\"x\",\"parts\":[{\"title\":\"xx\"},"
					 "{\"title\":\"yy\"}]}"
				       : "{\"turn\":1}");
}

/* Asked about an area. */
static void a_board(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->target, sizeof ret->target, "/api/v1/clockboard?area=%s",
		       authz_area(p));
}

static void figures(struct desk *k, const struct route *r, enum authz_place p,
		    struct authz_request *ret)
{
	(void)k;
	(void)snprintf(ret->target, sizeof ret->target, "%s?area=%s", r->path, authz_area(p));
}

static void a_new_signal(struct desk *k, const struct route *r, enum authz_place p,
			 struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof ret->body,
		       "{\"area\":\"%s\",\"sector\":\"mine\",\"rule\":\"none\",\"title\":\"xx\","
		       "\"source\":\"citizen\"}",
		       authz_area(p));
}

static void of_a_signal(struct desk *k, const struct route *r, enum authz_place p,
			struct authz_request *ret)
{
	char text[24];

	(void)k;
	(void)r;
	(void)snprintf(text, sizeof text, "%lld",
		       (long long)authz_row_make(record_kind_of(book, "signal"), p).v);
	authz_put(ret->target, text);
	authz_put(ret->target, "dismiss");
	(void)snprintf(ret->body, sizeof ret->body, "{\"turn\":1,\"reason\":\"x\"}");
}

static void no_tasks(struct desk *k, const struct route *r, enum authz_place p,
		     struct authz_request *ret)
{
	(void)k;
	(void)p;
	if (strstr(ret->target, "{event:text}"))
		authz_put(ret->target, "accept");
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "%s",
			       strstr(ret->target, "merge")
				       ? "{\"tasks\":[\"1\"],\"into\":\"2\",\"reason\":\"x\"}"
				       : "{\"tasks\":[{\"id\":\"1\",\"turn\":1}]}");
}

static void a_new_task(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	(void)k;
	(void)r;
	(void)snprintf(ret->body, sizeof ret->body,
		       "{\"area\":\"%s\",\"sector\":\"mine\",\"rule\":\"none\",\"title\":\"xx\","
		       "\"needs\":[\"text\"]}",
		       authz_area(p));
}

/* A draft: it starts for nobody who acts for no organisation, and has no tasks to follow. */
static void of_a_campaign(struct desk *k, const struct route *r, enum authz_place p,
			  struct authz_request *ret)
{
	char text[24];

	(void)k;
	(void)snprintf(text, sizeof text, "%lld",
		       (long long)authz_row_make(record_kind_of(book, "campaign"), p).v);
	authz_put(ret->target, text);
	if (strstr(ret->target, "{event:text}"))
		authz_put(ret->target, "start");
	else if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "{\"reason\":\"xx\"}");
	else if (r->method == HTTP_PUT)
		(void)snprintf(ret->body, sizeof ret->body, "id\n1\n");
}

/* ---- files ---- */

static const struct sql attach = {
	.name = "test.attach",
	.text = "INSERT INTO evidence (county, id, area, task, media, at, account, party, came, "
		"came_bytes, kept, kept_bytes, small, small_bytes) VALUES ($1, $2, $3, $2, "
		"'image/png', 1, 1, 1, $4, 1, $4, 1, $4, 1)",
	.args = "iiit",
	.act = SQL_WRITE,
};

struct attaching {
	int64_t id;
	struct area_code area;
	struct buf hex;
};

static enum err attach_act(struct tx *tx, void *arg, struct fault *f)
{
	const struct attaching *a = arg;

	return tx_run(tx, &attach,
		      SQL_ARGS(sql_i64(area_county(a->area).v), sql_i64(a->id), sql_i64(a->area.v),
			       sql_text(buf_view(&a->hex))),
		      NULL, f);
}

/* A file of the task, under the task's own number; one file of the store is enough for all. */
static void a_file_of(struct desk *k, int64_t task, enum authz_place p)
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct attaching a = { .id = task };
	struct crypt_hash hash;
	struct fault f = { 0 };

	assert_int_equal(area_parse(str_of(authz_area(p)), &a.area), OK);
	assert_int_equal(blobs_put(store->blobs, STR("x"), &hash, &f), OK);
	blobs_release(store->blobs, &hash);
	encode_hex(&hex, hash.v + 1, CRYPT_RAW_BYTES);
	a.hex = hex;
	if (db_write(k->d->db, attach_act, &a, &f))
		fail_msg("%s", f.en);
}

static void of_a_file(struct desk *k, const struct route *r, enum authz_place p,
		      struct authz_request *ret)
{
	int64_t task = a_task_in(k, p);
	char text[24];

	a_file_of(k, task, p);
	(void)snprintf(text, sizeof text, "%lld", (long long)task);
	authz_put(ret->target, text);
	authz_put(ret->target, text);
	if (r->method == HTTP_POST)
		(void)snprintf(ret->body, sizeof ret->body, "{\"reason\":\"where was it taken\"}");
}

static void a_new_file(struct desk *k, const struct route *r, enum authz_place p,
		       struct authz_request *ret)
{
	of_a_task(k, r, p, ret);
	(void)snprintf(ret->headers, sizeof ret->headers, "Content-Type: text/plain\r\n");
}

const struct authz_probe authz_loop[] = {
	{ "POST /api/v1/tasks/{id}/files", a_new_file, "conflict" },
	{ "GET /api/v1/tasks/{id}/files/{file}", of_a_file, NULL },
	{ "GET /api/v1/tasks/{id}/files/{file}/thumb", of_a_file, NULL },
	{ "POST /api/v1/tasks/{id}/files/{file}/original", of_a_file, NULL },
	{ "POST /api/v1/tasks", a_new_task, "conflict" },
	{ "POST /api/v1/tasks/{id}/do/{event:text}", of_a_task, "conflict" },
	{ "POST /api/v1/tasks/{id}/split", of_a_task, "conflict" },
	{ "POST /api/v1/tasks/{id}/comments", of_a_task, NULL },
	{ "PUT /api/v1/tasks/{id}/watch", of_a_task, NULL },
	{ "DELETE /api/v1/tasks/{id}/watch", of_a_task, NULL },
	{ "POST /api/v1/tasks/do/{event:text}", no_tasks, "conflict" },
	{ "POST /api/v1/tasks/merge", no_tasks, "conflict" },
	{ "POST /api/v1/signals", a_new_signal, "conflict" },
	{ "POST /api/v1/signals/{id}/do/{event:text}", of_a_signal, "conflict" },
	{ "GET /api/v1/pushes/accuracy", figures, NULL },
	{ "GET /api/v1/pushes/accuracy.csv", figures, NULL },
	{ "GET /api/v1/inbox", no_tasks, NULL },
	{ "GET /api/v1/clocks", no_tasks, NULL },
	{ "GET /api/v1/clockboard", a_board, NULL },
	{ "POST /api/v1/campaigns/{id}/events/{event:text}", of_a_campaign, "conflict" },
	{ "GET /api/v1/campaigns/{id}/coverage", of_a_campaign, NULL },
	{ "GET /api/v1/campaigns/{id}/gaps", of_a_campaign, NULL },
	{ "GET /api/v1/campaigns/{id}/scope", of_a_campaign, NULL },
	{ "POST /api/v1/campaigns/{id}/scope", of_a_campaign, "conflict" },
	{ "PUT /api/v1/campaigns/{id}/file", of_a_campaign, "conflict" },
};
const size_t authz_loop_n = ARRAY_LEN(authz_loop);
