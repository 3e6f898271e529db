/* picture_make.c - decode, prints, a small one, encode. See picture_make.h. */
#include "exhibit/picture_make.h"

#include <string.h>

#include "base/memory.h"

#include "base/ban.h"

enum { QUALITY = 88, QUALITY_SMALL = 75 };

enum picture_why pixels_new(uint32_t w, uint32_t h, struct pixels *ret)
{
	assert(w && h && (uint64_t)w * h <= PICTURE_KEPT_MAX);
	*ret = (struct pixels){ w, h, mem_take((size_t)w * h, 3) };
	return ret->rgb ? PICTURE_FINE : PICTURE_MEMORY_OUT;
}

void pixels_drop(struct pixels *p)
{
	mem_drop(p->rgb);
	p->rgb = NULL;
}

void picture_release(struct picture *p)
{
	buf_release(&p->kept);
	buf_release(&p->small);
}

/* Each pixel the mean of the box it stands for. */
static void shrink(const struct pixels *from, struct pixels *to)
{
	for (uint32_t j = 0; j < to->h; j++)
		for (uint32_t i = 0; i < to->w; i++) {
			uint32_t x0 = (uint32_t)((uint64_t)i * from->w / to->w);
			uint32_t x1 = (uint32_t)((uint64_t)(i + 1) * from->w / to->w);
			uint32_t y0 = (uint32_t)((uint64_t)j * from->h / to->h);
			uint32_t y1 = (uint32_t)((uint64_t)(j + 1) * from->h / to->h);
			uint64_t sum[3] = { 0 }, n = (uint64_t)(x1 - x0) * (y1 - y0);
			uint8_t *q = to->rgb + 3 * ((size_t)j * to->w + i);

			for (uint32_t y = y0; y < y1; y++)
				for (uint32_t x = x0; x < x1; x++)
					for (int k = 0; k < 3; k++)
						sum[k] += from->rgb[3 * ((size_t)y * from->w + x) +
								    (size_t)k];
			for (int k = 0; k < 3; k++)
				q[k] = (uint8_t)((sum[k] + n / 2) / n);
		}
}

/* Never larger than what it is made of. */
static enum picture_why small_of(const struct pixels *p, struct pixels *ret)
{
	uint32_t side = p->w > p->h ? p->w : p->h, w = p->w, h = p->h;
	enum picture_why why;

	if (side > PICTURE_SMALL_SIDE) {
		w = (uint32_t)((uint64_t)w * PICTURE_SMALL_SIDE / side);
		h = (uint32_t)((uint64_t)h * PICTURE_SMALL_SIDE / side);
	}
	if ((why = pixels_new(w ? w : 1, h ? h : 1, ret)))
		return why;
	shrink(p, ret);
	return PICTURE_FINE;
}

static enum picture_why encode(enum picture_media media, const struct pixels *p,
			       struct picture *ret)
{
	CLEANUP(pixels_drop) struct pixels small = { 0 };
	enum picture_why why = small_of(p, &small);

	if (why)
		return why;
	ret->width = p->w;
	ret->height = p->h;
	picture_print_of(&small, &ret->print);
	if ((why = picture_jpeg_write(&small, QUALITY_SMALL, &ret->small)))
		return why;
	return media == PICTURE_PNG ? picture_png_write(p, &ret->kept)
				    : picture_jpeg_write(p, QUALITY, &ret->kept);
}

enum picture_why picture_make(enum picture_media media, struct str bytes, struct picture *ret)
{
	CLEANUP(pixels_drop) struct pixels p = { 0 };
	enum picture_why why = PICTURE_BROKEN;

	*ret = (struct picture){ 0 };
	if (bytes.n > PICTURE_BYTES_MAX)
		return PICTURE_LARGE;
	if (media == PICTURE_JPEG)
		why = picture_jpeg_read(bytes, &p);
	else if (media == PICTURE_PNG)
		why = picture_png_read(bytes, &p);
	if (!why)
		why = encode(media, &p, ret);
	if (why) {
		picture_release(ret);
		*ret = (struct picture){ 0 };
	}
	return why;
}
