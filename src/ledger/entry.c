/* entry.c - an entry as bytes, and what it may say. */
#include "ledger/entry.h"
#include "base/when.h"
#include "ledger/wire.h"

#include <string.h>

#include "base/ban.h"

enum { FORM = 1, LEAF = 0, MOBILE_DIGITS = 11, ID_DIGITS = 18 };

const char *ledger_kind_word(enum ledger_kind k)
{
	static const char *const WORDS[] = {
		[LEDGER_ACT] = "act", [LEDGER_READ] = "read", [LEDGER_REFUSED] = "refused"
	};

	return k >= LEDGER_ACT && k <= LEDGER_REFUSED ? WORDS[k] : "?";
}

/* ---- what may be said ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_plain(char c)
{
	return (unsigned char)(c - 'a') < 26 || is_digit(c);
}

/* a-z, digits, and . _ - between them */
static bool is_word(struct str s)
{
	bool well = s.n > 0 && s.n <= LEDGER_WORD_MAX && is_plain(s.p[0]) && is_plain(s.p[s.n - 1]);

	for (size_t i = 1; well && i + 1 < s.n; i++)
		well = is_plain(s.p[i]) || s.p[i] == '-' || s.p[i] == '_' || s.p[i] == '.';
	return well;
}

static bool is_reference(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n <= LEDGER_WORD_MAX;
}

/* GB 11643: a date in the middle and a check sign at the end (ISO 7064, mod 11-2). */
static bool is_id_number(const char *p)
{
	static const int WEIGHTS[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0, month = (p[10] - '0') * 10 + p[11] - '0';
	int day = (p[12] - '0') * 10 + p[13] - '0', century = (p[6] - '0') * 10 + p[7] - '0';
	char last = p[17] == 'x' ? 'X' : p[17];

	for (int i = 0; i < 17; i++)
		sum += (p[i] - '0') * WEIGHTS[i];
	return (century == 19 || century == 20) && month >= 1 && month <= 12 && day >= 1 &&
	       day <= 31 && "10X98765432"[sum % 11] == last;
}

/* A net with wide meshes, for the day when somebody puts a name list into the wrong field. */
static bool looks_personal(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;

		while (i + n < s.n && is_digit(s.p[i + n]))
			n++;
		if (n == MOBILE_DIGITS && s.p[i] == '1' && s.p[i + 1] >= '3')
			return true;
		if (n == ID_DIGITS && is_id_number(s.p + i))
			return true;
		if (n == ID_DIGITS - 1 && i + n < s.n && (s.p[i + n] | 0x20) == 'x' &&
		    is_id_number(s.p + i))
			return true;
		i += n + 1;
	}
	return false;
}

static bool is_detail(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
			return false;
	return s.n <= LEDGER_DETAIL_MAX && str_utf8(s);
}

static bool is_hash(const struct crypt_hash *h)
{
	static const struct crypt_hash NONE;

	return h->v[0] ? crypt_suite_known(h->v[0]) : memcmp(h->v, NONE.v, sizeof h->v) == 0;
}

/* The name of the first field that breaks a rule of form, or NULL. */
static const char *bad_field(const struct ledger_entry *en)
{
	if (!area_valid(en->county) || area_county(en->county).v != en->county.v)
		return "county";
	if (en->seq < 1)
		return "seq";
	if (en->at.v < WHEN_MIN_S || en->at.v >= WHEN_MAX_S)
		return "at";
	if (en->kind < LEDGER_ACT || en->kind > LEDGER_REFUSED)
		return "kind";
	if (en->actor < 0 || en->session < 0)
		return "actor";
	if (!is_word(en->purpose))
		return "purpose";
	if (!is_reference(en->matter))
		return "matter";
	if (!is_word(en->object) || en->object_id < 0)
		return "object";
	if (!is_word(en->action))
		return "action";
	if (en->version < 0 || (en->version > 0 && en->kind != LEDGER_ACT))
		return "version";
	if (!is_hash(&en->before) || !is_hash(&en->after))
		return "hash";
	return is_detail(en->detail) ? NULL : "detail";
}

enum err entry_check(const struct ledger_entry *en, struct fault *f)
{
	const char *field = bad_field(en);

	if (!field && looks_personal(en->matter))
		field = "matter";
	if (!field && looks_personal(en->detail))
		field = "detail";
	if (!field)
		return OK;
	return fault_set(f, ERR_RANGE, "台账条目的 %s 不合规矩，或含有个人信息",
			 "the %s of a ledger entry breaks the rules, or is personal", field);
}

/* ---- bytes ---- */

size_t entry_write(const struct ledger_entry *en, uint8_t ret[LEDGER_ENTRY_BYTES_MAX])
{
	struct wire_out w = { ret, 0, LEDGER_ENTRY_BYTES_MAX, false };

	wire_put_u(&w, FORM, 1);
	wire_put_i64(&w, en->county.v);
	wire_put_i64(&w, en->seq);
	wire_put_i64(&w, en->at.v);
	wire_put_u(&w, en->kind, 1);
	wire_put_i64(&w, en->actor);
	wire_put_i64(&w, en->session);
	wire_put_text(&w, en->purpose, 1);
	wire_put_text(&w, en->matter, 1);
	wire_put_text(&w, en->object, 1);
	wire_put_i64(&w, en->object_id);
	wire_put_text(&w, en->action, 1);
	wire_put_i64(&w, en->version);
	wire_put_hash(&w, &en->before);
	wire_put_hash(&w, &en->after);
	wire_put_text(&w, en->detail, 2);
	assert(!w.bad);
	return w.n;
}

enum err entry_parse(struct str bytes, struct ledger_entry *ret)
{
	struct wire_in w = { (const uint8_t *)bytes.p, bytes.n, false };
	uint64_t form = wire_get_u(&w, 1);
	struct ledger_entry en;

	if (w.bad || bytes.n > LEDGER_ENTRY_BYTES_MAX)
		return ERR_CORRUPT;
	if (form != FORM)
		return form > FORM ? ERR_VERSION : ERR_CORRUPT;
	en.county.v = wire_get_i64(&w);
	en.seq = wire_get_i64(&w);
	en.at.v = wire_get_i64(&w);
	en.kind = (enum ledger_kind)wire_get_u(&w, 1);
	en.actor = wire_get_i64(&w);
	en.session = wire_get_i64(&w);
	en.purpose = wire_get_text(&w, 1);
	en.matter = wire_get_text(&w, 1);
	en.object = wire_get_text(&w, 1);
	en.object_id = wire_get_i64(&w);
	en.action = wire_get_text(&w, 1);
	en.version = wire_get_i64(&w);
	en.before = wire_get_hash(&w);
	en.after = wire_get_hash(&w);
	en.detail = wire_get_text(&w, 2);
	if (w.bad || w.n || bad_field(&en))
		return ERR_CORRUPT;
	*ret = en;
	return OK;
}

void entry_hash(struct crypt_hasher *h, const struct crypt_hash *prev, struct str bytes,
		struct crypt_hash *ret)
{
	uint8_t all[1 + CRYPT_HASH_BYTES + LEDGER_ENTRY_BYTES_MAX];
	size_t head = 1 + sizeof prev->v;

	/* In one piece: each call of the library costs as much as hashing a block. */
	assert(bytes.n <= LEDGER_ENTRY_BYTES_MAX);
	all[0] = LEAF;
	memcpy(all + 1, prev->v, sizeof prev->v);
	memcpy(all + head, bytes.p, bytes.n);
	crypt_hasher_add(h, all, head + bytes.n);
	crypt_hasher_take(h, ret);
}
