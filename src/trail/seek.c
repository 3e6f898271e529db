/* seek.c - a key that should be no more, looked for in any bytes. */
#include <string.h>

#include "crypt/encode.h"
#include "trail/daykey.h"
#include "trail/seek.h"

#include "base/ban.h"

enum { KEY_BYTES = sizeof(struct crypt_key), TEXT_BYTES = (KEY_BYTES * 8 + 5) / 6 };

void seeker_end(struct seeker *s)
{
	crypt_hasher_end(&s->h);
	vec_drop(&s->print);
	buf_release(&s->held);
}

/* "0123-4567-89ab-cdef", as the ledger has it. */
enum err seeker_add(struct seeker *s, struct str print)
{
	char plain[DAYKEY_PRINT_BYTES];
	struct key_print p;
	size_t n = 0;

	for (size_t i = 0; i < print.n && n < sizeof plain - 1; i++)
		if (print.p[i] != '-')
			plain[n++] = print.p[i];
	if (encode_read_hex((struct str){ plain, n }, p.v, sizeof p.v))
		return OK; /* "none": it had no key any more */
	return vec_push(&s->print, p);
}

static void try(struct seeker *s, const void *key)
{
	struct crypt_hash h;

	crypt_hasher_add(s->h, key, KEY_BYTES);
	crypt_hasher_take(s->h, &h);
	for (size_t i = 0; i < s->print.n; i++)
		s->found += memcmp(h.v + 1, s->print.v[i].v, sizeof s->print.v[i].v) == 0;
}

static bool is_sign(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Every place at which a key could begin, as bytes or as text, and end in p[0 .. n). */
static void look(struct seeker *s, const char *p, size_t n, size_t starts)
{
	uint8_t key[KEY_BYTES + 3];
	size_t run = 0, got;

	for (size_t i = 0; i < n; i++) {
		if (i < starts && i + KEY_BYTES <= n && crypt_suite_known((uint8_t)p[i]))
			try(s, p + i);
		run = is_sign(p[i]) ? run + 1 : 0;
		if (run < TEXT_BYTES || i + 1 - TEXT_BYTES >= starts)
			continue;
		if (!encode_read_base64url((struct str){ p + i + 1 - TEXT_BYTES, TEXT_BYTES }, key,
					   sizeof key, &got) &&
		    got == KEY_BYTES && crypt_suite_known(key[0]))
			try(s, key);
	}
}

enum err seek_bytes(struct seeker *s, const void *p, size_t n)
{
	enum err e = s->h ? OK : crypt_hasher_new(CRYPT_WORLD, &s->h);

	if (e)
		return e;
	s->bytes += n;
	buf_put(&s->held, p, n);
	if (s->held.failed)
		return s->held.failed;
	if (s->held.n <= TEXT_BYTES)
		return OK;
	look(s, s->held.p, s->held.n, s->held.n - TEXT_BYTES);
	memmove(s->held.p, s->held.p + s->held.n - TEXT_BYTES, TEXT_BYTES);
	s->held.n = TEXT_BYTES;
	return OK;
}

enum err seek_end(struct seeker *s)
{
	enum err e = s->h ? OK : crypt_hasher_new(CRYPT_WORLD, &s->h);

	if (!e)
		look(s, s->held.p, s->held.n, s->held.n);
	s->held.n = 0;
	return e;
}
