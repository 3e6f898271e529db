/* pinyin.c - see pinyin.h. */
#include "record/pinyin.h"

#include "base/ban.h"
#include "record/pinyin_table.h"

/* Two readings that both occur in names of places, people and offices. */
static const struct {
	uint32_t character;
	char first, other;
} twice[] = {
	{ U'长', 'c', 'z' }, { U'重', 'z', 'c' }, { U'行', 'h', 'x' }, { U'厦', 'x', 's' },
	{ U'乐', 'l', 'y' }, { U'单', 'd', 's' }, { U'朝', 'c', 'z' }, { U'曾', 'z', 'c' },
	{ U'会', 'h', 'k' }, { U'解', 'j', 'x' }, { U'调', 'd', 't' }, { U'传', 'c', 'z' },
	{ U'参', 'c', 's' }, { U'藏', 'z', 'c' }, { U'盛', 's', 'c' }, { U'省', 's', 'x' },
	{ U'查', 'c', 'z' }, { U'尉', 'w', 'y' }, { U'区', 'q', 'o' }, { U'宿', 's', 'x' },
	{ U'番', 'f', 'p' }, { U'石', 's', 'd' }, { U'卜', 'b', 'p' }, { U'仇', 'q', 'c' },
	{ U'沈', 's', 'c' }, { U'翟', 'z', 'd' }, { U'缪', 'm', 'l' }, { U'种', 'z', 'c' },
	{ U'覃', 'q', 't' }, { U'乘', 'c', 's' }, { U'车', 'c', 'j' }, { U'合', 'h', 'g' },
	{ U'校', 'x', 'j' }, { U'大', 'd', 't' }, { U'可', 'k', 'g' }, { U'弹', 'd', 't' },
};

char pinyin_letter(uint32_t character, char *ret_other)
{
	if (ret_other)
		*ret_other = 0;
	if (character < PINYIN_FIRST || character > PINYIN_LAST)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(twice); i++)
		if (twice[i].character == character) {
			if (ret_other)
				*ret_other = twice[i].other;
			return twice[i].first;
		}
	return pinyin_table[character - PINYIN_FIRST] == ' '
		       ? 0
		       : pinyin_table[character - PINYIN_FIRST];
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
