/* evidence.c - see evidence.h. */
#include "loop/evidence.h"

#include "crypt/encode.h"
#include "ledger/ledger.h"
#include "loop/evidence.sql.h"
#include "loop/inside.h"

#include "base/ban.h"

static const struct {
	const char *type;
	uint8_t kind;
} media[EVIDENCE_MEDIA_N] = {
	[EVIDENCE_JPEG] = { "image/jpeg", FLOW_PHOTO },
	[EVIDENCE_PNG] = { "image/png", FLOW_PHOTO },
	[EVIDENCE_PDF] = { "application/pdf", FLOW_FILE },
	[EVIDENCE_TEXT] = { "text/plain", FLOW_FILE },
};

const char *evidence_media_type(enum evidence_media m)
{
	return media[m].type;
}

uint8_t evidence_kind(enum evidence_media m)
{
	return media[m].kind;
}

bool evidence_is_picture(enum evidence_media m)
{
	return media[m].kind == FLOW_PHOTO;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static enum evidence_media media_of(struct str type)
{
	for (enum evidence_media m = EVIDENCE_JPEG; m < EVIDENCE_MEDIA_N; m++)
		if (str_eq(type, str_of(media[m].type)))
			return m;
	return (enum evidence_media)0;
}

static enum err hash_of(struct str hex, struct crypt_hash *ret)
{
	ret->v[0] = CRYPT_WORLD;
	return encode_read_hex(hex, ret->v + 1, CRYPT_RAW_BYTES) ? ERR_CORRUPT : OK;
}

static void put_hex(struct buf *b, const struct crypt_hash *h)
{
	encode_hex(b, h->v + 1, CRYPT_RAW_BYTES);
}

enum err evidence_of_row(struct rows *r, struct evidence *ret)
{
	struct evidence e = { .id = rows_i64(r, 0),
			      .area = { rows_i64(r, 1) },
			      .task = rows_i64(r, 2),
			      .media = media_of(rows_text(r, 3)),
			      .at = rows_time(r, 4),
			      .account = rows_i64(r, 5),
			      .party = rows_i64(r, 6),
			      .width = rows_i64(r, 13),
			      .height = rows_i64(r, 14) };

	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++) {
		size_t at = 7 + 2 * (p - EVIDENCE_CAME);

		e.part[p].bytes = rows_i64(r, at + 1);
		if (!rows_null(r, at) && hash_of(rows_text(r, at), &e.part[p].hash))
			return ERR_CORRUPT;
	}
	if (!e.media)
		return ERR_CORRUPT;
	*ret = e;
	return OK;
}

enum err evidence_one(struct tx *tx, struct area_code county, int64_t task, int64_t id,
		      struct evidence *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &evidence_sql.one,
			    SQL_ARGS(sql_i64(county.v), sql_i64(id), sql_i64(task)), &r, f);

	return e ? e : evidence_of_row(r, ret);
}

enum err evidence_same(struct tx *tx, const struct evidence *of, struct evidence *ret,
		       struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	CLEANUP(buf_release) struct buf hex = { 0 };
	enum err e;

	put_hex(&hex, &of->part[EVIDENCE_CAME].hash);
	if (hex.failed)
		return hex.failed;
	e = tx_row(tx, &evidence_sql.same,
		   SQL_ARGS(sql_i64(area_county(of->area).v), sql_i64(of->task),
			    sql_text(buf_view(&hex))),
		   &r, f);
	return e ? e : evidence_of_row(r, ret);
}

/* All that the row says and nobody may change: what its entry vouches for. */
enum err evidence_hash(const struct evidence *e, struct crypt_hash *ret)
{
	CLEANUP(buf_release) struct buf b = { 0 };

	buf_fmt(&b, "evidence 1 %lld %lld %lld %s %lld %lld %lld %lld %lld", (long long)e->id,
		(long long)e->area.v, (long long)e->task, media[e->media].type, (long long)e->at.v,
		(long long)e->account, (long long)e->party, (long long)e->width,
		(long long)e->height);
	for (size_t p = EVIDENCE_CAME; p < EVIDENCE_PART_N; p++) {
		buf_fmt(&b, " %lld ", (long long)e->part[p].bytes);
		if (e->part[p].bytes)
			put_hex(&b, &e->part[p].hash);
	}
	return b.failed ? b.failed : crypt_hash(CRYPT_WORLD, b.p, b.n, ret);
}

/* ---- with a proof ---------------------------------------------------------------------------- */

static enum err not_its(struct fault *f)
{
	fault_at(f, "files", NULL);
	return fault_set(f, ERR_RANGE,
			 "所附文件不属于这项任务，或不是由贵单位上传的；请先在本任务中上传",
			 "a file is not of this task, or was not brought by your organisation: "
			 "upload it to this task first");
}

enum err evidence_kinds(struct tx *tx, const struct task *t, struct flow_party party,
			const int64_t *file, size_t n, uint8_t *ret, struct fault *f)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++) {
		struct evidence x;
		enum err e = evidence_one(tx, area_county(t->record.area), t->record.id.v, file[i],
					  &x, f);

		if (e == ERR_ABSENT || (!e && x.party != party.v))
			return not_its(f);
		if (e)
			return e;
		all |= media[x.media].kind;
	}
	*ret = all;
	return OK;
}

enum err evidence_shown(struct tx *tx, const struct task *t, uint32_t turn, const int64_t *file,
			size_t n, struct fault *f)
{
	enum err e = OK;

	for (size_t i = 0; i < n && !e; i++)
		e = tx_run(tx, &evidence_sql.proof_put,
			   SQL_ARGS(sql_i64(area_county(t->record.area).v), sql_i64(t->record.id.v),
				    sql_i64(turn), sql_i64(file[i])),
			   NULL, f);
	return e;
}

/* ---- telling --------------------------------------------------------------------------------- */

/* Which tasks, for who may see them; of others, that there is one. */
static enum err put_alikes(struct call *c, struct tx *tx, const struct evidence *of,
			   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more;
	enum err e = tx_rows(tx, &evidence_sql.alikes,
			     SQL_ARGS(sql_i64(area_county(of->area).v), sql_i64(of->id)), &r, f);

	json_key(j, "alike");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		bool theirs = scope_covers(&c->who->scope, (struct area_code){ rows_i64(r, 2) });

		json_open(j, '{');
		json_key(j, "task");
		if (theirs)
			call_id_json(c, rows_i64(r, 1));
		else
			json_nil(j);
		json_key(j, "file");
		if (theirs)
			call_id_json(c, rows_i64(r, 0));
		else
			json_nil(j);
		json_key(j, "at");
		call_time_json(c, rows_time(r, 3));
		json_key(j, "distance");
		json_i64(j, rows_i64(r, 4));
		json_key(j, "likeness");
		json_i64(j, rows_i64(r, 5));
		json_close(j, '}');
	}
	json_close(j, ']');
	return e;
}

static enum err put_proofs(struct call *c, struct tx *tx, const struct evidence *of,
			   struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	bool more;
	enum err e = tx_rows(tx, &evidence_sql.proofs,
			     SQL_ARGS(sql_i64(area_county(of->area).v), sql_i64(of->task),
				      sql_i64(of->id)),
			     &r, f);

	json_key(j, "turns");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		json_i64(j, rows_i64(r, 0));
	json_close(j, ']');
	return e;
}

enum err evidence_item(struct call *c, struct tx *tx, const struct evidence *of, struct fault *f)
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct json *j = call_json(c);
	enum err e;

	put_hex(&hex, &of->part[EVIDENCE_KEPT].hash);
	if (hex.failed)
		return hex.failed;
	json_open(j, '{');
	json_key(j, "id");
	call_id_json(c, of->id);
	json_key(j, "kind");
	json_str(j, media[of->media].kind == FLOW_PHOTO ? STR("photo") : STR("file"));
	json_key(j, "media");
	json_str(j, str_of(media[of->media].type));
	json_key(j, "bytes");
	json_i64(j, of->part[EVIDENCE_KEPT].bytes);
	json_key(j, "sha256");
	json_str(j, buf_view(&hex));
	json_key(j, "width");
	json_i64(j, of->width);
	json_key(j, "height");
	json_i64(j, of->height);
	json_key(j, "at");
	call_time_json(c, of->at);
	json_key(j, "account");
	call_id_json(c, of->account);
	json_key(j, "party");
	call_id_json(c, of->party);
	if ((e = put_proofs(c, tx, of, f)) || (e = put_alikes(c, tx, of, f)))
		return e;
	json_close(j, '}');
	return OK;
}

enum err evidence_tell(struct call *c, struct tx *tx, const struct task *t, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct json *j = call_json(c);
	struct evidence x;
	bool more;
	enum err e = tx_rows(tx, &evidence_sql.of_task,
			     SQL_ARGS(sql_i64(area_county(t->record.area).v),
				      sql_i64(t->record.id.v), sql_i64(EVIDENCE_TASK_MAX)),
			     &r, f);

	json_key(j, "files");
	json_open(j, '[');
	while (!e && !(e = rows_next(r, &more, f)) && more)
		if (!(e = evidence_of_row(r, &x)))
			e = evidence_item(c, tx, &x, f);
	json_close(j, ']');
	return e;
}
