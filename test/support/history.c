/* history.c - ledger entries by dice. */
#include "support/history.h"
#include "support/chance.h"

#include <stdlib.h>
#include <string.h>

struct area_code history_county(uint32_t i)
{
	/* fourteen cities of Hunan, up to nine counties each */
	return (struct area_code){ 430000000000000 + (int64_t)(i % 14 + 1) * 100000000000 +
				   (int64_t)(i / 14 + 1) * 1000000000 };
}

static struct crypt_hash some_hash(struct dice *d)
{
	struct crypt_hash h = { { 0 } };

	if (dice_chance(d, 0.3))
		return h;
	h.v[0] = dice_chance(d, 0.5) ? CRYPT_WORLD : CRYPT_SM;
	for (size_t i = 1; i < sizeof h.v; i++)
		h.v[i] = (uint8_t)dice_next(d);
	return h;
}

struct ledger_entry history_entry(struct dice *d, struct area_code county, int64_t seq,
				  struct utc_s at)
{
	static const char *const PURPOSES[] = { "duty", "admin", "oversight", "self" };
	static const char *const OBJECTS[] = { "organisation", "person", "roster", "account" };
	static const char *const ACTIONS[] = { "create", "edit", "suspend", "read", "list" };
	static const char *const DETAILS[] = { "", "rows=17", "字段 2 项", "file=9a0c from=csv" };
	static const char *const MATTERS[] = { "", "case-2021-0731", "task/17" };
	struct ledger_entry en = {
		.county = county,
		.seq = seq,
		.at = at,
		.kind = (enum ledger_kind)(1 + dice_below(d, 3)),
		.actor = dice_below(d, 1000),
		.session = (int64_t)(dice_next(d) >> 2),
		.purpose = str_of(PURPOSES[dice_below(d, ARRAY_LEN(PURPOSES))]),
		.matter = str_of(MATTERS[dice_below(d, ARRAY_LEN(MATTERS))]),
		.object = str_of(OBJECTS[dice_below(d, ARRAY_LEN(OBJECTS))]),
		.object_id = dice_below(d, 50),
		.action = str_of(ACTIONS[dice_below(d, ARRAY_LEN(ACTIONS))]),
		.before = some_hash(d),
		.after = some_hash(d),
		.detail = str_of(DETAILS[dice_below(d, ARRAY_LEN(DETAILS))]),
	};

	if (en.kind == LEDGER_ACT)
		en.version = dice_below(d, 9);
	return en;
}

bool history_same(const struct ledger_entry *a, const struct ledger_entry *b)
{
	return a->county.v == b->county.v && a->seq == b->seq && a->at.v == b->at.v &&
	       a->kind == b->kind && a->actor == b->actor && a->session == b->session &&
	       str_eq(a->purpose, b->purpose) && str_eq(a->matter, b->matter) &&
	       str_eq(a->object, b->object) && a->object_id == b->object_id &&
	       str_eq(a->action, b->action) && a->version == b->version &&
	       memcmp(&a->before, &b->before, sizeof a->before) == 0 &&
	       memcmp(&a->after, &b->after, sizeof a->after) == 0 && str_eq(a->detail, b->detail);
}

struct crypt_signer *history_signer(enum crypt_suite suite, uint64_t seed)
{
	struct crypt_signer *s = NULL;
	struct crypt_seed raw;
	struct chance c;

	chance_begin(&c, seed);
	crypt_seed_new(suite, &c.random, &raw);
	if (crypt_signer_new(&raw, &s))
		abort();
	return s;
}
