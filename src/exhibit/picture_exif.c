/*
 * picture_exif.c - how the camera was held: the one thing in Exif that changes what is seen.
 *
 * APP1 is "Exif", two zeros, and a TIFF of its own: byte order, 42, where its first directory is; a
 * directory is a count of entries of 12 bytes: tag, type, count, value. Tag 0x0112, a SHORT.
 */
#include <string.h>

#include "exhibit/picture_make.h"

#include "base/ban.h"

enum { TAG_TURN = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12, TURN_MAX = 8 };

static uint32_t number(const uint8_t *p, size_t n, bool big)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[big ? i : n - 1 - i];
	return v;
}

static int turn_of(const uint8_t *tiff, size_t n)
{
	bool big = memcmp(tiff, "MM\0*", 4) == 0;
	uint32_t at = number(tiff + 4, 4, big), entries;

	if (!big && memcmp(tiff, "II*\0", 4) != 0)
		return 1;
	if (at > n || n - at < 2)
		return 1;
	entries = number(tiff + at, 2, big);
	at += 2;
	for (uint32_t i = 0; i < entries && n - at >= ENTRY_BYTES; i++, at += ENTRY_BYTES) {
		const uint8_t *e = tiff + at;
		uint32_t turn;

		if (number(e, 2, big) != TAG_TURN)
			continue;
		turn = number(e + 8, 2, big);
		if (number(e + 2, 2, big) != TYPE_SHORT || turn < 1 || turn > TURN_MAX)
			return 1;
		return (int)turn;
	}
	return 1;
}

int picture_exif_turn(struct str app1)
{
	static const char mark[] = "Exif\0";

	if (app1.n < sizeof mark + 8 || memcmp(app1.p, mark, sizeof mark) != 0)
		return 1;
	return turn_of((const uint8_t *)app1.p + sizeof mark, app1.n - sizeof mark);
}
