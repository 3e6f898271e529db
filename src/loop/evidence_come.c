/* evidence_come.c - one that comes: its bytes, what it looks like, its row. See evidence.h. */
#include <stdio.h>
#include <string.h>

#include "crypt/encode.h"
#include "ledger/ledger.h"
#include "loop/evidence.h"
#include "loop/evidence.sql.h"

#include "base/ban.h"

enum { PDF_TAIL = 1024, ALIKE_MAX = 20, CANDIDATES_MAX = 512 };

/* ---- its bytes ------------------------------------------------------------------------------- */

static enum err check_text(struct str s, struct fault *f)
{
	if (s.n > EVIDENCE_TEXT_BYTES_MAX)
		return fault_set(f, ERR_TOO_LARGE, "文本太长，最多 %d KB",
				 "the text is too long, at most %d KB",
				 EVIDENCE_TEXT_BYTES_MAX >> 10);
	if (str_utf8(s) && !str_blank(s) && !memchr(s.p, '\0', s.n))
		return OK;
	return fault_set(f, ERR_SYNTAX, "文本为空，或不是 UTF-8", "the text is empty, or no UTF-8");
}

/* Only whether it is one from its first byte to its last: what is in it is not read. */
static enum err check_pdf(struct str s, struct fault *f)
{
	size_t tail = min_size(s.n, PDF_TAIL);

	if (s.n > 8 && memcmp(s.p, "%PDF-", 5) == 0 && memmem(s.p + s.n - tail, tail, "%%EOF", 5))
		return OK;
	return fault_set(f, ERR_SYNTAX, "这不是 PDF 文件，或文件不完整，请重新上传",
			 "this is no PDF, or not the whole of it: send it again");
}

static enum err keep(struct evidence_coming *x, enum evidence_part p, struct str bytes,
		     struct fault *f)
{
	enum err e = blobs_put(x->store->blobs, bytes, &x->e.part[p].hash, f);

	x->held[p] = !e;
	x->e.part[p].bytes = (int64_t)bytes.n;
	return e;
}

static enum err take_picture(struct evidence_coming *x, struct str bytes, struct fault *f)
{
	enum picture_media kind = x->e.media == EVIDENCE_PNG ? PICTURE_PNG : PICTURE_JPEG;
	CLEANUP(picture_release) struct picture p = { 0 };
	enum err e = picture_read(x->store->reader, kind, bytes, &p, f);

	if (e || (e = keep(x, EVIDENCE_CAME, bytes, f)) ||
	    (e = keep(x, EVIDENCE_KEPT, buf_view(&p.kept), f)) ||
	    (e = keep(x, EVIDENCE_SMALL, buf_view(&p.small), f)))
		return e;
	x->print = p.print;
	x->e.width = p.width;
	x->e.height = p.height;
	return OK;
}

enum err evidence_take(const struct evidence_store *s, enum evidence_media m, struct str bytes,
		       struct evidence_coming *ret, struct fault *f)
{
	enum err e;

	*ret = (struct evidence_coming){ .store = s, .e.media = m };
	if (!s->blobs)
		return fault_set(f, ERR_BUSY, "这里没有文件库，不能接收文件",
				 "there is no store of files here, so none are taken");
	if (bytes.n > s->bytes_max)
		return fault_set(f, ERR_TOO_LARGE, "文件太大，最多 %zu MB",
				 "the file is too large, at most %zu MB", s->bytes_max >> 20);
	if (evidence_is_picture(m))
		return take_picture(ret, bytes, f);
	if ((e = m == EVIDENCE_PDF ? check_pdf(bytes, f) : check_text(bytes, f)) ||
	    (e = keep(ret, EVIDENCE_CAME, bytes, f)))
		return e;
	return keep(ret, EVIDENCE_KEPT, bytes, f);
}

/* ---- what it looks like ---------------------------------------------------------------------- */

struct candidate {
	int64_t id;
	int distance;
};
struct looking {
	struct tx *tx;
	const struct evidence_coming *x;
	struct fault *f;
	int64_t county;
	VEC(struct candidate) near; /* each id once, with its least distance */
};

static void looking_end(struct looking *l)
{
	vec_drop(&l->near);
}

static enum err meet(struct looking *l, int64_t id, uint64_t print)
{
	int d = picture_print_distance(print, l->x->print.v[0]);

	if (d > PRINT_NEAR || id == l->x->e.id)
		return OK;
	for (size_t i = 0; i < l->near.n; i++)
		if (l->near.v[i].id == id) {
			if (d < l->near.v[i].distance)
				l->near.v[i].distance = d;
			return OK;
		}
	if (l->near.n == CANDIDATES_MAX)
		return OK; /* a picture of nothing much, that very many are near to */
	return vec_push(&l->near, ((struct candidate){ id, d }));
}

static enum err meet_all(struct looking *l, unsigned part)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct sql_value v[1 + PRINT_KEYS];
	int64_t key[PRINT_KEYS];
	bool more;
	enum err e;

	picture_print_keys_near(l->x->print.v[0], part, key);
	v[0] = sql_i64(l->county);
	for (size_t i = 0; i < PRINT_KEYS; i++)
		v[1 + i] = sql_i64(key[i]);
	e = tx_rows(l->tx, &evidence_sql.near, (struct sql_args){ v, ARRAY_LEN(v) }, &r, l->f);
	while (!e && !(e = rows_next(r, &more, l->f)) && more)
		e = meet(l, rows_i64(r, 0), (uint64_t)rows_i64(r, 2));
	return e;
}

/* Of another task, and alike? *ret: by how much; 0: no. */
static enum err likeness(struct looking *l, int64_t id, int *ret)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(l->tx, &evidence_sql.look, SQL_ARGS(sql_i64(l->county), sql_i64(id)),
			    &r, l->f);
	struct str look;
	int likes;

	*ret = 0;
	if (e || rows_i64(r, 0) == l->x->e.task)
		return e == ERR_ABSENT ? OK : e;
	look = rows_blob(r, 1);
	if (look.n != PRINT_LOOK_BYTES)
		return OK;
	likes = picture_print_likeness((const uint8_t *)look.p, l->x->print.look);
	*ret = likes >= PRINT_ALIKE ? likes : 0;
	return OK;
}

static enum err put_alike(struct tx *tx, const struct evidence_coming *x, struct fault *f)
{
	CLEANUP(looking_end)
	struct looking l = { .tx = tx, .x = x, .f = f, .county = area_county(x->e.area).v };
	size_t n = 0;
	enum err e = OK;

	for (unsigned part = 0; part < PRINT_PARTS && !e; part++)
		e = meet_all(&l, part);
	for (size_t i = 0; i < l.near.n && n < ALIKE_MAX && !e; i++) {
		int likes;

		if ((e = likeness(&l, l.near.v[i].id, &likes)) || !likes)
			continue;
		n++;
		e = tx_run(tx, &evidence_sql.alike_put,
			   SQL_ARGS(sql_i64(l.county), sql_i64(x->e.id), sql_i64(l.near.v[i].id),
				    sql_i64(l.near.v[i].distance), sql_i64(likes)),
			   NULL, f);
	}
	return e;
}

static enum err put_prints(struct tx *tx, const struct evidence_coming *x, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < PRINT_N; i++)
		for (unsigned part = 0; part < PRINT_PARTS && !e; part++)
			e = tx_run(tx, &evidence_sql.print_put,
				   SQL_ARGS(sql_i64(area_county(x->e.area).v),
					    sql_i64(picture_print_key(x->print.v[i], part)),
					    sql_i64(x->e.id), sql_i64((int64_t)i),
					    sql_i64((int64_t)x->print.v[i])),
				   NULL, f);
	return e;
}

/* ---- its row --------------------------------------------------------------------------------- */

struct sums {
	struct buf v[EVIDENCE_PART_N];
};

static void sums_end(struct sums *s)
{
	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++)
		buf_release(&s->v[p]);
}

static enum err put_row(struct tx *tx, const struct evidence_coming *x, struct fault *f)
{
	CLEANUP(sums_end) struct sums hex = { 0 };
	const struct evidence *e = &x->e;
	const struct str look = { (const char *)x->print.look, PRINT_LOOK_BYTES };
	bool picture = evidence_is_picture(e->media);

	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++) {
		encode_hex(&hex.v[p], e->part[p].hash.v + 1, CRYPT_RAW_BYTES);
		if (hex.v[p].failed)
			return hex.v[p].failed;
	}
	return tx_run(tx, &evidence_sql.put,
		      SQL_ARGS(sql_i64(area_county(e->area).v), sql_i64(e->id), sql_i64(e->area.v),
			       sql_i64(e->task), sql_text(str_of(evidence_media_type(e->media))),
			       sql_time(e->at), sql_i64(e->account), sql_i64(e->party),
			       sql_text(buf_view(&hex.v[EVIDENCE_CAME])),
			       sql_i64(e->part[EVIDENCE_CAME].bytes),
			       sql_text(buf_view(&hex.v[EVIDENCE_KEPT])),
			       sql_i64(e->part[EVIDENCE_KEPT].bytes),
			       picture ? sql_text(buf_view(&hex.v[EVIDENCE_SMALL])) : sql_null(),
			       picture ? sql_i64(e->part[EVIDENCE_SMALL].bytes) : sql_null(),
			       picture ? sql_i64(e->width) : sql_null(),
			       picture ? sql_i64(e->height) : sql_null(),
			       picture ? sql_blob(look) : sql_null()),
		      NULL, f);
}

static enum err put_blobs(struct tx *tx, const struct evidence_coming *x, struct fault *f)
{
	enum err e = OK;

	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N && !e; p++) {
		struct blob_name name;

		if (!x->e.part[p].bytes)
			continue;
		if (!(e = blobs_name(x->store->blobs, &x->e.part[p].hash, &name)))
			e = tx_run(tx, &evidence_sql.blob_put,
				   SQL_ARGS(sql_i64(area_county(x->e.area).v), sql_i64(x->e.id),
					    sql_i64((int64_t)p), sql_text(str_of(name.v))),
				   NULL, f);
	}
	return e;
}

static enum err enter(struct call *c, struct tx *tx, const struct evidence *of, struct fault *f)
{
	char matter[LEDGER_WORD_MAX], detail[80];
	struct ledger_entry en = { .county = of->area,
				   .object = STR("evidence"),
				   .object_id = of->id,
				   .action = STR("attach"),
				   .version = 1 };
	enum err e = evidence_hash(of, &en.after);

	(void)snprintf(matter, sizeof matter, "task/" LEDGER_ID, (long long)of->task);
	(void)snprintf(detail, sizeof detail, "media=%s", evidence_media_type(of->media));
	en.matter = str_of(matter);
	en.detail = str_of(detail);
	return e ? e : call_act(c, tx, &en, f);
}

/* Others leave its owner room for a proof. */
static enum err room(struct tx *tx, const struct evidence *of, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &evidence_sql.count,
			    SQL_ARGS(sql_i64(area_county(of->area).v), sql_i64(of->task)), &r, f);

	int max = of->own ? EVIDENCE_TASK_MAX : EVIDENCE_TASK_MAX / 2;

	if (e || rows_i64(r, 0) < max)
		return e;
	return fault_set(f, ERR_FULL, "这项任务已有 %d 个文件，不能再加",
			 "this task has %d files already, and takes no more", max);
}

enum err evidence_put(struct call *c, struct tx *tx, struct evidence_coming *x, struct fault *f)
{
	enum err e;

	if ((e = room(tx, &x->e, f)) || (e = put_row(tx, x, f)) || (e = put_blobs(tx, x, f)))
		return e;
	if (evidence_is_picture(x->e.media) &&
	    ((e = put_alike(tx, x, f)) || (e = put_prints(tx, x, f))))
		return e;
	x->stored = true;
	return enter(c, tx, &x->e, f);
}

struct wanted {
	struct str name;
	bool is;
};

static enum err wanted_act(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct wanted *w = arg;
	enum err e = tx_row(tx, &evidence_sql.wanted, SQL_ARGS(sql_text(w->name)), &r, f);

	w->is = e != ERR_ABSENT;
	return e == ERR_ABSENT ? OK : e;
}

enum err evidence_wanted(void *db, struct str name, bool *ret, struct fault *f)
{
	struct wanted w = { name, true };
	enum err e = db_read(db, wanted_act, &w, f);

	*ret = w.is || e;
	return e;
}

/* Not sure that a row speaks of them: look. What cannot be looked at now, a sweep finds. */
void evidence_settle(struct evidence_coming *x, struct db *db, bool committed)
{
	struct fault unasked = { 0 };

	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++)
		if (x->held[p]) {
			blobs_release(x->store->blobs, &x->e.part[p].hash);
			if (!committed || !x->stored)
				ignore(blobs_drop(x->store->blobs, &x->e.part[p].hash,
						  evidence_wanted, db, &unasked));
			x->held[p] = false;
		}
}
