/* place.c - see place.h. */
#include "trail/place.h"

#include "trail/trail.h"

#include "base/ban.h"

static const struct choice states[] = {
	[PLACE_OPEN] = { "open", "开放", "Open" },
	[PLACE_CLOSED] = { "closed", "关闭", "Closed" },
};

static const struct field fields[] = {
	{ TEXT(struct place, name), "名称", "Name", SEE_AREA,
	  FIELD_REQUIRED | FIELD_LISTED | FIELD_SEARCH | FIELD_EXPORT, 2, 100 },
	{ TEXT(struct place, kind), "场所类别", "Kind", SEE_AREA,
	  FIELD_LISTED | FIELD_FILTER | FIELD_EXPORT, 2, 40,
	  .hint_zh = "疾病规则里的词，如 cinema、restaurant、plane",
	  .hint_en = "a word of the disease profiles, as cinema, restaurant, plane" },
	{ TEXT(struct place, sender), "报送方", "Sender", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_EXPORT | FIELD_KEY, 1, 64 },
	{ TEXT(struct place, sender_key), "报送方编号", "The sender's key", SEE_AREA,
	  FIELD_REQUIRED | FIELD_FIXED | FIELD_EXPORT | FIELD_KEY, 1, 64 },
	{ I64(struct place, number), "内部编号", "Number", SEE_AREA, FIELD_SERVER },
};

static const struct step steps[] = {
	{ STEP(PLACE_NONE, "create", PLACE_OPEN, "登记", "Register") },
	{ STEP(PLACE_OPEN, "close", PLACE_CLOSED, "关闭", "Close") },
	{ STEP(PLACE_CLOSED, "open", PLACE_OPEN, "重新开放", "Open again") },
};

static enum err check(struct tx *tx, const void *before, void *after, struct fault *f)
{
	struct place *p = after;
	struct trail_place number;
	enum err e = trail_place_of(p->sender, p->sender_key, &number);

	(void)tx;
	(void)before;
	(void)f;
	p->number = number.v;
	return e;
}

const struct noun place_noun = {
	.name = "place",
	.path = "places",
	.zh = "场所",
	.en = "Place",
	.en_many = "Places",
	NOUN_OF(struct place, fields, states, steps),
	.read = CAP_GRID_READ,
	.write = CAP_GRID_WRITE,
	.why = WHY_DUTY,
	.check = check,
};

const struct noun *const trail_nouns[] = { &place_noun };
const size_t trail_nouns_n = ARRAY_LEN(trail_nouns);
