#include "access/key.h"

#include <string.h>

#include "access/key.sql.h"

#include "base/ban.h"

bool key_may_hold(enum capability c)
{
	switch (c) {
	case CAP_GRID_READ:
	case CAP_GRID_WRITE:
	case CAP_ROSTER_WRITE:
	case CAP_FEED_READ:
	case CAP_PUSH:
	case CAP_IMPORT:
	case CAP_EXPORT:
	case CAP_CASE_RESULT:
	case CAP_LEDGER_READ: return true;
	default: return false;
	}
}

size_t key_capabilities_text(uint64_t capabilities, char ret[KEY_CAPABILITIES_BYTES])
{
	size_t n = 0;

	for (int c = CAP_NONE + 1; c < CAP_N; c++) {
		const char *word = capability_words((enum capability)c)->word;

		if (!(capabilities & capability_bit((enum capability)c)))
			continue;
		assert(n + 1 + strlen(word) < KEY_CAPABILITIES_BYTES);
		if (n)
			ret[n++] = ' ';
		memcpy(ret + n, word, strlen(word));
		n += strlen(word);
	}
	ret[n] = '\0';
	return n;
}

/* A word that is no capability any more, or never was one for a key, opens nothing. */
static uint64_t capabilities_parse(struct str text)
{
	uint64_t all = 0;

	for (size_t i = 0; i < text.n; i++) {
		struct str word = { text.p + i, 0 };
		enum capability c;

		while (i < text.n && text.p[i] != ' ')
			i++, word.n++;
		c = capability_of(word);
		if (key_may_hold(c))
			all |= capability_bit(c);
	}
	return all;
}

enum err key_find(struct tx *tx, const struct bearer *b, struct utc_s now, struct arena *a,
		  struct who *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct who w = { .kind = WHO_KEY };
	struct crypt_hash hash;
	struct str agency;
	enum err e;

	if ((e = bearer_hash(b, &hash)))
		return e;
	e = tx_row(tx, &key_sql.find,
		   SQL_ARGS(sql_blob((struct str){ (const char *)hash.v, sizeof(hash.v) })), &r, f);
	if (e)
		return e == ERR_ABSENT ? ERR_LOGIN : e;
	if (now.v >= rows_i64(r, 5))
		return ERR_LOGIN;
	agency = rows_text(r, 2);
	w.account = rows_i64(r, 0);
	w.home = (struct area_code){ rows_i64(r, 1) };
	w.name = (struct str){ arena_copy(a, agency.p, agency.n), agency.n };
	w.capabilities = capabilities_parse(rows_text(r, 3)) | capability_bit(CAP_ANYONE) |
			 capability_bit(CAP_SELF);
	if (!w.name.p)
		return ERR_MEMORY;
	if ((e = scope_parse(rows_text(r, 4), &w.scope, f)))
		return e;
	*ret = w;
	return OK;
}

static enum err read_key(struct rows *r, struct arena *a, struct key *ret, struct fault *f)
{
	struct str agency = rows_text(r, 2);
	struct key k = {
		.id = rows_i64(r, 0),
		.area = { rows_i64(r, 1) },
		.agency = { arena_copy(a, agency.p, agency.n), agency.n },
		.capabilities = capabilities_parse(rows_text(r, 3)),
		.made_at = rows_time(r, 5),
		.made_by = rows_i64(r, 6),
		.ends_at = rows_time(r, 7),
	};
	enum err e;

	if (!k.agency.p)
		return ERR_MEMORY;
	if ((e = scope_parse(rows_text(r, 4), &k.scope, f)))
		return e;
	*ret = k;
	return OK;
}

enum err key_at(struct tx *tx, int64_t id, struct arena *a, struct key *ret, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	enum err e = tx_row(tx, &key_sql.at, SQL_ARGS(sql_i64(id)), &r, f);

	return e ? e : read_key(r, a, ret, f);
}

enum err key_each(struct tx *tx, struct area_code in, struct arena *a,
		  void (*each)(const struct key *k, void *arg), void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct key k;
	bool more;
	enum err e;

	if ((e = tx_rows(tx, &key_sql.list, SQL_ARGS(sql_i64(in.v), sql_i64(area_end(in).v)), &r,
			 f)))
		return e;
	while ((e = rows_next(r, &more, f)) == OK && more) {
		if ((e = read_key(r, a, &k, f)))
			return e;
		each(&k, arg);
	}
	return e;
}

enum err key_make(struct tx *tx, const struct key *k, const struct bearer *b, struct fault *f)
{
	char words[KEY_CAPABILITIES_BYTES], areas[SCOPE_TEXT_BYTES];
	struct str words_text = { words, key_capabilities_text(k->capabilities, words) };
	struct str areas_text = { areas, scope_text(&k->scope, areas) };
	struct crypt_hash hash;
	enum err e;

	if ((e = bearer_hash(b, &hash)))
		return e;
	return tx_run(tx, &key_sql.make,
		      SQL_ARGS(sql_i64(k->id),
			       sql_blob((struct str){ (const char *)hash.v, sizeof(hash.v) }),
			       sql_i64(k->area.v), sql_text(k->agency), sql_text(words_text),
			       sql_text(areas_text), sql_time(k->made_at), sql_i64(k->made_by),
			       sql_time(k->ends_at)),
		      NULL, f);
}

enum err key_withdraw(struct tx *tx, int64_t id, struct fault *f)
{
	uint64_t changed;
	enum err e = tx_run(tx, &key_sql.withdraw, SQL_ARGS(sql_i64(id)), &changed, f);

	return e ? e : changed ? OK : ERR_ABSENT;
}
