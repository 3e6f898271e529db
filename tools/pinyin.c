/*
 * pinyin.c - print the table of src/record/pinyin.c: a letter for each unified ideograph.
 *
 * Run by the build. The readings are ICU's Han-Latin, which carries Unihan's.
 */
#include <stdio.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x4E00, LAST = 0x9FFF, A_LINE = 20, UNITS = 1 << 19 };

static UChar text[UNITS];

int main(void)
{
	static const UChar rule[] = u"Han-Latin; Latin-ASCII; Lower";
	UErrorCode e = U_ZERO_ERROR;
	UTransliterator *t = utrans_openU(rule, -1, UTRANS_FORWARD, NULL, 0, NULL, &e);
	int32_t n = 0, limit, line = 0;

	for (int c = FIRST; c <= LAST; c++) {
		text[n++] = (UChar)c;
		text[n++] = '\n';
	}
	limit = n;
	if (U_SUCCESS(e))
		utrans_transUChars(t, text, &n, UNITS, 0, &limit, &e);
	if (U_FAILURE(e)) {
		fprintf(stderr, "pinyin: %s\n", u_errorName(e));
		return 1;
	}
	printf("enum { PINYIN_FIRST = 0x%X, PINYIN_LAST = 0x%X };\n", FIRST, LAST);
	printf("static const char pinyin_table[] = {");
	for (int32_t i = 0; i < n; i++) {
		UChar c = text[i];

		printf(line % A_LINE ? "'%c'," : "\n\t'%c',", c >= 'a' && c <= 'z' ? (char)c : ' ');
		while (i < n && text[i] != '\n')
			i++;
		line++;
	}
	printf("\n};\n");
	utrans_close(t);
	return line == LAST - FIRST + 1 ? 0 : 1;
}
