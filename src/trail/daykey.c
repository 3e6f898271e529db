#include "trail/daykey.h"

#include <string.h>

#include "base/file.h"
#include "crypt/encode.h"

#include "base/ban.h"

static const char HEAD[] = "outpost days 1\n";
enum { CHECK_BYTES = 8, PATH_BYTES = 4096 };

void daykeys_drop(struct daykeys *k)
{
	if (k->day.v)
		crypt_wipe(k->day.v, k->day.cap * sizeof *k->day.v);
	vec_drop(&k->day);
	k->gone = DAYKEY_NONE_GONE;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void put_check(struct buf *out, size_t from)
{
	struct crypt_hash h;

	if (out->failed ||
	    (out->failed = crypt_hash(CRYPT_WORLD, out->p + from, out->n - from, &h)))
		return;
	buf_lit(out, "check ");
	encode_hex(out, h.v + 1, CHECK_BYTES);
	buf_char(out, '\n');
}

void daykeys_write(const struct daykeys *k, struct buf *out)
{
	size_t from = out->n;

	buf_lit(out, HEAD);
	if (k->gone == DAYKEY_NONE_GONE)
		buf_lit(out, "gone none\n");
	else
		buf_fmt(out, "gone %d\n", k->gone);
	for (size_t i = 0; i < k->day.n; i++) {
		buf_fmt(out, "day %d ", k->day.v[i].day);
		encode_base64url(out, k->day.v[i].key.v, sizeof k->day.v[i].key.v);
		buf_char(out, '\n');
	}
	put_check(out, from);
}

/* The next line begins with `word` and a blank: what is behind them, without the newline. */
static bool take(struct str *rest, const char *word, struct str *ret)
{
	size_t head = strlen(word) + 1;
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	size_t n = end ? (size_t)(end - rest->p) : 0;

	if (n <= head || memcmp(rest->p, word, head - 1) != 0 || rest->p[head - 1] != ' ')
		return false;
	*ret = (struct str){ rest->p + head, n - head };
	*rest = (struct str){ end + 1, rest->n - n - 1 };
	return true;
}

static bool day_of(struct str s, int32_t *ret)
{
	int64_t v;

	if (str_i64(s, &v) || v <= INT32_MIN || v > INT32_MAX)
		return false;
	*ret = (int32_t)v;
	return true;
}

static enum err parse_day(struct str line, struct daykeys *k)
{
	const char *blank = memchr(line.p, ' ', line.n);
	struct daykey d;
	size_t n;
	enum err e;

	if (!blank || k->day.n == DAYKEY_DAYS_MAX)
		return ERR_CORRUPT;
	struct str number = { line.p, (size_t)(blank - line.p) };
	struct str key = { blank + 1, line.n - number.n - 1 };
	if (!day_of(number, &d.day) || d.day <= k->gone ||
	    (k->day.n && d.day <= k->day.v[k->day.n - 1].day))
		return ERR_CORRUPT;
	if (encode_read_base64url(key, d.key.v, sizeof d.key.v, &n) || n != sizeof d.key.v)
		return ERR_CORRUPT;
	if (!crypt_suite_known(d.key.v[0]))
		return ERR_VERSION;
	e = vec_push(&k->day, d);
	crypt_wipe(&d, sizeof d);
	return e;
}

static enum err parse(struct str text, struct daykeys *k)
{
	struct str rest = text, line;
	enum err e;

	if (text.n < sizeof HEAD - 1 || memcmp(text.p, HEAD, sizeof HEAD - 1) != 0)
		return text.n > 13 && memcmp(text.p, HEAD, 13) == 0 ? ERR_VERSION : ERR_CORRUPT;
	rest.p += sizeof HEAD - 1;
	rest.n -= sizeof HEAD - 1;
	if (!take(&rest, "gone", &line))
		return ERR_CORRUPT;
	if (!str_eq(line, STR("none")) && !day_of(line, &k->gone))
		return ERR_CORRUPT;
	while (take(&rest, "day", &line))
		if ((e = parse_day(line, k)))
			return e;
	return OK; /* what the rest must be is told by writing it again */
}

enum err daykeys_parse(struct str text, struct daykeys *ret)
{
	CLEANUP(buf_release) struct buf again = { 0 };
	struct daykeys k = { .gone = DAYKEY_NONE_GONE };
	enum err e = parse(text, &k);

	if (!e) {
		daykeys_write(&k, &again);
		e = again.failed ? again.failed : str_eq(buf_view(&again), text) ? OK : ERR_CORRUPT;
	}
	if (again.p)
		crypt_wipe(again.p, again.n);
	if (e)
		daykeys_drop(&k);
	else
		*ret = k;
	return e;
}

/* ---- the file -------------------------------------------------------------------------------- */

enum err daykeys_read(const char *path, struct daykeys *ret, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	struct fault unasked = { 0 };
	struct buf text = { 0 };
	char piece[4096];
	size_t n = 1;
	enum err e = file_open(path, FILE_READ, &fl, &unasked);

	*ret = (struct daykeys){ .gone = DAYKEY_NONE_GONE };
	if (e == ERR_ABSENT)
		return e;
	if (e)
		return fault_set(f, e, "读不了密钥文件 %s", "cannot read the key file %s", path);
	if (!file_is_private(fl))
		return fault_set(f, ERR_RANGE, "%s 可被他人读取，请执行 chmod 600",
				 "%s can be read by others: chmod 600 it", path);
	while (!(e = file_read(fl, piece, sizeof piece, &n, f)) && n && text.n < DAYKEY_FILE_MAX)
		buf_put(&text, piece, n);
	crypt_wipe(piece, sizeof piece);
	if (!e)
		e = text.failed ? text.failed : daykeys_parse(buf_view(&text), ret);
	if (text.p)
		crypt_wipe(text.p, text.n);
	buf_release(&text);
	if (e == ERR_CORRUPT || e == ERR_VERSION)
		return fault_set(f, e, "%s 不是到访密钥文件，或已损坏",
				 "%s is no file of visit keys, or it is damaged", path);
	return e;
}

static enum err write_beside(const char *path, struct str text, struct fault *f)
{
	CLEANUP(file_end) struct file *fl = NULL;
	enum err e;

	ignore(file_unlink(path, NULL)); /* of one that did not end */
	if ((e = file_open(path, FILE_SECRET, &fl, f)) || (e = file_write(fl, text.p, text.n, f)) ||
	    (e = file_sync(fl, f)))
		return e;
	return file_close(&fl, f);
}

static enum err sync_folder_of(const char *path, struct fault *f)
{
	char folder[PATH_BYTES];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		return dir_sync(".", f);
	memcpy(folder, path, n);
	folder[n] = '\0';
	return dir_sync(n ? folder : "/", f);
}

enum err daykeys_save(const char *path, const struct daykeys *k, struct fault *f)
{
	char beside[PATH_BYTES + 8];
	struct buf text = { 0 };
	size_t n = strlen(path);
	enum err e;

	if (n >= PATH_BYTES)
		return ERR_RANGE;
	memcpy(beside, path, n);
	memcpy(beside + n, ".new", 5);
	daykeys_write(k, &text);
	e = text.failed;
	if (!e)
		e = write_beside(beside, buf_view(&text), f);
	if (text.p)
		crypt_wipe(text.p, text.n);
	buf_release(&text);
	if (e || (e = file_rename(beside, path, f)))
		return e;
	return sync_folder_of(path, f);
}

/* ---- days ------------------------------------------------------------------------------------ */

static size_t place_of(const struct daykeys *k, int32_t day)
{
	size_t i = 0;

	while (i < k->day.n && k->day.v[i].day < day)
		i++;
	return i;
}

const struct crypt_key *daykeys_of(const struct daykeys *k, int32_t day)
{
	size_t i = place_of(k, day);

	return i < k->day.n && k->day.v[i].day == day ? &k->day.v[i].key : NULL;
}

/* A vector that grows leaves its old bytes behind: this one moves into a new one and wipes. */
static enum err room(struct daykeys *k)
{
	struct daykeys bigger = { .gone = k->gone };
	enum err e;

	if (k->day.n < k->day.cap)
		return OK;
	if ((e = vec_reserve(&bigger.day, max_size(32, 2 * k->day.n))))
		return e;
	if (k->day.n)
		memcpy(bigger.day.v, k->day.v, k->day.n * sizeof *k->day.v);
	bigger.day.n = k->day.n;
	daykeys_drop(k);
	*k = bigger;
	return OK;
}

enum err daykeys_add(struct daykeys *k, int32_t day, const struct crypt_key *key)
{
	size_t i = place_of(k, day);
	enum err e;

	assert(!daykeys_of(k, day));
	if (day <= k->gone)
		return ERR_RANGE;
	if (k->day.n == DAYKEY_DAYS_MAX)
		return ERR_FULL;
	if ((e = room(k)))
		return e;
	memmove(&k->day.v[i + 1], &k->day.v[i], (k->day.n - i) * sizeof *k->day.v);
	k->day.v[i] = (struct daykey){ day, *key };
	k->day.n++;
	return OK;
}

void daykeys_drop_day(struct daykeys *k, int32_t day)
{
	size_t i = place_of(k, day);

	assert(daykeys_of(k, day));
	memmove(&k->day.v[i], &k->day.v[i + 1], (k->day.n - i - 1) * sizeof *k->day.v);
	crypt_wipe(&k->day.v[--k->day.n], sizeof *k->day.v);
}

void daykeys_forget(struct daykeys *k, int32_t through)
{
	size_t n = place_of(k, through);

	if (n < k->day.n && k->day.v[n].day == through)
		n++;
	if (n)
		memmove(k->day.v, k->day.v + n, (k->day.n - n) * sizeof *k->day.v);
	if (n)
		crypt_wipe(k->day.v + (k->day.n - n), n * sizeof *k->day.v);
	k->day.n -= n;
	if (through > k->gone)
		k->gone = through;
}

enum err daykeys_print(const struct crypt_key *key, char ret[DAYKEY_PRINT_BYTES])
{
	CLEANUP(buf_release) struct buf hex = { 0 };
	struct crypt_hash h;
	enum err e = crypt_hash(CRYPT_WORLD, key->v, sizeof key->v, &h);

	if (e)
		return e;
	encode_hex(&hex, h.v + 1, CHECK_BYTES);
	if (hex.failed)
		return hex.failed;
	memcpy(ret, hex.p, DAYKEY_PRINT_BYTES - 1);
	ret[DAYKEY_PRINT_BYTES - 1] = '\0';
	return OK;
}
