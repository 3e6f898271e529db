/*
 * crypt.c - any bytes as a sealed blob, a tag, a signature under any key, a key file, base64url and
 * the text of a password: refused, or exactly what was made.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypt/crypt.h"
#include "crypt/encode.h"
#include "crypt/keyfile.h"
#include "crypt/password.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void open_any(struct str s)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct crypt_key k = { { 0 } };

	for (k.v[0] = 0; k.v[0] < 4; k.v[0]++)
		must(crypt_open(&k, STR(""), s, &out) != OK && out.n == 0);
}

static void verify_any(struct str s)
{
	struct crypt_public pub = { { 0 } };
	struct crypt_signature sig = { { 0 } };
	struct crypt_key k = { { 1 } };
	struct crypt_mac mac = { { 0 } };

	memcpy(pub.v, s.p, min_size(s.n, sizeof pub.v));
	if (s.n > sizeof pub.v)
		memcpy(sig.v, s.p + sizeof pub.v, min_size(s.n - sizeof pub.v, sizeof sig.v));
	/* Nobody makes a signature by chance; a key of small order would let one through. */
	must(crypt_verify(&pub, "head", 4, &sig) != OK);
	memcpy(mac.v, s.p, min_size(s.n, sizeof mac.v));
	must(crypt_mac_check(&k, "head", 4, &mac) != OK);
}

static void key_file_any(struct str s)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	uint8_t key[CRYPT_PUBLIC_BYTES];
	enum keyfile_kind kind;

	if (keyfile_parse(s, &kind, key))
		return;
	must(keyfile_write(kind, key, &again) == OK && str_eq(buf_view(&again), s));
}

static void text_any(struct str s)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	char text[PASSWORD_TEXT_BYTES] = { 0 };
	uint8_t bytes[4096];
	int64_t step = 0;
	size_t n;

	if (encode_read_base64url(s, bytes, sizeof bytes, &n) == OK) {
		encode_base64url(&again, bytes, n);
		must(str_eq(buf_view(&again), s));
	}
	if (s.n && memchr(s.p, ',', s.n)) /* never so costly that fuzzing stands still */
		return;
	memcpy(text, s.p, min_size(s.n, sizeof text));
	must(password_verify(text, STR("x")) != OK);
	ignore(totp_check(&(struct totp){ { 1 } }, s, (struct utc_s){ 59 }, -1, &step));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str s = { (const char *)p, n };

	if (!n)
		return 0;
	open_any(s);
	verify_any(s);
	key_file_any(s);
	text_any(s);
	return 0;
}
