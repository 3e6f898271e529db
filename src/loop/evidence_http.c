/* evidence_http.c - a file comes to a task, is shown, and, with a reason, is shown as it came. */
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "ledger/ledger.h"
#include "loop/evidence.h"
#include "loop/inside.h"

#include "base/ban.h"

enum { BODY = PICTURE_BYTES_MAX, REASON_BODY = 4 << 10, REASON_MIN = 6, REASON_BYTES = 600 };

static const struct evidence_store *store_of(const struct call *c)
{
	return &loop_of(c)->o.evidence;
}

/* ---- one comes ------------------------------------------------------------------------------- */

/* Without what follows it, as in "text/plain; charset=utf-8". */
static enum err media_of(const struct http_request *rq, enum evidence_media *ret, struct fault *f)
{
	struct str type = http_header(rq, "Content-Type");
	const char *end = type.n ? memchr(type.p, ';', type.n) : NULL;

	type.n = end ? (size_t)(end - type.p) : type.n;
	while (type.n && type.p[type.n - 1] == ' ')
		type.n--;
	for (enum evidence_media m = EVIDENCE_JPEG; m < EVIDENCE_MEDIA_N; m++)
		if (str_eq(type, str_of(evidence_media_type(m))))
			return *ret = m, OK;
	return fault_set(f, ERR_TYPE, "只接收 JPEG、PNG、PDF 和纯文本（请用 Content-Type 说明）",
			 "JPEG, PNG, PDF and plain text are taken; Content-Type says which");
}

/* May they add to this task now? Asked before the work is done, and again in the transaction. */
static enum err may_add(struct call *c, struct tx *tx, struct evidence *e, struct fault *f)
{
	struct flow_event ev = { .on = FLOW_ON_PROVE };
	struct work w;
	enum err err;

	if ((err = task_of_path(c, tx, &w, f)) || (err = work_person(c, tx, &ev, f)))
		return err;
	if (w.t.phase == FLOW_CLOSED)
		return fault_set(f, ERR_CONFLICT, "任务已办结，不能再附文件",
				 "the task is closed and takes no more files");
	e->task = w.row.record.id.v;
	e->area = w.row.record.area;
	e->party = ev.party.v;
	e->own = ev.party.v == w.t.owner.v;
	e->account = ev.person.v;
	return OK;
}

struct asked {
	struct call *c;
	struct evidence *e;
};

static enum err ask_act(struct tx *tx, void *arg, struct fault *f)
{
	struct asked *a = arg;

	return may_add(a->c, tx, a->e, f);
}

static enum err file_before(struct call *c, struct fault *f)
{
	struct evidence_coming *x = arena_take(c->a, 1, sizeof *x);
	struct evidence unused;
	struct asked a = { c, &unused };
	enum evidence_media m = EVIDENCE_JPEG;
	enum err e;

	if (!x)
		return ERR_MEMORY;
	c->parsed = x;
	if ((e = media_of(c->rq, &m, f)) || (e = db_read(c->db, ask_act, &a, f)))
		return e;
	if ((e = evidence_take(store_of(c), m, c->rq->body, x, f)))
		evidence_settle(x, c->db, false);
	return e;
}

static enum err file_answer(struct call *c, struct tx *tx, const struct evidence *e,
			    struct fault *f)
{
	struct json *j = call_json(c);
	enum err err;

	json_open(j, '{');
	json_key(j, "item");
	if ((err = evidence_item(c, tx, e, f)))
		return err;
	call_receipt_json(c);
	json_close(j, '}');
	return OK;
}

/* The same bytes for the same task again: noted, and answered as the first time. */
static enum err file_again(struct call *c, struct tx *tx, const struct evidence *e, struct fault *f)
{
	struct ledger_entry en = { .county = e->area,
				   .object = STR("evidence"),
				   .object_id = e->id,
				   .action = STR("again") };
	enum err err = call_act(c, tx, &en, f);

	return err ? err : file_answer(c, tx, e, f);
}

static enum err file_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct evidence_coming *x = c->parsed;
	struct evidence there;
	char url[96];
	enum err e;

	x->stored = false;
	if ((e = may_add(c, tx, &x->e, f)))
		return e;
	x->e.at = c->now;
	if ((e = evidence_same(tx, &x->e, &there, f)) != ERR_ABSENT)
		return e ? e : file_again(c, tx, &there, f);
	x->e.id = record_id_new(loop_of(c)->o.book).v;
	if ((e = evidence_put(c, tx, x, f)))
		return e;
	(void)snprintf(url, sizeof url, "/api/v1/tasks/%lld/files/%lld", (long long)x->e.task,
		       (long long)x->e.id);
	call_status(c, 201);
	if ((e = call_location(c, str_of(url))))
		return e;
	return file_answer(c, tx, &x->e, f);
}

static void file_after(struct call *c, bool committed)
{
	evidence_settle(c->parsed, c->db, committed);
}

/* ---- one is shown ---------------------------------------------------------------------------- */

/* Bytes are read before the transaction, and shown only if it finds the same row. */
struct showing {
	struct call *c;
	enum evidence_part part;
	struct evidence e;
	struct str reason;
	struct buf bytes;
};

static enum err find_act(struct tx *tx, void *arg, struct fault *f)
{
	struct showing *s = arg;
	struct work w;
	enum err e = task_of_path(s->c, tx, &w, f);

	if (e)
		return e;
	e = evidence_one(tx, area_county(w.row.record.area), w.row.record.id.v,
			 call_id(s->c, "file"), &s->e, f);
	if (e == ERR_ABSENT || (!e && !s->e.part[s->part].bytes))
		return call_absent(f);
	return e;
}

/* Files may show people: bytes are wiped here, and by http once they were sent. */
static void wipe(struct showing *s)
{
	if (s->bytes.p)
		crypt_wipe(s->bytes.p, s->bytes.cap);
	buf_release(&s->bytes);
}

static enum err read_bytes(struct call *c, struct showing *s, struct fault *f)
{
	const struct evidence_store *store = store_of(c);
	enum err e = db_read(c->db, find_act, s, f);

	if (e)
		return e;
	if (!store->blobs)
		return call_absent(f);
	if ((e = blobs_get(store->blobs, &s->e.part[s->part].hash, &s->bytes, f)))
		wipe(s);
	return e;
}

static void show_after(struct call *c, bool committed)
{
	(void)committed;
	wipe(c->parsed);
}

static enum err show_begin(struct call *c, enum evidence_part part, struct showing **ret)
{
	struct showing *s = arena_take(c->a, 1, sizeof *s);

	if (!s)
		return ERR_MEMORY;
	s->c = c;
	s->part = part;
	c->parsed = *ret = s;
	return OK;
}

static enum err show_before(struct call *c, enum evidence_part part, struct fault *f)
{
	struct showing *s;
	enum err e = show_begin(c, part, &s);

	return e ? e : read_bytes(c, s, f);
}

static enum err file_before_show(struct call *c, struct fault *f)
{
	return show_before(c, EVIDENCE_KEPT, f);
}

static enum err small_before_show(struct call *c, struct fault *f)
{
	return show_before(c, EVIDENCE_SMALL, f);
}

static enum err put_bytes(struct call *c, const struct showing *s)
{
	enum err e = http_names(c->rs, s->bytes.n + 1);

	if (!e)
		buf_put(&c->rs->body, s->bytes.p, s->bytes.n);
	return e ? e : c->rs->body.failed;
}

/* Pictures are for pages; what else there is, no browser opens by itself. */
static enum err put_type(struct call *c, const struct showing *s)
{
	static const char *const ends[EVIDENCE_MEDIA_N] = { "", ".jpg", ".png", ".pdf", ".txt" };
	enum evidence_media m = s->part == EVIDENCE_SMALL ? EVIDENCE_JPEG : s->e.media;
	bool original = s->part == EVIDENCE_CAME;
	char name[60];

	c->rs->type = m == EVIDENCE_TEXT ? "text/plain; charset=utf-8" : evidence_media_type(m);
	if (evidence_is_picture(m) && !original)
		return OK;
	(void)snprintf(name, sizeof name, "%s%lld%s", original ? "original-" : "",
		       (long long)s->e.id, ends[m]);
	return http_download(c->rs, str_of(name));
}

static enum err show_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct showing *s = c->parsed;
	struct ledger_entry en = { .object = STR("evidence") };
	enum err e = find_act(tx, s, f);

	if (e)
		return e;
	en.county = s->e.area;
	en.object_id = s->e.id;
	if ((e = call_saw(c, &en, f)) || (e = put_type(c, s)))
		return e;
	return put_bytes(c, s);
}

/* ---- one is shown as it came ----------------------------------------------------------------- */

static const char *const reason_keys[] = { "reason", NULL };

static enum err read_reason(struct call *c, struct str *ret, struct fault *f)
{
	const struct json_node *map;
	enum err e;

	if ((e = json_read(c->rq->body, &json_limits_request, c->a, &map, f)) ||
	    (e = json_only(map, reason_keys, f)) || (e = json_need(map, "reason", f)) ||
	    (e = json_get_said(map, "reason", REASON_BYTES, ret, f)))
		return e;
	if (str_characters(*ret) >= REASON_MIN)
		return OK;
	fault_at(f, "reason", NULL);
	return fault_set(f, ERR_RANGE, "请写明调取原件的理由，不少于 %d 个字",
			 "say why the original is wanted, in at least %d characters", REASON_MIN);
}

static enum err original_before(struct call *c, struct fault *f)
{
	struct showing *s;
	enum err e;

	if (c->who->kind != WHO_PERSON)
		return ERR_ROLE; /* what a key collects, nobody gave a reason for */
	if ((e = show_begin(c, EVIDENCE_CAME, &s)) || (e = read_reason(c, &s->reason, f)))
		return e;
	return read_bytes(c, s, f);
}

static enum err original_run(struct call *c, struct tx *tx, struct fault *f)
{
	struct showing *s = c->parsed;
	struct ledger_entry en = { .object = STR("evidence"), .action = STR("open-original") };
	char matter[LEDGER_WORD_MAX];
	enum err e = find_act(tx, s, f);

	if (e)
		return e;
	(void)snprintf(matter, sizeof matter, "task/" LEDGER_ID, (long long)s->e.task);
	en.county = s->e.area;
	en.object_id = s->e.id;
	en.matter = str_of(matter);
	en.detail = s->reason;
	if ((e = call_act(c, tx, &en, f)) || (e = put_type(c, s)))
		return e;
	return put_bytes(c, s);
}

static const struct route rows[] = {
	{ ROUTE(HTTP_POST, "/api/v1/tasks/{id}/files", file_run, CAP_TASK_DO, REACH_AREA, WHY_DUTY,
		BODY, AUDIT_ACT, "为任务附一个文件（照片、PDF、文本）",
		"Bring a file to a task: a photo, a PDF, a text"),
	  .takes = route_file, .before = file_before, .after = file_after },
	{ ROUTE(HTTP_GET, "/api/v1/tasks/{id}/files/{file}", show_run, CAP_TASK_READ, REACH_AREA,
		WHY_DUTY, 0, AUDIT_READ, "查看任务的一个文件", "A file of a task"),
	  .before = file_before_show, .after = show_after },
	{ ROUTE(HTTP_GET, "/api/v1/tasks/{id}/files/{file}/thumb", show_run, CAP_TASK_READ,
		REACH_AREA, WHY_DUTY, 0, AUDIT_READ, "查看任务的一张照片的小图",
		"A photo of a task, small"),
	  .before = small_before_show, .after = show_after },
	{ ROUTE(HTTP_POST, "/api/v1/tasks/{id}/files/{file}/original", original_run,
		CAP_LEDGER_READ, REACH_AREA, WHY_OVERSIGHT, REASON_BODY, AUDIT_ACT,
		"凭理由调取文件原件（含拍摄信息）",
		"A file as it came, with what a camera wrote into it, for a reason"),
	  .takes = reason_keys, .before = original_before, .after = show_after,
	  .flags = ROUTE_SECRET },
};
const struct route_list loop_routes_evidence = { rows, ARRAY_LEN(rows) };
