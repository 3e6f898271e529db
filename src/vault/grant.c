/*
 * grant.c - grants as bytes, and what each agency may be told.
 *
 * Between agencies the question travels, not the data. Police are asked to find people and are
 * told who they are, not why. A community is asked to see to a door. The telecom authority is asked
 * who was at a place at a time, and is told nobody. The centre for disease control knows illness
 * and chain, and has no address. Who has a diagnosis and who has an address share no field by which
 * a person could be joined: that is tested for any two (test/vault/grant.c).
 */
#include "vault/grant.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vault/wire.h"

#include "base/ban.h"

#define BIT(x) (1u << (x))

static const struct {
	const char *word;
	unsigned fields, facts;
} AGENCIES[GRANT_AGENCY_N] = {
	[GRANT_CDC] = { "cdc",
			BIT(VAULT_NAME) | BIT(VAULT_PHONE) | BIT(VAULT_BIRTH) | BIT(VAULT_SEX),
			BIT(GRANT_DIAGNOSIS) | BIT(GRANT_CHAIN) | BIT(GRANT_PLACES) |
				BIT(GRANT_TO_DO) },
	[GRANT_COMMUNITY] = { "community", BIT(VAULT_ADDRESS), BIT(GRANT_TO_DO) },
	[GRANT_POLICE] = { "police", BIT(VAULT_NAME) | BIT(VAULT_ID_NUMBER) | BIT(VAULT_SEX),
			   BIT(GRANT_TO_DO) },
	[GRANT_TELECOM] = { "telecom", 0, BIT(GRANT_PLACES) },
};

/* How long names stay open: a trace as long as its warrant, a review a working day. */
static const struct {
	const char *word;
	int64_t life_s;
} KINDS[GRANT_KIND_N] = {
	[GRANT_TRACE] = { "trace", 24 * 3600 },
	[GRANT_TASK] = { "task", 24 * 3600 },
	[GRANT_REVIEW] = { "review", 8 * 3600 },
	[GRANT_BREAK_GLASS] = { "break_glass", 30 * 60 },
};

const char *grant_kind_word(enum grant_kind k)
{
	return KINDS[k].word;
}

int64_t grant_life_max(enum grant_kind k)
{
	return KINDS[k].life_s;
}

const char *grant_agency_word(enum grant_agency a)
{
	return AGENCIES[a].word;
}

unsigned grant_agency_fields(enum grant_agency a)
{
	return AGENCIES[a].fields;
}

unsigned grant_agency_facts(enum grant_agency a)
{
	return AGENCIES[a].facts;
}

const char *grant_fact_word(enum grant_fact f)
{
	static const char *const WORDS[GRANT_FACT_N] = { "diagnosis", "chain", "places", "to_do" };

	return WORDS[f];
}

/* ---- what holds of every grant ---- */

static const char *wrong(const struct grant *g, const char **ret_zh)
{
	if (g->kind < 1 || g->kind >= GRANT_KIND_N || g->agency < 1 || g->agency >= GRANT_AGENCY_N)
		return *ret_zh = "没有这种授权或机构", "there is no such kind or agency";
	if (!g->id || !g->account || !g->matter.n || !g->purpose.n)
		return *ret_zh = "缺少编号、对象账户、事由或目的",
		       "it has no number, account, matter or purpose";
	if (g->matter.n > GRANT_WORD_MAX || g->purpose.n > GRANT_WORD_MAX)
		return *ret_zh = "事由或目的太长", "its matter or purpose is too long";
	if (g->fields & ~grant_agency_fields(g->agency))
		return *ret_zh = "所含字段超出该机构可知的范围",
		       "it carries fields that its agency may not be told";
	if (g->expires.v <= g->issued.v || g->expires.v - g->issued.v > grant_life_max(g->kind))
		return *ret_zh = "有效期为空或太长", "it lasts no time, or too long";
	if (!g->n || g->n > GRANT_IDS_MAX)
		return *ret_zh = "没有列出人，或列得太多", "it lists nobody, or too many";
	if (g->kind == GRANT_BREAK_GLASS && !g->single_use)
		return *ret_zh = "紧急查看只能用一次", "a break-glass is for one use";
	return NULL;
}

enum err grant_check(const struct grant *g, int64_t account, struct utc_s now, struct fault *f)
{
	const char *zh = "", *en = wrong(g, &zh);

	if (!en && g->account != account)
		zh = "授权是给别人的", en = "it is addressed to somebody else";
	if (!en && (now.v < g->issued.v || now.v >= g->expires.v))
		zh = "授权已过期或尚未生效", en = "it is over, or has not begun";
	return en ? fault_set(f, ERR_WARRANT, "授权不成立：%s%.0s",
			      "%.0sthe grant does not hold: %s", zh, en)
		  : OK;
}

/* ---- bytes ---- */

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static enum err put_ids(const struct grant *g, struct buf *out)
{
	int64_t *v = mem_take(g->n, sizeof *v);
	size_t n = 0;

	if (!v)
		return ERR_MEMORY;
	memcpy(v, g->ids, g->n * sizeof *v);
	qsort(v, g->n, sizeof *v, by_number);
	for (size_t i = 0; i < g->n; i++)
		if (!i || v[i] != v[i - 1])
			v[n++] = v[i];
	wire_put_u32(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		wire_put_i64(out, v[i]);
	mem_drop(v);
	return out->failed;
}

enum err grant_sign(const struct grant *g, const struct crypt_signer *house, struct buf *out,
		    struct fault *f)
{
	const char *zh = "", *en = wrong(g, &zh);
	struct crypt_signature sig;
	size_t from = out->n;
	enum err e;

	if (en)
		return fault_set(f, ERR_RANGE, "不能签发授权：%s%.0s",
				 "%.0sno grant can be given: %s", zh, en);
	buf_lit(out, "OPG1");
	wire_put_u8(out, (uint8_t)g->kind);
	wire_put_u8(out, (uint8_t)g->agency);
	wire_put_u8(out, g->single_use);
	wire_put_u8(out, (uint8_t)g->fields);
	wire_put_i64(out, g->id);
	wire_put_i64(out, g->account);
	wire_put_i64(out, g->issued.v);
	wire_put_i64(out, g->expires.v);
	wire_put_str(out, g->matter);
	wire_put_str(out, g->purpose);
	if (!(e = put_ids(g, out)) && !(e = crypt_sign(house, out->p + from, out->n - from, &sig)))
		buf_put(out, sig.v, sizeof sig.v);
	if (e || out->failed)
		out->n = from;
	return e ? e : out->failed;
}

int64_t grant_id(const struct grant *g, size_t i)
{
	struct wire_in in = { (const uint8_t *)g->list.p + 8 * i, 8, false };

	assert(i < g->n);
	return wire_i64(&in);
}

bool grant_lists(const struct grant *g, int64_t id)
{
	size_t low = 0, high = g->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int64_t at = grant_id(g, mid);

		if (at == id)
			return true;
		if (at < id)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

static bool in_order(const struct grant *g)
{
	for (size_t i = 1; i < g->n; i++)
		if (grant_id(g, i) <= grant_id(g, i - 1))
			return false;
	return true;
}

enum err grant_read(struct str blob, const struct crypt_public *house, struct grant *ret)
{
	struct wire_in in = { 0 };
	struct crypt_signature sig;
	struct grant g = { 0 };
	uint8_t single;
	enum err e;

	if (blob.n < 4 + sizeof sig.v || blob.n > GRANT_BYTES_MAX || memcmp(blob.p, "OPG1", 4) != 0)
		return ERR_SYNTAX;
	in.p = (const uint8_t *)blob.p + 4;
	in.n = blob.n - 4 - sizeof sig.v;
	g.kind = (enum grant_kind)wire_u8(&in);
	g.agency = (enum grant_agency)wire_u8(&in);
	single = wire_u8(&in);
	g.single_use = single;
	g.fields = wire_u8(&in);
	g.id = wire_i64(&in);
	g.account = wire_i64(&in);
	g.issued.v = wire_i64(&in);
	g.expires.v = wire_i64(&in);
	g.matter = wire_str(&in, GRANT_WORD_MAX);
	g.purpose = wire_str(&in, GRANT_WORD_MAX);
	g.n = wire_u32(&in);
	if (in.bad || single > 1 || g.n > GRANT_IDS_MAX || in.n != 8 * g.n)
		return ERR_SYNTAX;
	g.list = (struct str){ (const char *)in.p, in.n };
	if (!in_order(&g))
		return ERR_SYNTAX;
	memcpy(sig.v, blob.p + blob.n - sizeof sig.v, sizeof sig.v);
	e = crypt_verify(house, blob.p, blob.n - sizeof sig.v, &sig);
	if (e)
		return e == ERR_MEMORY ? e : ERR_WARRANT;
	*ret = g;
	return OK;
}
