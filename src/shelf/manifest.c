/*
 * manifest.c - the manifest as text: written in one order, read back in that order only.
 */
#include "shelf/manifest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/when.h"

#include "base/ban.h"

static const char *const PART_WORDS[MANIFEST_NAMES_N] = { [MANIFEST_PERSONS] = "persons",
							  [MANIFEST_PLACES] = "places",
							  [MANIFEST_KINDS] = "kinds",
							  [MANIFEST_SEATS] = "seats",
							  [MANIFEST_PLACE_KINDS] = "place-kinds" };

void manifest_drop(struct manifest *m)
{
	vec_drop(&m->days);
}

enum err shelf_path(const char *dir, const char *name, char ret[static SHELF_PATH_BYTES],
		    struct fault *f)
{
	int n = snprintf(ret, SHELF_PATH_BYTES, "%s/%s", dir, name);

	if (n < 0 || n >= SHELF_PATH_BYTES)
		return fault_set(f, ERR_RANGE, "文件夹的路径太长",
				 "the path of the folder is too long");
	return OK;
}

void manifest_file_name(enum manifest_part part, int32_t day, uint64_t generation,
			char ret[static MANIFEST_NAME_BYTES])
{
	int y, m, d;

	if (part != MANIFEST_DAY) {
		snprintf(ret, MANIFEST_NAME_BYTES, "%s.g%06" PRIu64 ".names", PART_WORDS[part],
			 generation);
		return;
	}
	date_civil(day, &y, &m, &d);
	snprintf(ret, MANIFEST_NAME_BYTES, "day-%04d-%02d-%02d.g%06" PRIu64 ".visits", y, m, d,
		 generation);
}

uint64_t manifest_name_generation(const char *name)
{
	const char *g = strstr(name, ".g");
	char mine[MANIFEST_NAME_BYTES];
	uint64_t generation = 0;
	int y, m, d;
	char end;

	if (!g || sscanf(g, ".g%12" SCNu64 ".%c", &generation, &end) != 2)
		return 0;
	for (int part = 0; part < MANIFEST_NAMES_N; part++) {
		manifest_file_name((enum manifest_part)part, 0, generation, mine);
		if (strcmp(mine, name) == 0)
			return generation;
	}
	if (sscanf(name, "day-%5d-%2d-%2d.g", &y, &m, &d) != 3 || y < -1 || y > 10000 || m < 1 ||
	    m > 12 || d < 1 || d > 31)
		return 0;
	manifest_file_name(MANIFEST_DAY, date_day(y, m, d), generation, mine);
	return strcmp(mine, name) == 0 ? generation : 0;
}

bool manifest_name_is_ours(const char *name)
{
	return manifest_name_generation(name) || strcmp(name, MANIFEST_NEW_NAME) == 0 ||
	       strcmp(name, MANIFEST_LOCK_NAME) == 0 ||
	       strncmp(name, MANIFEST_SPILL_PREFIX, strlen(MANIFEST_SPILL_PREFIX)) == 0;
}

static void write_file_line(const struct manifest_file *x, bool day, struct buf *out)
{
	buf_fmt(out, "%s %" PRIu64 " %016" PRIx64, x->name, x->bytes, x->digest);
	if (day)
		buf_fmt(out, " %" PRId32 " %" PRIu64 " %" PRId64, x->day, x->visits, x->last.v);
	buf_char(out, '\n');
}

void manifest_write(const struct manifest *m, struct buf *out)
{
	buf_clear(out);
	buf_fmt(out, "outpost shelf %d\nzone %s\ngeneration %" PRIu64 "\nvisits %" PRIu64 "\n",
		SHELF_VERSION, m->zone, m->generation, m->visits);
	if (m->horizon.v == TRACE_NEVER)
		buf_lit(out, "horizon none\n");
	else
		buf_fmt(out, "horizon %" PRId64 "\n", m->horizon.v);
	for (size_t i = 0; i < MANIFEST_NAMES_N; i++)
		write_file_line(&m->names[i], false, out);
	for (size_t i = 0; i < m->days.n; i++)
		write_file_line(&m->days.v[i], true, out);
	buf_fmt(out, "digest %016" PRIx64 "\n", digest_of(out->p, out->n));
}

/* ---- reading ------------------------------------------------------------------------------- */

/* Cut the next line off; false without one that ends in a line feed, and not in a blank. */
static bool next_line(struct str *text, struct str *ret)
{
	const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!end)
		return false;
	ret->p = text->p;
	ret->n = (size_t)(end - text->p);
	text->p += ret->n + 1;
	text->n -= ret->n + 1;
	return ret->n == 0 || ret->p[ret->n - 1] != ' ';
}

/* Cut the next word off a line; words are parted by one blank. */
static struct str next_word(struct str *line)
{
	const char *end = line->n ? memchr(line->p, ' ', line->n) : NULL;
	struct str word = { line->p, end ? (size_t)(end - line->p) : line->n };
	size_t cut = end ? word.n + 1 : word.n;

	line->p += cut;
	line->n -= cut;
	return word;
}

static bool word_i64(struct str *line, int64_t *ret)
{
	return str_i64(next_word(line), ret) == OK;
}

static bool word_u64(struct str *line, uint64_t *ret)
{
	int64_t v;

	if (!word_i64(line, &v) || v < 0)
		return false;
	*ret = (uint64_t)v;
	return true;
}

static bool word_hex(struct str *line, uint64_t *ret)
{
	struct str w = next_word(line);
	uint64_t v = 0;

	if (w.n != 16)
		return false;
	for (size_t i = 0; i < 16; i++) {
		char c = w.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

static bool keyed(struct str *text, const char *key, struct str *ret_rest)
{
	return next_line(text, ret_rest) && str_eq(next_word(ret_rest), str_of(key));
}

static bool read_file_line(struct str line, enum manifest_part part, uint64_t generation,
			   struct manifest_file *ret)
{
	struct str name = next_word(&line);
	int64_t day = 0;

	if (!word_u64(&line, &ret->bytes) || !word_hex(&line, &ret->digest))
		return false;
	if (part == MANIFEST_DAY) {
		if (!word_i64(&line, &day) || day < INT32_MIN || day > INT32_MAX ||
		    !word_u64(&line, &ret->visits) || !word_i64(&line, &ret->last.v))
			return false;
		ret->day = (int32_t)day;
	}
	manifest_file_name(part, (int32_t)day, generation, ret->name);
	return line.n == 0 && str_eq(name, str_of(ret->name));
}

static bool read_head(struct str *text, struct manifest *m)
{
	struct str line;

	if (!keyed(text, "zone", &line) || line.n == 0 || line.n >= MANIFEST_ZONE_BYTES)
		return false;
	memcpy(m->zone, line.p, line.n);
	if (!keyed(text, "generation", &line) || !word_u64(&line, &m->generation) || line.n ||
	    !m->generation)
		return false;
	if (!keyed(text, "visits", &line) || !word_u64(&line, &m->visits) || line.n)
		return false;
	if (!keyed(text, "horizon", &line))
		return false;
	m->horizon.v = TRACE_NEVER;
	return str_eq(line, STR("none")) || (word_i64(&line, &m->horizon.v) && !line.n);
}

static enum err read_body(struct str text, struct manifest *m)
{
	uint64_t visits = 0;
	struct str line;

	if (!read_head(&text, m))
		return ERR_CORRUPT;
	for (int i = 0; i < MANIFEST_NAMES_N; i++)
		if (!next_line(&text, &line) ||
		    !read_file_line(line, (enum manifest_part)i, m->generation, &m->names[i]))
			return ERR_CORRUPT;
	while (next_line(&text, &line)) {
		struct manifest_file x = { 0 };
		enum err e;

		if (!read_file_line(line, MANIFEST_DAY, m->generation, &x))
			return ERR_CORRUPT;
		if (m->days.n && x.day <= m->days.v[m->days.n - 1].day)
			return ERR_CORRUPT;
		visits += x.visits;
		if ((e = vec_push(&m->days, x)))
			return e;
	}
	return text.n == 0 && visits == m->visits ? OK : ERR_CORRUPT;
}

/* The last line must hold the digest of all before it. */
static bool take_digest(struct str *text)
{
	size_t n_last = sizeof("digest 0123456789abcdef\n") - 1;
	struct str last, line;
	uint64_t digest;

	if (text->n < n_last)
		return false;
	last = (struct str){ text->p + text->n - n_last, n_last };
	text->n -= n_last;
	return keyed(&last, "digest", &line) && word_hex(&line, &digest) && !line.n &&
	       digest == digest_of(text->p, text->n);
}

enum err manifest_read(struct str text, const char *path, struct manifest *ret, struct fault *f)
{
	CLEANUP(manifest_drop) struct manifest m = { 0 };
	struct str all = text, rest = text, line;
	int64_t version = 0;
	enum err e;

	if (text.n == 0)
		return fault_set(f, ERR_CORRUPT, "%s：清单是空的", "%s: the manifest is empty",
				 path);
	if (!keyed(&rest, "outpost", &line) || !str_eq(next_word(&line), STR("shelf")) ||
	    !word_i64(&line, &version) || line.n)
		return fault_set(f, ERR_CORRUPT, "%s：不是本程序的清单",
				 "%s: not a manifest of this program", path);
	if (version != SHELF_VERSION)
		return fault_set(f, ERR_VERSION, "%s：版本 %lld 无法读取（本程序读版本 %d）",
				 "%s: version %lld cannot be read (this program reads %d)", path,
				 (long long)version, SHELF_VERSION);
	if (!take_digest(&all))
		return fault_set(f, ERR_CORRUPT, "%s：清单被截断或被改动，校验和不符",
				 "%s: cut short or altered: its checksum does not hold", path);
	rest.n = (size_t)(all.p + all.n - rest.p);
	if ((e = read_body(rest, &m)) == ERR_MEMORY)
		return e;
	if (e)
		return fault_set(f, e, "%s：清单的内容不合规则",
				 "%s: the manifest does not follow its own rules", path);
	*ret = m;
	m.days.v = NULL;
	m.days.n = m.days.cap = 0;
	return OK;
}
