/* pinyin.c - see pinyin.h. */
#include "record/pinyin.h"

#include "base/han.h"

#include "base/ban.h"

char pinyin_letter(uint32_t character, char *ret_other)
{
	uint16_t other;
	char first = han_syllable(han_reading(character, &other))[0];

	if (ret_other)
		*ret_other = han_syllable(other)[0] == first ? 0 : han_syllable(other)[0];
	return first;
}

uint32_t pinyin_next(struct str *s)
{
	unsigned char c = (unsigned char)s->p[0];
	size_t more = c < 0xC0 ? 0 : c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
	uint32_t v = more ? c & (0x3Fu >> more) : c;

	for (size_t i = 1; i <= more && i < s->n; i++)
		v = v << 6 | ((unsigned char)s->p[i] & 0x3F);
	more = min_size(more + 1, s->n);
	s->p += more;
	s->n -= more;
	return v;
}

void pinyin_initials(struct str s, struct buf *b)
{
	while (s.n > 0) {
		uint32_t v = pinyin_next(&s);

		if (v >= 'A' && v <= 'Z')
			v += 'a' - 'A';
		if ((v >= 'a' && v <= 'z') || (v >= '0' && v <= '9'))
			buf_char(b, (char)v);
		else if (pinyin_letter(v, NULL))
			buf_char(b, pinyin_letter(v, NULL));
	}
}
