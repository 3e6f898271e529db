/* warrant.c - any bytes, taken for a warrant, a pack, a key file or a day's file of numbers. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "crypt/crypt.h"
#include "trail/dayfile.h"
#include "trail/warrant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void as_pack(struct str s)
{
	struct names *words;
	pack_rows rows = { NULL, 0, 0 };
	struct buf again = { 0 };

	if (trail_words_new(&words))
		return;
	if (!pack_read(s, 20700, words, &rows)) {
		assert(rows.n > 0 && rows.n <= PACK_VISITS_MAX);
		for (size_t i = 1; i < rows.n; i++)
			assert(pack_cmp(words, &rows.v[i - 1], &rows.v[i]) < 0);
		assert(!pack_write(words, 20700, rows.v, rows.n, &again));
	}
	buf_release(&again);
	vec_drop(&rows);
	names_free(words);
}

static void as_keys(struct str s)
{
	struct daykeys k = { .gone = DAYKEY_NONE_GONE };
	struct buf again = { 0 };

	if (!daykeys_parse(s, &k)) {
		daykeys_write(&k, &again);
		assert(str_eq(buf_view(&again), s));
	}
	buf_release(&again);
	daykeys_drop(&k);
}

static void as_numbers(struct str s)
{
	void *copy = mem_take(s.n + 1, 1); /* aligned, as a mapping is */
	struct sealed sealed = { 0 };
	struct dayfile d = { .sealed = &sealed };
	uint64_t segment;
	uint32_t number;
	struct str word;
	size_t at = 0;

	if (!copy)
		return;
	memcpy(copy, s.p, s.n);
	if (!dayfile_parse((struct str){ copy, s.n }, &d, &segment))
		while (dayfile_next_word(&d, &at, &number, &word))
			assert(word.p + word.n <= (const char *)copy + s.n);
	mem_drop(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct crypt_public nobody = { { CRYPT_WORLD } };
	struct str s = { (const char *)data, n };
	struct trail_warrant w;

	assert(warrant_read(s, &nobody, &w, NULL) != OK);
	as_pack(s);
	as_keys(s);
	as_numbers(s);
	return 0;
}
