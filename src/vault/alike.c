/* alike.c - making identities comparable: characters, ID numbers, phones, dates. */
#include "vault/alike.h"

#include <string.h>

#include "base/han.h"
#include "base/when.h"
#include "crypt/crypt.h"

#include "base/ban.h"

const char *vault_field_word(enum vault_field f)
{
	static const char *const WORDS[VAULT_FIELD_N] = { "name",  "id_number", "phone", "address",
							  "birth", "sex",       "key" };

	return WORDS[f];
}

const char *alike_reason_word(enum alike_reason r)
{
	static const char *const WORDS[ALIKE_REASON_N] = {
		[ALIKE_NOTHING] = "nothing",
		[ALIKE_BY_ID_NUMBER] = "id_number",
		[ALIKE_BY_ID_NUMBER_SLIP] = "id_number_slip",
		[ALIKE_BY_PHONE] = "phone",
		[ALIKE_BY_NAME_AND_BIRTH] = "name_and_birth",
		[ALIKE_BY_SOUND] = "sound",
		[ALIKE_BY_SHAPE] = "shape",
		[ALIKE_BY_ADDRESS] = "address",
	};

	return WORDS[r];
}

/* ---- characters ---- */

/* One character of UTF-8; wide Latin and digits become narrow, capitals small. */
static uint32_t next_character(struct str *s)
{
	const uint8_t *p = (const uint8_t *)s->p;
	size_t more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	uint32_t c = *p & (0x7fu >> (more ? more + 1 : 0));

	if (more >= s->n)
		more = s->n - 1;
	for (size_t i = 1; i <= more; i++)
		c = c << 6 | (p[i] & 0x3f);
	s->p += more + 1;
	s->n -= more + 1;
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || is_digit(c) || c >= 0x3400;
}

/* Blanks, dots between parts of a name, brackets and other marks say nothing. */
static uint8_t letters_of(struct str s, uint32_t *ret, size_t max)
{
	size_t n = 0;

	while (s.n && n < max) {
		uint32_t c = next_character(&s);

		if (is_letter(c))
			ret[n++] = han_simple(c);
	}
	return (uint8_t)n;
}

/* ---- ID numbers: GB 11643-1999 ---- */

static char check_digit(const char id[17])
{
	static const uint8_t weight[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned sum = 0;

	for (int i = 0; i < 17; i++)
		sum += weight[i] * (unsigned)(id[i] - '0');
	return "10X98765432"[sum % 11];
}

static int two(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* A day of the calendar between 1850 and 2099, else ALIKE_NO_BIRTH. */
static int32_t day_of(int year, int month, int day)
{
	int y, m, d;
	int32_t n;

	if (year < 1850 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31)
		return ALIKE_NO_BIRTH;
	n = date_day(year, month, day);
	date_civil(n, &y, &m, &d);
	return m == month && d == day ? n : ALIKE_NO_BIRTH;
}

static void read_id(struct str s, struct alike_form *ret)
{
	char v[19];
	size_t n = 0;

	while (s.n) {
		uint32_t c = next_character(&s);

		if (c == ' ' || c == '-')
			continue;
		if (n == 18 || !(is_digit(c) || (c == 'x' && n == 17)))
			return;
		v[n++] = c == 'x' ? 'X' : (char)c;
	}
	if (n == 15) { /* the old form: no century, no check digit */
		memmove(v + 8, v + 6, 9);
		memcpy(v + 6, "19", 2);
		v[17] = check_digit(v);
	} else if (n != 18) {
		return;
	}
	memcpy(ret->id_number, v, 18);
	ret->id_sound =
		check_digit(v) == v[17] &&
		day_of(two(v + 6) * 100 + two(v + 8), two(v + 10), two(v + 12)) != ALIKE_NO_BIRTH;
}

/* ---- phones ---- */

/* +86, 0086, blanks, dashes and brackets say nothing; behind 转 or x is an extension. */
static void read_phone(struct str s, char ret[ALIKE_PHONE_MAX])
{
	char v[40];
	size_t n = 0, skip = 0;

	while (s.n && n < sizeof v) {
		uint32_t c = next_character(&s);

		if (is_digit(c))
			v[n++] = (char)c;
		else if (c == 0x8f6c || c == 'x' || c == '/' || c == ',' || c == ';' || c == 0x3001)
			break;
	}
	if (n > 4 && memcmp(v, "0086", 4) == 0)
		skip = 4;
	else if (n > 11 && memcmp(v, "86", 2) == 0)
		skip = 2;
	if (n - skip == 12 && memcmp(v + skip, "01", 2) == 0 && v[skip + 2] != '0')
		skip++; /* a mobile dialled from another city */
	n -= skip;
	if (n < 7 || n >= ALIKE_PHONE_MAX)
		return;
	memcpy(ret, v + skip, n);
	ret[n] = '\0';
}

/* ---- birth and sex ---- */

/* 1990-03-07, 1990/3/7, 1990.3.7, 19900307, 1990年3月7日 */
static int32_t read_birth(struct str s)
{
	int part[3] = { 0 }, k = 0, digits = 0;

	while (s.n) {
		uint32_t c = next_character(&s);

		if (is_digit(c)) {
			if (digits++ == (k ? 2 : 4)) {
				digits = 1;
				k++;
			}
			if (k > 2)
				return ALIKE_NO_BIRTH;
			part[k] = part[k] * 10 + (int)(c - '0');
		} else if (digits && k < 2) {
			k++;
			digits = 0;
		} else if (digits) {
			break;
		}
	}
	return day_of(part[0], part[1], part[2]);
}

static int8_t read_sex(struct str s)
{
	uint32_t c = s.n ? next_character(&s) : 0;

	if (c == 0x7537 || c == 'm' || c == '1')
		return 1;
	return c == 0x5973 || c == 'f' || c == '2' || c == 'w' ? 2 : 0;
}

void alike_form(const struct vault_identity *who, struct alike_form *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->n_name = letters_of(who->text[VAULT_NAME], ret->name, ALIKE_NAME_MAX);
	for (size_t i = 0; i < ret->n_name; i++)
		ret->sound[i][0] = han_reading(ret->name[i], &ret->sound[i][1]);
	ret->n_address = letters_of(who->text[VAULT_ADDRESS], ret->address, ALIKE_ADDRESS_MAX);
	read_id(who->text[VAULT_ID_NUMBER], ret);
	read_phone(who->text[VAULT_PHONE], ret->phone);
	ret->birth = read_birth(who->text[VAULT_BIRTH]);
	ret->sex = read_sex(who->text[VAULT_SEX]);
	if (ret->id_sound) { /* what the number says is surer than what was typed beside it */
		const char *v = ret->id_number;

		ret->birth = day_of(two(v + 6) * 100 + two(v + 8), two(v + 10), two(v + 12));
		ret->sex = (v[16] - '0') % 2 ? 1 : 2;
	}
	if (ret->birth != ALIKE_NO_BIRTH)
		date_civil(ret->birth, &ret->date[0], &ret->date[1], &ret->date[2]);
}

bool alike_key_of(const struct vault_identity *who, struct buf *out)
{
	struct alike_form a; /* two of its members, since this runs for every visit */

	a.id_number[0] = a.phone[0] = '\0';
	read_id(who->text[VAULT_ID_NUMBER], &a);
	if (!a.id_number[0])
		read_phone(who->text[VAULT_PHONE], a.phone);
	if (a.id_number[0]) {
		buf_char(out, 'i');
		buf_put(out, a.id_number, 18);
	} else if (a.phone[0]) {
		buf_char(out, 'p');
		buf_put(out, a.phone, strlen(a.phone));
	} else if (who->text[VAULT_KEY].n) {
		buf_char(out, 'k');
		buf_str(out, who->text[VAULT_KEY]);
	} else {
		return false;
	}
	crypt_wipe(a.id_number, sizeof a.id_number);
	crypt_wipe(a.phone, sizeof a.phone);
	return true;
}
