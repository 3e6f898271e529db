/* keyfile.c - keys as files. */
#include "crypt/keyfile.h"
#include "base/file.h"
#include "crypt/encode.h"

#include <string.h>

#include "base/ban.h"

enum { CHECK_BYTES = 4 };

static const struct {
	const char *word, *zh;
	size_t bytes;
} KINDS[KEYFILE_KIND_N] = {
	[KEYFILE_SIGN] = { "sign", "签名", sizeof(struct crypt_seed) },
	[KEYFILE_SEAL] = { "seal", "加密", sizeof(struct crypt_key) },
	[KEYFILE_PUBLIC] = { "public", "公钥", sizeof(struct crypt_public) },
};

static const char HEAD[] = "outpost key 1\n";

/* ---- text ---- */

static enum err check_line(struct str lines, struct buf *out)
{
	struct crypt_hash h;
	enum err e = crypt_hash(CRYPT_WORLD, lines.p, lines.n, &h);

	if (e)
		return e;
	buf_lit(out, "check ");
	encode_hex(out, h.v + 1, CHECK_BYTES);
	buf_char(out, '\n');
	return out->failed;
}

enum err keyfile_write(enum keyfile_kind kind, const uint8_t *key, struct buf *out)
{
	size_t from = out->n;

	assert(crypt_suite_known(key[0]));
	buf_lit(out, HEAD);
	buf_fmt(out, "kind %s\nsuite %s\nkey ", KINDS[kind].word, crypt_suite_word(key[0]));
	encode_base64url(out, key, KINDS[kind].bytes);
	buf_char(out, '\n');
	if (out->failed)
		return out->failed;
	return check_line((struct str){ out->p + from, out->n - from }, out);
}

/* The value of a line "name value\n" at the front of *rest, and step over it. */
static enum err take_line(struct str *rest, const char *name, struct str *ret)
{
	size_t head = strlen(name) + 1;
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : 0;

	if (n <= head || memcmp(rest->p, name, head - 1) != 0 || rest->p[head - 1] != ' ')
		return ERR_CORRUPT;
	*ret = (struct str){ rest->p + head, n - head };
	*rest = (struct str){ end + 1, rest->n - n - 1 };
	return OK;
}

static enum err kind_of(struct str word, enum keyfile_kind *ret)
{
	for (enum keyfile_kind k = 0; k < KEYFILE_KIND_N; k++)
		if (str_eq(word, str_of(KINDS[k].word))) {
			*ret = k;
			return OK;
		}
	return ERR_CORRUPT;
}

/* Everything is read, then written again: what is not the very same text is refused. */
static enum err same_again(enum keyfile_kind kind, const uint8_t *key, struct str text)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	enum err e = keyfile_write(kind, key, &again);

	if (!e && !str_eq(buf_view(&again), text))
		e = ERR_CORRUPT;
	if (again.p)
		crypt_wipe(again.p, again.n);
	return e;
}

enum err keyfile_parse(struct str text, enum keyfile_kind *ret_kind, uint8_t *ret)
{
	struct str rest = text, kind_word, suite_word, key_text;
	uint8_t key[CRYPT_PUBLIC_BYTES] = { 0 };
	enum keyfile_kind kind = KEYFILE_SIGN;
	size_t n = 0;
	enum err e;

	if (text.n < sizeof HEAD - 1 || memcmp(text.p, HEAD, sizeof HEAD - 1) != 0)
		return text.n > 12 && memcmp(text.p, HEAD, 12) == 0 ? ERR_VERSION : ERR_CORRUPT;
	rest.p += sizeof HEAD - 1;
	rest.n -= sizeof HEAD - 1;
	if ((e = take_line(&rest, "kind", &kind_word)) || (e = kind_of(kind_word, &kind)) ||
	    (e = take_line(&rest, "suite", &suite_word)) ||
	    (e = take_line(&rest, "key", &key_text)))
		return e;
	if (encode_read_base64url(key_text, key, sizeof key, &n) || n != KINDS[kind].bytes)
		return ERR_CORRUPT;
	if (!crypt_suite_known(key[0]))
		return ERR_VERSION;
	e = same_again(kind, key, text);
	if (!e) {
		*ret_kind = kind;
		memcpy(ret, key, n);
	}
	crypt_wipe(key, sizeof key);
	return e;
}

/* ---- files ---- */

static enum err sync_folder_of(const char *path, struct fault *f)
{
	CLEANUP(buf_release) struct buf folder = { 0 };
	const char *slash = strrchr(path, '/');

	if (!slash)
		return dir_sync(".", f);
	buf_put(&folder, path, max_size((size_t)(slash - path), 1));
	buf_char(&folder, '\0');
	return folder.failed ? folder.failed : dir_sync(folder.p, f);
}

static enum err make(const char *path, enum file_mode mode, struct str text, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	if ((e = file_open(path, mode, &fl, f)))
		return e;
	/* written at an offset, it passes through no buffer that is not wiped */
	if ((e = file_write_at(fl, 0, text.p, text.n, f)) || (e = file_sync(fl, f)) ||
	    (e = file_close(&fl, f)) || (e = sync_folder_of(path, f)))
		ignore(file_unlink(path, NULL)); /* half a key is none; next time there is room */
	return e;
}

enum err keyfile_make_text(const char *path, struct str text, struct fault *f)
{
	return make(path, FILE_SECRET, text, f);
}

static enum err make_key(const char *path, enum keyfile_kind kind, const uint8_t *key,
			 struct fault *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	enum err e = keyfile_write(kind, key, &text);

	if (!e)
		e = make(path, kind == KEYFILE_PUBLIC ? FILE_NEW : FILE_SECRET, buf_view(&text), f);
	else
		fault_set(f, e, "无法写出密钥", "cannot write out the key");
	if (text.p)
		crypt_wipe(text.p, text.n);
	return e;
}

enum err keyfile_make_seed(const char *path, const struct crypt_seed *s, struct fault *f)
{
	return make_key(path, KEYFILE_SIGN, s->v, f);
}

enum err keyfile_make_key(const char *path, const struct crypt_key *k, struct fault *f)
{
	return make_key(path, KEYFILE_SEAL, k->v, f);
}

enum err keyfile_make_public(const char *path, const struct crypt_public *p, struct fault *f)
{
	return make_key(path, KEYFILE_PUBLIC, p->v, f);
}

static enum err read_text(const char *path, bool secret, char *p, size_t *ret_n, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	size_t got = 1;
	enum err e = file_open(path, FILE_READ, &fl, f);

	if (e)
		return e;
	if (secret && !file_is_private(fl))
		return fault_set(f, ERR_RANGE, "密钥文件 %s 别人也能读写：请先执行 chmod 600",
				 "others can read or write the key file %s: chmod 600 it first",
				 path);
	for (*ret_n = 0; got > 0 && *ret_n < KEYFILE_BYTES_MAX; *ret_n += got)
		if ((e = file_read(fl, p + *ret_n, KEYFILE_BYTES_MAX - *ret_n, &got, f)))
			return e;
	return OK;
}

static enum err read_key(const char *path, enum keyfile_kind want, uint8_t *ret, struct fault *f)
{
	char text[KEYFILE_BYTES_MAX];
	uint8_t key[CRYPT_PUBLIC_BYTES];
	enum keyfile_kind kind = want;
	size_t n = 0;
	enum err e = read_text(path, want != KEYFILE_PUBLIC, text, &n, f);

	if (e)
		return e;
	e = keyfile_parse((struct str){ text, n }, &kind, key);
	if (e)
		fault_set(f, e, "密钥文件 %s 已损坏，或不是密钥文件",
			  "the key file %s is damaged, or is none", path);
	else if (kind != want)
		e = fault_set(f, ERR_RANGE, "密钥文件 %s 不是%s%.0s用的密钥",
			      "the key file %s is not of the kind %.0s%s", path, KINDS[want].zh,
			      KINDS[want].word);
	else
		memcpy(ret, key, KINDS[want].bytes);
	crypt_wipe(text, sizeof text);
	crypt_wipe(key, sizeof key);
	return e;
}

enum err keyfile_read_seed(const char *path, struct crypt_seed *ret, struct fault *f)
{
	return read_key(path, KEYFILE_SIGN, ret->v, f);
}

enum err keyfile_read_key(const char *path, struct crypt_key *ret, struct fault *f)
{
	return read_key(path, KEYFILE_SEAL, ret->v, f);
}

enum err keyfile_read_public(const char *path, struct crypt_public *ret, struct fault *f)
{
	return read_key(path, KEYFILE_PUBLIC, ret->v, f);
}
