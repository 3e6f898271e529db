/* csv_write.c - fields out, and the guess of a delimiter. */
#include "base/csv.h"

#include "base/ban.h"

char csv_delimiter(struct str header)
{
	static const char choices[] = { ',', '\t', ';', '|' };
	size_t counts[ARRAY_LEN(choices)] = { 0 }, best = 0;
	bool pairs = !str_utf8(header), quoted = false;

	for (size_t i = 0; i < header.n; i++) {
		unsigned char byte = (unsigned char)header.p[i];

		if (byte == '"')
			quoted = !quoted;
		for (size_t k = 0; k < ARRAY_LEN(choices) && !quoted; k++)
			counts[k] += header.p[i] == choices[k];
		/* In GB18030 a bar may be the second byte of a character. */
		if (pairs && byte > 0x80 && byte < 0xFF && i + 1 < header.n &&
		    (unsigned char)header.p[i + 1] >= 0x40)
			i++;
	}
	for (size_t k = 1; k < ARRAY_LEN(choices); k++)
		if (counts[k] > counts[best])
			best = k;
	return choices[best];
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static bool must_quote(struct str s)
{
	if (s.n == 0)
		return false;
	if (is_blank(s.p[0]) || is_blank(s.p[s.n - 1]))
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r')
			return true;
	return false;
}

void csv_field(struct buf *b, struct str s, bool first)
{
	size_t from = 0;

	if (!first)
		buf_char(b, ',');
	if (!must_quote(s)) {
		buf_str(b, s);
		return;
	}
	buf_char(b, '"');
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"') {
			buf_put(b, s.p + from, i + 1 - from);
			from = i; /* the quote goes out again with what follows */
		}
	buf_put(b, s.p + from, s.n - from);
	buf_char(b, '"');
}
