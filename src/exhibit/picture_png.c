/*
 * picture_png.c - PNG in and out, by libpng's interface for whole pictures.
 *
 * The library stops reading with the last pixel. Whether the file is whole is seen before it is
 * asked: each chunk's length leads to the next one, up to IEND. What follows that is not looked at.
 */
#include <png.h>
#include <string.h>

#include "base/memory.h"
#include "exhibit/picture_make.h"

#include "base/ban.h"

enum { SIGNATURE_BYTES = 8, CHUNK_MORE = 12, IHDR_BYTES = 13 };

static uint32_t number(const char *p)
{
	const uint8_t *q = (const uint8_t *)p;

	return (uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 | (uint32_t)q[2] << 8 | q[3];
}

/* *ret: the bytes up to the end of IEND. */
static enum picture_why whole(struct str bytes, struct str *ret)
{
	static const char start[] = "\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR";
	size_t at = SIGNATURE_BYTES;
	uint64_t w, h;

	if (bytes.n < sizeof start + IHDR_BYTES || memcmp(bytes.p, start, sizeof start - 1) != 0)
		return PICTURE_BROKEN;
	w = number(bytes.p + sizeof start - 1);
	h = number(bytes.p + sizeof start + 3);
	if (!w || !h || w > PICTURE_SIDE_MAX || h > PICTURE_SIDE_MAX || w * h > PICTURE_KEPT_MAX)
		return PICTURE_LARGE;
	while (bytes.n - at >= CHUNK_MORE) {
		uint32_t n = number(bytes.p + at);
		bool last = memcmp(bytes.p + at + 4, "IEND", 4) == 0;

		if (n > bytes.n - at - CHUNK_MORE)
			return PICTURE_BROKEN;
		at += (size_t)n + CHUNK_MORE;
		if (last)
			return *ret = (struct str){ bytes.p, at }, PICTURE_FINE;
	}
	return PICTURE_BROKEN;
}

static enum picture_why read_pixels(png_image *image, struct pixels *ret)
{
	static const png_color white = { 255, 255, 255 };
	enum picture_why why;

	if ((uint64_t)image->width * image->height > PICTURE_KEPT_MAX)
		return PICTURE_LARGE;
	image->format = PNG_FORMAT_RGB;
	if ((why = pixels_new(image->width, image->height, ret)))
		return why;
	if (png_image_finish_read(image, &white, ret->rgb, 0, NULL))
		return PICTURE_FINE;
	pixels_drop(ret);
	return PICTURE_BROKEN;
}

enum picture_why picture_png_read(struct str bytes, struct pixels *ret)
{
	png_image image = { .version = PNG_IMAGE_VERSION };
	struct str file;
	enum picture_why why = whole(bytes, &file);

	if (why)
		return why;
	if (!png_image_begin_read_from_memory(&image, file.p, file.n))
		return PICTURE_BROKEN;
	why = read_pixels(&image, ret);
	png_image_free(&image);
	return why;
}

enum picture_why picture_png_write(const struct pixels *p, struct buf *out)
{
	png_image image = { .version = PNG_IMAGE_VERSION,
			    .width = p->w,
			    .height = p->h,
			    .format = PNG_FORMAT_RGB };
	png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX(image);
	char *room = mem_take(n, 1);
	int went;

	if (!room)
		return PICTURE_MEMORY_OUT;
	went = png_image_write_to_memory(&image, room, &n, 0, p->rgb, 0, NULL);
	png_image_free(&image);
	if (went)
		buf_put(out, room, n);
	mem_drop(room);
	return !went || out->failed ? PICTURE_MEMORY_OUT : PICTURE_FINE;
}
