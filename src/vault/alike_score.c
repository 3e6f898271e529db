/*
 * alike_score.c - the score of two identities, and where to look for who may be alike.
 *
 * What agrees adds, what contradicts takes away; the weights below were set by measuring
 * (test/vault/alike_measured.c) and are held there. Two rules stand above the sum. Without an ID
 * number that agrees, nobody is certainly the same but by name, birth and phone all three, and that
 * name to the letter: twins share everything else, and their names often sound alike. And two
 * sound ID numbers that differ are two people, whatever else agrees.
 */
#include <stdlib.h>
#include <string.h>

#include "base/han.h"
#include "vault/alike.h"

#include "base/ban.h"

enum name {
	NAME_UNSAID,
	NAME_SAME,
	NAME_SOUND,
	NAME_NEAR,
	NAME_SHAPE,
	NAME_PART,
	NAME_OTHER,
	NAME_N
};
enum number { ID_UNSAID, ID_SAME, ID_SLIP, ID_UNSURE, ID_OTHER, ID_N };
enum fact { FACT_UNSAID, FACT_SAME, FACT_SLIP, FACT_OTHER, FACT_N };

static const int16_t OF_NAME[NAME_N] = { 0, 350, 280, 220, 200, 150, -350 };
static const int16_t OF_ID[ID_N] = { 0, 900, 420, -100, -700 };
static const int16_t OF_PHONE[FACT_N] = { 0, 300, 120, 0 };
static const int16_t OF_BIRTH[FACT_N] = { 0, 250, 100, -300 };
static const int16_t OF_ADDRESS[FACT_N] = { 0, 200, 80, -40 };
static const int16_t OF_SEX[FACT_N] = { 0, 0, 0, -150 };
enum { SCORE_MAX = 1000, ID_ALONE = 700, NOT_SURE = ALIKE_SAME_FROM - 10, NOT_ALIKE = 590 };

/* ---- names ---- */

/* A reading as it sounds to many ears: zh z, ch c, sh s, n l, -ng -n. */
struct sound { char v[8]; };

static struct sound sound_of(uint16_t reading)
{
	const char *s = han_syllable(reading);
	struct sound ret = { { 0 } };
	size_t n = 0;

	for (size_t i = 0; s[i] && n < sizeof ret.v - 1; i++) {
		bool silent = (s[i] == 'h' && i == 1 && strchr("zcs", s[0])) ||
			      (s[i] == 'g' && i > 0 && s[i - 1] == 'n' && !s[i + 1]);

		if (!silent)
			ret.v[n++] = i == 0 && s[i] == 'n' ? 'l' : s[i];
	}
	return ret;
}

static bool sounds_same(const uint16_t a[2], const uint16_t b[2])
{
	return a[0] && (a[0] == b[0] || a[0] == b[1] || (a[1] && (a[1] == b[0] || a[1] == b[1])));
}

static bool sounds_near(const uint16_t a[2], const uint16_t b[2])
{
	for (int i = 0; i < 2; i++)
		for (int k = 0; k < 2; k++) {
			struct sound x = sound_of(a[i]), y = sound_of(b[k]);

			if (x.v[0] && memcmp(&x, &y, sizeof x) == 0)
				return true;
		}
	return false;
}

/* Two neighbours changed places, and nothing else. */
static bool is_swap(const uint32_t *a, const uint32_t *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i + 1 < n && a[i] == b[i + 1] && a[i + 1] == b[i] &&
	       memcmp(a + i + 2, b + i + 2, (n - i - 2) * sizeof *a) == 0;
}

/* `a` without one of its characters is `b`. */
static bool is_part(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
	size_t i = 0;

	if (n_a != n_b + 1 || n_a < 3)
		return false;
	while (i < n_b && a[i] == b[i])
		i++;
	return memcmp(a + i + 1, b + i, (n_b - i) * sizeof *a) == 0;
}

static enum name compare_names(const struct alike_form *a, const struct alike_form *b)
{
	size_t n = a->n_name, apart = 0, near = 0, sound = 0;

	if (!n || !b->n_name)
		return NAME_UNSAID;
	if (is_part(a->name, n, b->name, b->n_name) || is_part(b->name, b->n_name, a->name, n))
		return NAME_PART;
	if (n != b->n_name)
		return NAME_OTHER;
	for (size_t i = 0; i < n; i++) {
		if (a->name[i] == b->name[i])
			continue;
		if (sounds_same(a->sound[i], b->sound[i]))
			sound++;
		else if (sounds_near(a->sound[i], b->sound[i]))
			near++;
		else
			apart++;
	}
	if (!apart)
		return near ? NAME_NEAR : sound ? NAME_SOUND : NAME_SAME;
	if (apart == 1 && !near && !sound)
		return n > 2 ? NAME_SHAPE : NAME_PART;
	return is_swap(a->name, b->name, n) ? NAME_SHAPE : NAME_OTHER;
}

/* ---- numbers ---- */

/* One digit apart, or two neighbours swapped. */
static bool is_slip(const char *a, const char *b)
{
	size_t n = strlen(a), i = 0, apart = 0;

	if (n != strlen(b))
		return false;
	for (size_t k = 0; k < n; k++)
		apart += a[k] != b[k];
	while (i < n && a[i] == b[i])
		i++;
	return apart == 1 || (apart == 2 && i + 1 < n && a[i] == b[i + 1] && a[i + 1] == b[i]);
}

static enum number compare_ids(const struct alike_form *a, const struct alike_form *b)
{
	if (!a->id_number[0] || !b->id_number[0])
		return ID_UNSAID;
	if (a->id_sound && b->id_sound)
		return strcmp(a->id_number, b->id_number) == 0 ? ID_SAME : ID_OTHER;
	if (strcmp(a->id_number, b->id_number) == 0 || is_slip(a->id_number, b->id_number))
		return ID_SLIP;
	return ID_UNSURE;
}

static enum fact compare_phones(const struct alike_form *a, const struct alike_form *b)
{
	if (!a->phone[0] || !b->phone[0])
		return FACT_UNSAID;
	if (strcmp(a->phone, b->phone) == 0)
		return FACT_SAME;
	return is_slip(a->phone, b->phone) ? FACT_SLIP : FACT_OTHER;
}

/* Day and month swapped, or one of the three parts apart. */
static enum fact compare_births(const struct alike_form *a, const struct alike_form *b)
{
	const int *x = a->date, *y = b->date;

	if (a->birth == ALIKE_NO_BIRTH || b->birth == ALIKE_NO_BIRTH)
		return FACT_UNSAID;
	if (a->birth == b->birth)
		return FACT_SAME;
	if ((x[0] != y[0]) + (x[1] != y[1]) + (x[2] != y[2]) == 1 ||
	    (x[0] == y[0] && x[1] == y[2] && x[2] == y[1]))
		return FACT_SLIP;
	return FACT_OTHER;
}

/* Pairs of characters that both have, out of those that there are; "湖南省" or not tells little. */
static enum fact compare_addresses(const struct alike_form *a, const struct alike_form *b)
{
	size_t n = a->n_address, m = b->n_address, both = 0, less;

	if (n < 4 || m < 4)
		return FACT_UNSAID;
	for (size_t i = 0; i + 1 < n; i++)
		for (size_t k = 0; k + 1 < m; k++)
			if (a->address[i] == b->address[k] &&
			    a->address[i + 1] == b->address[k + 1]) {
				both++;
				break;
			}
	less = (n < m ? n : m) - 1;
	if (both * 10 >= less * 8)
		return FACT_SAME;
	return both * 10 >= less * 5 ? FACT_SLIP : FACT_OTHER;
}

static enum fact compare_sexes(const struct alike_form *a, const struct alike_form *b)
{
	if (!a->sex || !b->sex)
		return FACT_UNSAID;
	return a->sex == b->sex ? FACT_SAME : FACT_OTHER;
}

/* ---- the whole ---- */

static enum alike_reason reason_of(enum name name, enum number id, enum fact phone, enum fact birth)
{
	if (id == ID_SAME)
		return ALIKE_BY_ID_NUMBER;
	if (id == ID_SLIP)
		return ALIKE_BY_ID_NUMBER_SLIP;
	if (name == NAME_SOUND || name == NAME_NEAR)
		return ALIKE_BY_SOUND;
	if (name == NAME_SHAPE || name == NAME_PART)
		return ALIKE_BY_SHAPE;
	if (phone == FACT_SAME)
		return ALIKE_BY_PHONE;
	return birth == FACT_SAME || birth == FACT_SLIP ? ALIKE_BY_NAME_AND_BIRTH
							: ALIKE_BY_ADDRESS;
}

struct alike alike_compare(const struct alike_form *a, const struct alike_form *b)
{
	enum name name = compare_names(a, b);
	enum number id = compare_ids(a, b);
	enum fact phone = compare_phones(a, b);
	enum fact birth = compare_births(a, b);
	struct alike ret = { ALIKE_NEW, 0, ALIKE_NOTHING };
	int score = OF_NAME[name] + OF_ID[id] + OF_PHONE[phone] + OF_BIRTH[birth] +
		    OF_SEX[compare_sexes(a, b)];

	if (score + OF_ADDRESS[FACT_SAME] >= ALIKE_MAYBE_FROM) /* else it cannot matter */
		score += OF_ADDRESS[compare_addresses(a, b)];
	if (id == ID_SAME && name != NAME_OTHER)
		score = score < ALIKE_SAME_FROM ? ALIKE_SAME_FROM : score;
	else if (id == ID_SAME)
		score = ID_ALONE; /* one number, two names: somebody looks */
	else if (id == ID_OTHER || name == NAME_OTHER || name == NAME_UNSAID)
		score = score > NOT_ALIKE ? NOT_ALIKE : score;
	else if (!(name == NAME_SAME && birth == FACT_SAME && phone == FACT_SAME))
		score = score > NOT_SURE ? NOT_SURE : score;
	ret.score = score < 0 ? 0 : score > SCORE_MAX ? SCORE_MAX : score;
	if (ret.score < ALIKE_MAYBE_FROM)
		return ret;
	ret.verdict = ret.score >= ALIKE_SAME_FROM ? ALIKE_SAME : ALIKE_MAYBE;
	ret.reason = reason_of(name, id, phone, birth);
	return ret;
}

/* ---- where to look ---- */

struct keys {
	struct buf *out;
	size_t *end, n;
};

static void key_end(struct keys *k)
{
	assert(k->n < ALIKE_KEYS_MAX);
	k->end[k->n++] = k->out->n;
}

/* How a name sounds, the family name in its first or second reading. */
static void put_sound(struct buf *out, const struct alike_form *a, int reading)
{
	for (size_t i = 0; i < a->n_name; i++) {
		struct sound s = sound_of(a->sound[i][i == 0 ? reading : 0]);

		if (s.v[0])
			buf_put(out, s.v, sizeof s.v);
		else
			buf_put(out, &a->name[i], sizeof a->name[i]);
	}
}

static void name_key(struct keys *k, char kind, const struct alike_form *a, int reading,
		     const void *with, size_t n)
{
	buf_char(k->out, kind);
	buf_put(k->out, with, n);
	put_sound(k->out, a, reading);
	key_end(k);
}

/*
 * The number; the phone; the name by sound with the birth, and with either half of the number, so
 * that a slip in the other half is found; the family name with the phone's owner is the phone.
 */
size_t alike_keys(const struct alike_form *a, struct buf *out, size_t ret_end[ALIKE_KEYS_MAX])
{
	struct keys k = { out, ret_end, 0 };
	int readings = a->n_name && a->sound[0][1] ? 2 : 1;

	if (a->id_number[0]) {
		buf_char(out, 'i');
		buf_put(out, a->id_number, 18);
		key_end(&k);
	}
	if (a->phone[0]) {
		buf_char(out, 'p');
		buf_put(out, a->phone, strlen(a->phone));
		key_end(&k);
	}
	for (int r = 0; a->n_name && r < readings; r++) {
		if (a->birth != ALIKE_NO_BIRTH)
			name_key(&k, 'n', a, r, &a->birth, sizeof a->birth);
		if (a->id_number[0]) {
			name_key(&k, 'x', a, r, a->id_number, 9);
			name_key(&k, 'y', a, r, a->id_number + 9, 9);
		}
	}
	return k.n;
}
