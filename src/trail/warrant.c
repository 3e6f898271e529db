#include "trail/warrant.h"

#include <string.h>

#include "crypt/encode.h"
#include "engine/trace/trace.h"
#include "trail/limit.h"

#include "base/ban.h"

enum { MAGIC_BYTES = 4, NUMBERS = 12, DAY_S = 86400, HOUR_S = 3600 };
static const char MAGIC[MAGIC_BYTES] = { 'O', 'P', 'W', '1' };

/* ---- bytes ----------------------------------------------------------------------------------- */

static void put_i64(struct buf *out, int64_t v)
{
	uint8_t b[8];

	for (size_t i = 0; i < 8; i++)
		b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	buf_put(out, b, sizeof b);
}

static void put_word(struct buf *out, struct str s)
{
	buf_char(out, (char)s.n);
	buf_str(out, s);
}

static void put_all(const struct trail_warrant *w, struct buf *out)
{
	const int64_t v[NUMBERS] = { w->id.v,   w->case_id.v, w->area.v,    w->officer,
				     w->index,  w->from.v,    w->to.v,      w->generations,
				     w->people, w->issued.v,  w->expires.v, 0 };

	buf_put(out, MAGIC, MAGIC_BYTES);
	for (size_t i = 0; i < NUMBERS; i++)
		put_i64(out, v[i]);
	put_word(out, w->basis);
	put_word(out, w->profile);
}

static bool take(struct str *rest, size_t n, const char **ret)
{
	if (rest->n < n)
		return false;
	*ret = rest->p;
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool take_i64(struct str *rest, int64_t *ret)
{
	const char *p;
	uint64_t v = 0;

	if (!take(rest, 8, &p))
		return false;
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (uint8_t)p[i];
	*ret = (int64_t)v;
	return true;
}

static bool take_word(struct str *rest, struct str *ret)
{
	const char *n;

	if (!take(rest, 1, &n) || (uint8_t)*n > WARRANT_WORD_MAX)
		return false;
	ret->n = (uint8_t)*n;
	return take(rest, ret->n, &ret->p);
}

static bool take_all(struct str *rest, struct trail_warrant *w)
{
	int64_t v[NUMBERS];
	const char *magic;

	if (!take(rest, MAGIC_BYTES, &magic) || memcmp(magic, MAGIC, MAGIC_BYTES) != 0)
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		if (!take_i64(rest, &v[i]))
			return false;
	*w = (struct trail_warrant){
		.id = { v[0] },
		.case_id = { v[1] },
		.area = { v[2] },
		.officer = v[3],
		.index = v[4],
		.from = { v[5] },
		.to = { v[6] },
		.generations = v[7],
		.people = v[8],
		.issued = { v[9] },
		.expires = { v[10] },
	};
	return v[11] == 0 && take_word(rest, &w->basis) && take_word(rest, &w->profile);
}

/* ---- minting --------------------------------------------------------------------------------- */

static enum err too_wide(struct fault *f, enum trail_limit l)
{
	const struct limit_row *r = limit_row(l);

	return fault_set(f, ERR_RANGE, "追踪授权超出上限：%s %lld%.0s",
			 "%.0sthe warrant is too wide: at most %lld (%s)", r->zh,
			 (long long)r->value, r->en);
}

static enum err within_limits(const struct trail_warrant *w, struct fault *f)
{
	if (w->id.v <= 0 || w->case_id.v <= 0 || w->officer <= 0 || w->index < 0 ||
	    !area_valid(w->area) || !w->basis.n || !w->profile.n || w->generations < 1 ||
	    w->people < 1 || w->from.v >= w->to.v || w->issued.v >= w->expires.v ||
	    w->basis.n > WARRANT_WORD_MAX || w->profile.n > WARRANT_WORD_MAX)
		return fault_set(f, ERR_RANGE, "追踪授权缺少必要内容",
				 "the warrant lacks what it must say");
	if (w->to.v == TRACE_STILL || w->to.v - w->from.v > limit_of(LIMIT_WINDOW_DAYS) * DAY_S)
		return too_wide(f, LIMIT_WINDOW_DAYS);
	if (w->generations > limit_of(LIMIT_GENERATIONS))
		return too_wide(f, LIMIT_GENERATIONS);
	if (w->expires.v - w->issued.v > limit_of(LIMIT_WARRANT_HOURS) * HOUR_S)
		return too_wide(f, LIMIT_WARRANT_HOURS);
	if (w->people > limit_of(LIMIT_PEOPLE))
		return too_wide(f, LIMIT_PEOPLE);
	return OK;
}

enum err warrant_mint(const struct trail_warrant *w, const struct crypt_signer *house,
		      struct buf *out, struct fault *f)
{
	CLEANUP(buf_release) struct buf all = { 0 };
	struct crypt_signature sig;
	enum err e = within_limits(w, f);

	if (e)
		return e;
	put_all(w, &all);
	if (all.failed)
		return all.failed;
	if ((e = crypt_sign(house, all.p, all.n, &sig)))
		return e;
	buf_str(out, buf_view(&all));
	buf_put(out, sig.v, sizeof sig.v);
	return out->failed;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum err no_warrant(struct fault *f)
{
	return fault_set(f, ERR_WARRANT, "这不是本系统签发的追踪授权，或已被改动",
			 "this is no warrant of this house, or it was altered");
}

enum err warrant_read(struct str blob, const struct crypt_public *house, struct trail_warrant *ret,
		      struct fault *f)
{
	struct crypt_signature sig;
	struct str rest = blob;
	struct trail_warrant w;
	struct fault unasked = { 0 };
	enum err e;

	if (blob.n > WARRANT_BYTES_MAX || !take_all(&rest, &w) || rest.n != sizeof sig.v)
		return no_warrant(f);
	memcpy(sig.v, rest.p, sizeof sig.v);
	if ((e = crypt_verify(house, blob.p, blob.n - rest.n, &sig)))
		return e == ERR_MEMORY ? e : no_warrant(f);
	if (within_limits(&w, &unasked)) /* of a time with other limits */
		return no_warrant(f);
	*ret = w;
	return OK;
}

void warrant_text(struct str blob, struct buf *out)
{
	encode_base64url(out, blob.p, blob.n);
}

enum err warrant_of_text(struct str text, struct buf *ret, struct fault *f)
{
	uint8_t bytes[WARRANT_BYTES_MAX];
	size_t n;

	if (encode_read_base64url(text, bytes, sizeof bytes, &n))
		return no_warrant(f);
	buf_put(ret, bytes, n);
	return ret->failed;
}

/* ---- using ----------------------------------------------------------------------------------- */

static enum err refuse(struct fault *f, const char *zh, const char *en)
{
	return fault_set(f, ERR_WARRANT, "%s%.0s", "%.0s%s", zh, en);
}

enum err warrant_check(struct trail_warrant *w, const struct warrant_use *use, struct fault *f)
{
	struct utc_s from = use->from.v ? use->from : w->from, to = use->to.v ? use->to : w->to;
	int64_t generations = use->generations ? use->generations : w->generations;

	if (use->case_id.v != w->case_id.v)
		return refuse(f, "这份追踪授权属于另一个病例", "the warrant is of another case");
	if (use->officer != w->officer)
		return refuse(f, "这份追踪授权不是签发给您的",
			      "the warrant is not made out to you");
	if (use->area.v != w->area.v)
		return refuse(f, "病例所在区域与追踪授权不符",
			      "the case lies in another area than the warrant says");
	if (use->now.v < w->issued.v || use->now.v >= w->expires.v)
		return refuse(f, "追踪授权已过期；请再次确认病例以取得新的授权",
			      "the warrant is over: confirm the case anew to get another");
	if (from.v < w->from.v || to.v > w->to.v || from.v >= to.v)
		return refuse(f, "所要求的时间窗超出追踪授权",
			      "the window asked for is wider than the warrant's");
	if (generations < 1 || generations > w->generations)
		return refuse(f, "所要求的代数超出追踪授权",
			      "more generations are asked for than the warrant allows");
	w->from = from;
	w->to = to;
	w->generations = generations;
	return OK;
}
