/*
 * han.c - print the tables of src/base/han.c: how each unified ideograph is read, without tones,
 * and which simplified one it is written as.
 *
 * Run by the build. The readings are ICU's Han-Latin, which carries Unihan's; the simplified forms
 * its Traditional-Simplified.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x4E00, LAST = 0x9FFF, COUNT = LAST - FIRST + 1, A_LINE = 12, UNITS = 1 << 19,
       SYLLABLE_BYTES = 8, SYLLABLES_MAX = 1000 };

static UChar text[UNITS];
static char reading[COUNT][SYLLABLE_BYTES];
static char syllable[SYLLABLES_MAX][SYLLABLE_BYTES];
static int n_syllables;

/* All ideographs, one a line, through a transliterator; the units of what comes out. */
static int32_t all_through(const UChar *rule)
{
	UErrorCode e = U_ZERO_ERROR;
	UTransliterator *t = utrans_openU(rule, -1, UTRANS_FORWARD, NULL, 0, NULL, &e);
	int32_t n = 0, limit;

	for (int c = FIRST; c <= LAST; c++) {
		text[n++] = (UChar)c;
		text[n++] = '\n';
	}
	limit = n;
	if (U_SUCCESS(e))
		utrans_transUChars(t, text, &n, UNITS, 0, &limit, &e);
	if (U_FAILURE(e)) {
		fprintf(stderr, "han: %s\n", u_errorName(e));
		exit(1);
	}
	utrans_close(t);
	return n;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Letters alone; a reading that is none stays empty. */
static void read_readings(void)
{
	int32_t n = all_through(u"Han-Latin; Latin-ASCII; Lower");
	int c = 0;

	for (int32_t i = 0; i < n && c < COUNT; i++) {
		int k = 0, odd = 0;

		for (; i < n && text[i] != '\n'; i++)
			if (text[i] >= 'a' && text[i] <= 'z' && k < SYLLABLE_BYTES - 1)
				reading[c][k++] = (char)text[i];
			else if (text[i] != '\'')
				odd = 1;
		if (odd)
			reading[c][0] = '\0';
		c++;
	}
}

static void sort_syllables(void)
{
	static char all[COUNT][SYLLABLE_BYTES];

	memcpy(all, reading, sizeof all);
	qsort(all, COUNT, SYLLABLE_BYTES, compare);
	for (int i = 0; i < COUNT; i++)
		if ((i == 0 || strcmp(all[i], all[i - 1]) != 0) && n_syllables < SYLLABLES_MAX)
			memcpy(syllable[n_syllables++], all[i], SYLLABLE_BYTES);
}

int main(void)
{
	int32_t n;
	int c = 0;

	read_readings();
	sort_syllables();
	printf("enum { HAN_FIRST = 0x%X, HAN_LAST = 0x%X, HAN_SYLLABLES = %d };\n", FIRST, LAST,
	       n_syllables);
	printf("/* In the order of the alphabet; the first one is none. */\n");
	printf("static const char han_syllables[][%d] = {", SYLLABLE_BYTES);
	for (int i = 0; i < n_syllables; i++)
		printf(i % A_LINE ? "\"%s\"," : "\n\t\"%s\",", syllable[i]);
	printf("\n};\nstatic const uint16_t han_readings[] = {");
	for (int i = 0; i < COUNT; i++) {
		const char *at = bsearch(reading[i], syllable, (size_t)n_syllables, SYLLABLE_BYTES,
					 compare);

		printf(i % A_LINE ? "%d," : "\n\t%d,", (int)((at - syllable[0]) / SYLLABLE_BYTES));
	}
	printf("\n};\n/* 0: written as it is. */\nstatic const uint16_t han_simplified[] = {");
	n = all_through(u"Traditional-Simplified");
	for (int32_t i = 0; i < n; i++) {
		UChar to = text[i];

		if (to == FIRST + c || to < FIRST || to > LAST)
			to = 0;
		printf(c % A_LINE ? "%u," : "\n\t%u,", to);
		while (i < n && text[i] != '\n')
			i++;
		c++;
	}
	printf("\n};\n");
	return c == COUNT ? 0 : 1;
}
