/*
 * picture.c - any bytes, taken for a picture of either kind. What is kept of one that is taken is
 * such a picture again, of the same size, with the same prints but for what compression did.
 */
#include <assert.h>
#include <string.h>

#include "exhibit/picture_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PIXELS_MAX = 1 << 20 };

static uint32_t number(const uint8_t *p, int bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

/* A large one is slow and teaches nothing: passed over by what it declares. */
static bool is_small(const uint8_t *p, size_t n)
{
	if (n > 24 && memcmp(p, "\x89PNG", 4) == 0)
		return (uint64_t)number(p + 16, 4) * number(p + 20, 4) <= PIXELS_MAX;
	for (size_t i = 0; i + 9 < n; i++)
		if (p[i] == 0xFF && p[i + 1] >= 0xC0 && p[i + 1] <= 0xCF && p[i + 1] != 0xC4 &&
		    (uint64_t)number(p + i + 5, 2) * number(p + i + 7, 2) > PIXELS_MAX)
			return false;
	return true;
}

static void as(enum picture_media media, struct str s)
{
	CLEANUP(picture_release) struct picture made = { 0 }, again = { 0 };
	enum picture_why why = picture_make(media, s, &made);

	assert(why < PICTURE_WHY_N);
	if (why) {
		assert(!made.kept.p && !made.small.p);
		return;
	}
	assert(made.width && made.height && made.kept.n && made.small.n);
	why = picture_make(media, buf_view(&made.kept), &again);
	assert(why == PICTURE_FINE);
	assert(again.width == made.width && again.height == made.height);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str s = { (const char *)data, n };

	(void)picture_exif_turn(s);
	if (!is_small(data, n))
		return 0;
	as(PICTURE_JPEG, s);
	as(PICTURE_PNG, s);
	return 0;
}
