/* password.c - Argon2id and RFC 6238. */
#include "crypt/password.h"
#include "crypt/encode.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#include "base/ban.h"

enum { TOTP_DIGITS = 6, TOTP_SKEW_STEPS = 1, SHA1_BYTES = 20, MEMORY_KIB_MAX = 256 * 1024 };

_Static_assert(PASSWORD_TEXT_BYTES == crypto_pwhash_STRBYTES, "Argon2's text");

const struct password_cost password_cost_usual = { 3, (size_t)64 << 20 };

enum err password_hash(struct str password, const struct password_cost *cost,
		       char ret[PASSWORD_TEXT_BYTES])
{
	char text[PASSWORD_TEXT_BYTES] = { 0 };

	if (password.n > PASSWORD_BYTES_MAX)
		return ERR_RANGE;
	if (sodium_init() < 0)
		return ERR_BUG;
	/* The salt comes from the system: libsodium offers no other source for it. */
	if (crypto_pwhash_str_alg(text, password.p, password.n, cost->passes, cost->memory_bytes,
				  crypto_pwhash_ALG_ARGON2ID13))
		return ERR_MEMORY;
	memcpy(ret, text, sizeof text);
	return OK;
}

/* A text of somebody else's making must not decide how much memory we take. */
static bool reads_well(const char *text)
{
	static const char HEAD[] = "$argon2id$v=19$m=";
	const char *comma;
	int64_t kib;

	if (strnlen(text, PASSWORD_TEXT_BYTES) == PASSWORD_TEXT_BYTES ||
	    strncmp(text, HEAD, sizeof HEAD - 1) != 0)
		return false;
	text += sizeof HEAD - 1;
	comma = strchr(text, ',');
	return comma && str_i64((struct str){ text, (size_t)(comma - text) }, &kib) == OK &&
	       kib > 0 && kib <= MEMORY_KIB_MAX;
}

enum err password_verify(const char *text, struct str password)
{
	if (!reads_well(text))
		return ERR_SYNTAX;
	if (password.n > PASSWORD_BYTES_MAX)
		return ERR_CORRUPT;
	if (sodium_init() < 0)
		return ERR_BUG;
	return crypto_pwhash_str_verify(text, password.p, password.n) ? ERR_CORRUPT : OK;
}

bool password_is_weak(const char *text, const struct password_cost *cost)
{
	return !reads_well(text) ||
	       crypto_pwhash_str_needs_rehash(text, cost->passes, cost->memory_bytes) != 0;
}

/* ---- the six digits ---- */

void totp_new(const struct crypt_random *r, struct totp *ret)
{
	crypt_random_fill(r, ret->v, sizeof ret->v);
}

/* What RFC 3986 leaves as it is; anything else is %XX. */
static void put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '.' || c == '_' || c == '~')
			buf_char(out, (char)c);
		else
			buf_fmt(out, "%%%02X", c);
	}
}

void totp_uri(const struct totp *t, struct str issuer, struct str account, struct buf *out)
{
	buf_lit(out, "otpauth://totp/");
	put_escaped(out, issuer);
	buf_char(out, ':');
	put_escaped(out, account);
	buf_lit(out, "?secret=");
	encode_base32(out, t->v, sizeof t->v);
	buf_lit(out, "&issuer=");
	put_escaped(out, issuer);
}

enum err totp_code(const struct totp *t, int64_t step, uint32_t *ret)
{
	uint8_t count[8], mac[SHA1_BYTES];
	uint32_t v;
	size_t at;

	for (int i = 0; i < 8; i++)
		count[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (!HMAC(EVP_sha1(), t->v, sizeof t->v, count, sizeof count, mac, NULL))
		return ERR_MEMORY;
	at = mac[SHA1_BYTES - 1] & 0xF;
	v = (uint32_t)(mac[at] & 0x7F) << 24 | (uint32_t)mac[at + 1] << 16 |
	    (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	*ret = v % 1000000;
	return OK;
}

enum err totp_check(const struct totp *t, struct str typed, struct utc_s now, int64_t last,
		    int64_t *ret_step)
{
	int64_t step = now.v / TOTP_STEP_S, found = -1, value = 0;

	if (typed.n != TOTP_DIGITS || typed.p[0] == '-' || str_i64(typed, &value) != OK)
		return ERR_CORRUPT;
	/* All of them, whichever fits: the time it takes tells nothing. */
	for (int64_t s = step - TOTP_SKEW_STEPS; s <= step + TOTP_SKEW_STEPS; s++) {
		uint32_t code = 0;
		enum err e = totp_code(t, s, &code);

		if (e)
			return e;
		if ((int64_t)code == value && s > last && found < 0)
			found = s;
	}
	if (found < 0)
		return ERR_CORRUPT;
	*ret_step = found;
	return OK;
}
