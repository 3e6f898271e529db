#include "vault/answer.h"

#include "base/memory.h"

#include "base/ban.h"

static enum err not_ours(struct fault *f)
{
	return fault_set(f, ERR_SYNTAX, "保险库收到的内容不合格式",
			 "what came to the vault does not follow its format");
}

/* How many rows follow, each of at least `least` bytes. */
static enum err take_count(struct wire_in *in, size_t least, size_t most, size_t *ret,
			   struct fault *f)
{
	size_t n = wire_u32(in);

	if (in->bad || n > most || n * least > in->n)
		return not_ours(f);
	*ret = n;
	return OK;
}

static enum err do_look(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	struct vault_state st;
	enum err e = wire_done(in) ? store_look(s, &st, f) : not_ours(f);

	if (e)
		return e;
	wire_put_i64(out, (int64_t)st.subjects);
	wire_put_i64(out, (int64_t)st.pseudonyms);
	wire_put_i64(out, (int64_t)st.batches_staged);
	wire_put_i64(out, st.epoch);
	wire_put_u8(out, st.epoch_due);
	wire_put_i64(out, (int64_t)st.refused);
	return OK;
}

static void put_staged(struct buf *out, const struct vault_staged_row *r)
{
	wire_put_i64(out, r->subject);
	wire_put_i64(out, r->other);
	wire_put_u32(out, (uint32_t)r->match.score);
	wire_put_u8(out, (uint8_t)r->match.verdict);
	wire_put_u8(out, (uint8_t)r->match.reason);
}

static enum err stage(struct store *s, struct wire_in *in, struct buf *out, bool keep,
		      struct fault *f)
{
	int64_t batch = wire_i64(in);
	struct vault_staged_row *ret = NULL;
	struct vault_row *rows = NULL;
	size_t n = 0;
	enum err e = take_count(in, 9, WIRE_PEOPLE_MAX, &n, f);

	if (e)
		return e;
	rows = mem_take(n + 1, sizeof *rows);
	ret = mem_take(n + 1, sizeof *ret);
	if (!rows || !ret)
		e = ERR_MEMORY;
	for (size_t i = 0; !e && i < n; i++) {
		rows[i].row = wire_i64(in);
		wire_identity(in, &rows[i].who);
	}
	if (!e && !wire_done(in))
		e = not_ours(f);
	if (!e)
		e = store_stage(s, batch, rows, n, keep, ret, f);
	for (size_t i = 0; !e && i < n; i++)
		put_staged(out, &ret[i]);
	mem_drop(rows);
	mem_drop(ret);
	return e;
}

static enum err do_stage(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	return stage(s, in, out, true, f);
}

static enum err do_try(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	return stage(s, in, out, false, f);
}

static enum err do_pseudonym(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t batch = wire_i64(in), *ret = NULL;
	struct vault_presence *who = NULL;
	size_t n = 0;
	enum err e = take_count(in, 9, WIRE_SEEN_MAX, &n, f);

	if (e)
		return e;
	who = mem_take(n + 1, sizeof *who);
	ret = mem_take(n + 1, sizeof *ret);
	if (!who || !ret)
		e = ERR_MEMORY;
	for (size_t i = 0; !e && i < n; i++) {
		who[i].at.v = wire_i64(in);
		wire_identity(in, &who[i].who);
	}
	if (!e && !wire_done(in))
		e = not_ours(f);
	if (!e)
		e = store_pseudonym(s, batch, who, n, ret, f);
	for (size_t i = 0; !e && i < n; i++)
		wire_put_i64(out, ret[i]);
	mem_drop(who);
	mem_drop(ret);
	return e;
}

static enum err do_keep(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t batch = wire_i64(in);

	(void)out;
	return wire_done(in) ? store_keep(s, batch, f) : not_ours(f);
}

static enum err do_keep_soon(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t batch = wire_i64(in);

	(void)out;
	return wire_done(in) ? store_keep_soon(s, batch, f) : not_ours(f);
}

static enum err do_drop(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t batch = wire_i64(in);

	(void)out;
	return wire_done(in) ? store_drop(s, batch, f) : not_ours(f);
}

static enum err put_batch(int64_t batch, struct utc_s staged, void *arg, struct fault *f)
{
	(void)f;
	wire_put_i64(arg, batch);
	wire_put_i64(arg, staged.v);
	return OK;
}

static enum err do_staged(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t after = wire_i64(in);

	return wire_done(in) ? store_staged(s, after, put_batch, out, f) : not_ours(f);
}

static enum err put_pair(int64_t old, int64_t now, void *arg, struct fault *f)
{
	(void)f;
	wire_put_i64(arg, old);
	wire_put_i64(arg, now);
	return OK;
}

static enum err do_change(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t after = wire_i64(in);

	return wire_done(in) ? store_epoch_change(s, after, put_pair, out, f) : not_ours(f);
}

static enum err do_close(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	(void)out;
	return wire_done(in) ? store_epoch_close(s, f) : not_ours(f);
}

static enum err do_expire(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	struct utc_s before = { wire_i64(in) };

	(void)out;
	return wire_done(in) ? store_expire(s, before, f) : not_ours(f);
}

static void wiped(struct buf *b)
{
	if (b->p)
		crypt_wipe(b->p, b->cap);
	buf_release(b);
}

static enum err do_resolve(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	CLEANUP(wiped) struct buf names = { 0 };
	struct store_ask ask = { 0 };
	struct vault_person *ret = NULL;
	int64_t *ids = NULL;
	enum err e;

	ask.account = wire_i64(in);
	ask.grant = wire_str(in, GRANT_BYTES_MAX);
	if ((e = take_count(in, 8, WIRE_ROWS_MAX, &ask.n, f)))
		return e;
	ids = mem_take(ask.n + 1, sizeof *ids);
	ret = mem_take(ask.n + 1, sizeof *ret);
	if (!ids || !ret)
		e = ERR_MEMORY;
	for (size_t i = 0; !e && i < ask.n; i++)
		ids[i] = wire_i64(in);
	ask.ids = ids;
	if (!e && !wire_done(in))
		e = not_ours(f);
	if (!e)
		e = store_resolve(s, &ask, &names, ret, f);
	for (size_t i = 0; !e && i < ask.n; i++) {
		wire_put_u8(out, ret[i].known);
		wire_put_identity(out, &ret[i].who);
	}
	mem_drop(ids);
	mem_drop(ret);
	return e;
}

static enum err do_find(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	struct str id_number = wire_str(in, VAULT_TEXT_MAX);
	size_t n = 0;
	int64_t *ret = mem_take(VAULT_FOUND_MAX, sizeof *ret);
	enum err e = !ret                                   ? ERR_MEMORY
		     : wire_done(in) && str_utf8(id_number) ? store_find(s, id_number, ret, &n, f)
							    : not_ours(f);

	for (size_t i = 0; !e && i < n; i++)
		wire_put_i64(out, ret[i]);
	mem_drop(ret);
	return e;
}

static enum err put_likeness(int64_t a, int64_t b, struct alike how, void *arg, struct fault *f)
{
	const struct vault_staged_row r = { a, how, b };

	(void)f;
	put_staged(arg, &r);
	return OK;
}

/* The pairs, and behind them where the next page begins. */
static enum err do_likenesses(struct store *s, struct wire_in *in, struct buf *out, struct fault *f)
{
	int64_t after = wire_i64(in), last = 0;
	enum err e =
		wire_done(in) ? store_pairs(s, after, put_likeness, out, &last, f) : not_ours(f);

	if (!e)
		wire_put_i64(out, last);
	return e;
}

static enum err (*const DO[WIRE_OP_N])(struct store *s, struct wire_in *in, struct buf *out,
				       struct fault *f) = {
	[WIRE_LOOK] = do_look,
	[WIRE_STAGE] = do_stage,
	[WIRE_TRY] = do_try,
	[WIRE_PSEUDONYM] = do_pseudonym,
	[WIRE_KEEP] = do_keep,
	[WIRE_DROP] = do_drop,
	[WIRE_STAGED] = do_staged,
	[WIRE_EPOCH_CHANGE] = do_change,
	[WIRE_EPOCH_CLOSE] = do_close,
	[WIRE_EXPIRE] = do_expire,
	[WIRE_RESOLVE] = do_resolve,
	[WIRE_FIND] = do_find,
	[WIRE_LIKENESSES] = do_likenesses,
	[WIRE_KEEP_SOON] = do_keep_soon,
};

static enum err answer(struct store *s, const struct wire_head *head, struct str body,
		       struct buf *out, struct fault *f)
{
	struct wire_in in = { (const uint8_t *)body.p, body.n, false };
	enum err e;

	if (head->version != WIRE_VERSION)
		return fault_set(f, ERR_VERSION, "保险库与本程序版本不同；请重新启动 outpost serve",
				 "the vault is of another version of this program; start outpost "
				 "serve anew");
	if (head->op >= WIRE_OP_N || !DO[head->op])
		return not_ours(f);
	/* Whoever may ask what is kept finds it so. A drop sees to it by itself. */
	if (head->op != WIRE_KEEP_SOON && head->op != WIRE_PSEUDONYM && head->op != WIRE_DROP &&
	    (e = store_settle(s, f)))
		return e;
	return DO[head->op](s, &in, out, f);
}

void answer_frame(struct store *s, const struct wire_head *head, struct str body, struct buf *out)
{
	struct fault f = { 0 };
	enum err e;

	wire_begin(out, (uint8_t)(head->op | WIRE_REPLY));
	wire_put_u32(out, OK);
	e = answer(s, head, body, out, &f);
	if (e || (e = wire_finish(out))) {
		if (out->p)
			crypt_wipe(out->p, out->cap);
		wire_begin(out, (uint8_t)(head->op | WIRE_REPLY));
		wire_put_fault(out, e, &f);
		ignore(wire_finish(out));
	}
}
