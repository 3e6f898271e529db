/* client.c - the vault as the other rooms see it: values into frames, and back. */
#include <string.h>

#include "base/memory.h"
#include "vault/grant.h"
#include "vault/reach.h"

#include "base/ban.h"

static enum err call_number(struct vault *v, enum wire_op op, int64_t number, struct fault *f)
{
	CLEANUP(reach_wipe) struct buf frame = { 0 };
	CLEANUP(reach_wipe) struct buf reply = { 0 };
	struct wire_in in;
	enum err e = reach_begin(&frame, op, 8);

	if (e)
		return e;
	if (op != WIRE_EPOCH_CLOSE)
		wire_put_i64(&frame, number);
	e = reach_ask(v, &frame, &reply, &in, f);
	return e ? e : reach_done(&in, f);
}

enum err vault_keep(struct vault *v, int64_t batch, struct fault *f)
{
	return call_number(v, WIRE_KEEP, batch, f);
}

enum err vault_keep_soon(struct vault *v, int64_t batch, struct fault *f)
{
	return call_number(v, WIRE_KEEP_SOON, batch, f);
}

enum err vault_drop(struct vault *v, int64_t batch, struct fault *f)
{
	return call_number(v, WIRE_DROP, batch, f);
}

enum err vault_epoch_close(struct vault *v, struct fault *f)
{
	return call_number(v, WIRE_EPOCH_CLOSE, 0, f);
}

enum err vault_expire(struct vault *v, struct utc_s before, struct fault *f)
{
	return call_number(v, WIRE_EXPIRE, before.v, f);
}

enum err vault_look(struct vault *v, struct vault_state *ret, struct fault *f)
{
	CLEANUP(reach_wipe) struct buf frame = { 0 };
	CLEANUP(reach_wipe) struct buf reply = { 0 };
	struct vault_state st;
	struct wire_in in;
	enum err e = reach_begin(&frame, WIRE_LOOK, 0);

	if (e || (e = reach_ask(v, &frame, &reply, &in, f)))
		return e;
	st.subjects = (uint64_t)wire_i64(&in);
	st.pseudonyms = (uint64_t)wire_i64(&in);
	st.batches_staged = (uint64_t)wire_i64(&in);
	st.epoch = wire_i64(&in);
	st.epoch_due = wire_u8(&in) != 0;
	st.refused = (uint64_t)wire_i64(&in);
	if (!(e = reach_done(&in, f)))
		*ret = st;
	return e;
}

/* ---- the gate ---- */

static size_t identity_bytes(const struct vault_identity *who)
{
	size_t n = 9;

	for (size_t i = 0; i < VAULT_FIELD_N; i++)
		n += who->text[i].n ? 4 + who->text[i].n : 0;
	return n;
}

static enum err check_identity(const struct vault_identity *who, struct fault *f)
{
	for (size_t i = 0; i < VAULT_FIELD_N; i++) {
		struct str s = who->text[i];

		if (s.n > VAULT_TEXT_MAX || (s.n && !str_utf8(s))) {
			enum err e = fault_set(f, ERR_RANGE, "文字过长（上限 %d 字节）或不是 UTF-8",
					       "a text is longer than %d bytes or no UTF-8",
					       VAULT_TEXT_MAX);

			fault_at(f, vault_field_word((enum vault_field)i), NULL);
			return e;
		}
	}
	return OK;
}

/* How many of `n` go into the next frame, and how many bytes they take. */
static enum err next_lot(const struct vault_identity *(*at)(const void *rows, size_t i),
			 const void *rows, size_t from, size_t n, size_t most, size_t *ret_to,
			 size_t *ret_bytes, struct fault *f)
{
	size_t bytes = 64, i = from;
	enum err e = OK;

	for (; !e && i < n && i - from < most && bytes < WIRE_BODY_WANT; i++) {
		e = check_identity(at(rows, i), f);
		bytes += identity_bytes(at(rows, i)) + 8;
	}
	*ret_to = i;
	*ret_bytes = bytes;
	return e;
}

static const struct vault_identity *row_at(const void *rows, size_t i)
{
	return &((const struct vault_row *)rows)[i].who;
}

static const struct vault_identity *presence_at(const void *rows, size_t i)
{
	return &((const struct vault_presence *)rows)[i].who;
}

enum { STAGED_BYTES = 8 + 8 + 4 + 1 + 1 };

static enum err read_staged(struct wire_in *in, struct vault_staged_row *ret, size_t n,
			    struct fault *f)
{
	for (size_t i = 0; i < n; i++) {
		struct vault_staged_row r = { .subject = wire_i64(in), .other = wire_i64(in) };
		uint8_t verdict, reason;

		r.match.score = (int)wire_u32(in);
		verdict = wire_u8(in);
		reason = wire_u8(in);
		if (verdict > ALIKE_SAME || reason >= ALIKE_REASON_N)
			return reach_other_version(f);
		r.match.verdict = (enum alike_verdict)verdict;
		r.match.reason = (enum alike_reason)reason;
		ret[i] = r;
	}
	return reach_done(in, f);
}

static enum err stage(struct vault *v, enum wire_op op, int64_t batch, const struct vault_row *rows,
		      size_t n, struct vault_staged_row *ret, struct fault *f)
{
	size_t from = 0, to = 0, bytes;

	do {
		CLEANUP(reach_wipe) struct buf frame = { 0 };
		CLEANUP(reach_wipe) struct buf reply = { 0 };
		struct wire_in in;
		enum err e = next_lot(row_at, rows, from, n, WIRE_PEOPLE_MAX, &to, &bytes, f);

		if (e || (e = reach_begin(&frame, op, bytes)))
			return e;
		wire_put_i64(&frame, batch);
		wire_put_u32(&frame, (uint32_t)(to - from));
		for (size_t i = from; i < to; i++) {
			wire_put_i64(&frame, rows[i].row);
			wire_put_identity(&frame, &rows[i].who);
		}
		if ((e = reach_ask(v, &frame, &reply, &in, f)) ||
		    (e = read_staged(&in, ret + from, to - from, f)))
			return e;
		from = to;
	} while (from < n);
	return OK;
}

enum err vault_stage(struct vault *v, int64_t batch, const struct vault_row *rows, size_t n,
		     struct vault_staged_row *ret, struct fault *f)
{
	return stage(v, WIRE_STAGE, batch, rows, n, ret, f);
}

enum err vault_try(struct vault *v, int64_t batch, const struct vault_row *rows, size_t n,
		   struct vault_staged_row *ret, struct fault *f)
{
	return stage(v, WIRE_TRY, batch, rows, n, ret, f);
}

enum err vault_pseudonym(struct vault *v, int64_t batch, const struct vault_presence *who, size_t n,
			 int64_t *ret, struct fault *f)
{
	size_t from = 0, to = 0, bytes;

	do {
		CLEANUP(reach_wipe) struct buf frame = { 0 };
		CLEANUP(reach_wipe) struct buf reply = { 0 };
		struct wire_in in;
		enum err e = next_lot(presence_at, who, from, n, WIRE_SEEN_MAX, &to, &bytes, f);

		if (e || (e = reach_begin(&frame, WIRE_PSEUDONYM, bytes)))
			return e;
		wire_put_i64(&frame, batch);
		wire_put_u32(&frame, (uint32_t)(to - from));
		for (size_t i = from; i < to; i++) {
			wire_put_i64(&frame, who[i].at.v);
			wire_put_identity(&frame, &who[i].who);
		}
		if ((e = reach_ask(v, &frame, &reply, &in, f)))
			return e;
		for (size_t i = from; i < to; i++)
			ret[i] = wire_i64(&in);
		if ((e = reach_done(&in, f)))
			return e;
		from = to;
	} while (from < n);
	return OK;
}

enum err vault_likenesses(struct vault *v, vault_each_likeness *each, void *arg, struct fault *f)
{
	int64_t after = INT64_MIN;

	while (after != INT64_MAX) {
		CLEANUP(reach_wipe) struct buf frame = { 0 };
		CLEANUP(reach_wipe) struct buf reply = { 0 };
		struct vault_staged_row r;
		struct wire_in in, row;
		enum err e = reach_begin(&frame, WIRE_LIKENESSES, 8);

		if (e)
			return e;
		wire_put_i64(&frame, after);
		if ((e = reach_ask(v, &frame, &reply, &in, f)))
			return e;
		while (in.n >= STAGED_BYTES + 8) {
			row = (struct wire_in){ in.p, STAGED_BYTES, false };
			in.p += STAGED_BYTES;
			in.n -= STAGED_BYTES;
			if ((e = read_staged(&row, &r, 1, f)) ||
			    (e = each(r.subject, r.other, r.match, arg, f)))
				return e;
		}
		after = wire_i64(&in);
		if ((e = reach_done(&in, f)))
			return e;
	}
	return OK;
}

/* ---- lists of numbers, page by page ---- */

typedef enum err each_two(int64_t a, int64_t b, void *arg, struct fault *f);

static enum err each_page(struct vault *v, enum wire_op op, each_two *each, void *arg,
			  struct fault *f)
{
	int64_t after = INT64_MIN;

	for (;;) {
		CLEANUP(reach_wipe) struct buf frame = { 0 };
		CLEANUP(reach_wipe) struct buf reply = { 0 };
		struct wire_in in;
		size_t n = 0;
		enum err e = reach_begin(&frame, op, 8);

		if (e)
			return e;
		wire_put_i64(&frame, after);
		if ((e = reach_ask(v, &frame, &reply, &in, f)))
			return e;
		for (; in.n >= 16; n++) {
			int64_t a = wire_i64(&in), b = wire_i64(&in);

			after = a;
			if ((e = each(a, b, arg, f)))
				return e;
		}
		if ((e = reach_done(&in, f)) || n < WIRE_ROWS_MAX)
			return e;
	}
}

struct staged_each {
	vault_each_batch *each;
	void *arg;
};

static enum err one_staged(int64_t batch, int64_t at, void *arg, struct fault *f)
{
	const struct staged_each *w = arg;

	return w->each(batch, (struct utc_s){ at }, w->arg, f);
}

enum err vault_staged(struct vault *v, vault_each_batch *each, void *arg, struct fault *f)
{
	struct staged_each w = { each, arg };

	return each_page(v, WIRE_STAGED, one_staged, &w, f);
}

enum err vault_epoch_change(struct vault *v, vault_each_pair *each, void *arg, struct fault *f)
{
	return each_page(v, WIRE_EPOCH_CHANGE, each, arg, f);
}

/* ---- names ---- */

void vault_people_end(struct vault_people *p)
{
	reach_wipe(&p->bytes);
	if (p->v)
		crypt_wipe(p->v, p->n * sizeof *p->v);
	mem_drop(p->v);
	*p = (struct vault_people){ 0 };
}

/* The block so far and a reply become one block; both old ones are wiped. */
static enum err join(struct buf *all, struct buf *reply)
{
	struct buf next = { mem_take(all->n + reply->n + 1, 1), 0, all->n + reply->n + 1, OK };

	if (!next.p)
		return ERR_MEMORY;
	buf_put(&next, all->p, all->n);
	buf_put(&next, reply->p, reply->n);
	reach_wipe(all);
	*all = next;
	return OK;
}

static enum err resolve_lot(struct vault *v, struct str grant, int64_t account, const int64_t *ids,
			    size_t n, struct buf *all, struct fault *f)
{
	CLEANUP(reach_wipe) struct buf frame = { 0 };
	CLEANUP(reach_wipe) struct buf reply = { 0 };
	struct wire_in in;
	enum err e = reach_begin(&frame, WIRE_RESOLVE, grant.n + 8 * n + 64);

	if (e)
		return e;
	wire_put_i64(&frame, account);
	wire_put_str(&frame, grant);
	wire_put_u32(&frame, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_i64(&frame, ids[i]);
	if ((e = reach_ask(v, &frame, &reply, &in, f)))
		return e;
	memmove(reply.p, in.p, in.n); /* behind the word for "well" */
	reply.n = in.n;
	return join(all, &reply);
}

enum err vault_resolve(struct vault *v, struct str grant, int64_t account, const int64_t *ids,
		       size_t n, struct vault_people *ret, struct fault *f)
{
	CLEANUP(vault_people_end) struct vault_people p = { 0 };
	struct wire_in in;
	enum err e = OK;

	if (grant.n > GRANT_BYTES_MAX || n > GRANT_IDS_MAX)
		return fault_set(f, ERR_RANGE, "一次问的人太多", "too many people in one question");
	for (size_t from = 0; !e && from < n; from += WIRE_ROWS_MAX)
		e = resolve_lot(v, grant, account, ids + from, min_size(n - from, WIRE_ROWS_MAX),
				&p.bytes, f);
	if (e)
		return e;
	if (!(p.v = mem_take(n + 1, sizeof *p.v)))
		return ERR_MEMORY;
	p.n = n;
	in = (struct wire_in){ (const uint8_t *)p.bytes.p, p.bytes.n, false };
	for (size_t i = 0; i < n; i++) {
		p.v[i].id = ids[i];
		p.v[i].known = wire_u8(&in) != 0;
		wire_identity(&in, &p.v[i].who);
	}
	if ((e = reach_done(&in, f)))
		return e;
	*ret = p;
	p = (struct vault_people){ 0 };
	return OK;
}

enum err vault_pair(struct vault *v, struct str grant, int64_t account, int64_t a, int64_t b,
		    struct vault_people *ret, unsigned *ret_differ, struct fault *f)
{
	const int64_t ids[] = { a, b };
	unsigned differ = 0;
	enum err e = vault_resolve(v, grant, account, ids, ARRAY_LEN(ids), ret, f);

	if (e)
		return e;
	for (unsigned i = 0; i < VAULT_FIELD_N; i++)
		if (!str_eq(ret->v[0].who.text[i], ret->v[1].who.text[i]))
			differ |= 1u << i;
	*ret_differ = differ;
	return OK;
}

enum err vault_find(struct vault *v, struct str id_number, int64_t *ret, size_t *ret_n,
		    struct fault *f)
{
	CLEANUP(reach_wipe) struct buf frame = { 0 };
	CLEANUP(reach_wipe) struct buf reply = { 0 };
	struct wire_in in;
	size_t n = 0;
	enum err e = reach_begin(&frame, WIRE_FIND, id_number.n + 8);

	if (e)
		return e;
	wire_put_str(&frame, id_number);
	if ((e = reach_ask(v, &frame, &reply, &in, f)))
		return e;
	while (in.n >= 8 && n < VAULT_FOUND_MAX)
		ret[n++] = wire_i64(&in);
	if ((e = reach_done(&in, f)))
		return e;
	*ret_n = n;
	return OK;
}
