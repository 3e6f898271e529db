#include "support/scenes.h"

#include <stdlib.h>
#include <string.h>

#include "base/dice.h"

enum { BODIES_MIN = 4, BODIES_MORE = 9, NOISE = 12 };

static void need(bool holds)
{
	if (!holds)
		abort();
}

static struct pixels empty(uint32_t w, uint32_t h)
{
	struct pixels p;

	need(!pixels_new(w, h, &p));
	return p;
}

static uint8_t clip(double v)
{
	return v < 0 ? 0 : v > 255 ? 255 : (uint8_t)v;
}

struct colour {
	double c[3];
};

static struct colour colour_of(struct dice *d)
{
	struct colour c;

	for (int i = 0; i < 3; i++)
		c.c[i] = 255 * dice_unit(d);
	return c;
}

/* A rectangle or an ellipse in the middle x, y, lit from one side. */
struct body {
	double x, y, rx, ry, shade;
	bool round;
	struct colour c;
};

static struct body body_of(struct dice *d)
{
	return (struct body){ .x = dice_unit(d),
			      .y = dice_unit(d),
			      .rx = 0.04 + 0.22 * dice_unit(d),
			      .ry = 0.04 + 0.22 * dice_unit(d),
			      .shade = 1.4 * (dice_unit(d) - 0.5),
			      .round = dice_chance(d, 0.5),
			      .c = colour_of(d) };
}

static void paint(struct pixels *p, const struct body *b)
{
	for (uint32_t y = 0; y < p->h; y++)
		for (uint32_t x = 0; x < p->w; x++) {
			double u = ((x + 0.5) / p->w - b->x) / b->rx;
			double v = ((y + 0.5) / p->h - b->y) / b->ry;
			uint8_t *q = p->rgb + 3 * ((size_t)y * p->w + x);

			if (b->round ? u * u + v * v > 1 : u * u > 1 || v * v > 1)
				continue;
			for (int k = 0; k < 3; k++)
				q[k] = clip(b->c.c[k] * (1 + b->shade * u));
		}
}

static void ground(struct pixels *p, struct dice *d)
{
	struct colour a = colour_of(d), b = colour_of(d), c = colour_of(d);
	double horizon = 0.2 + 0.6 * dice_unit(d), slope = dice_unit(d) - 0.5;

	for (uint32_t y = 0; y < p->h; y++)
		for (uint32_t x = 0; x < p->w; x++) {
			double u = (x + 0.5) / p->w, v = (y + 0.5) / p->h;
			double at = horizon + slope * (u - 0.5);
			uint8_t *q = p->rgb + 3 * ((size_t)y * p->w + x);

			for (int k = 0; k < 3; k++)
				q[k] = v < at ? clip(a.c[k] + (b.c[k] - a.c[k]) * v / at)
					      : clip(c.c[k] * (0.6 + 0.4 * v));
		}
}

static void grain(struct pixels *p, struct dice *d)
{
	for (size_t i = 0; i < (size_t)p->w * p->h * 3; i++)
		p->rgb[i] = clip((double)p->rgb[i] + dice_below(d, 2 * NOISE) - NOISE);
}

static struct pixels made(uint64_t seed, uint32_t w, uint32_t h, bool more)
{
	struct dice d = { seed * 0x9E3779B97F4A7C15U + 1 };
	struct pixels p = empty(w, h);
	uint32_t n;

	ground(&p, &d);
	n = BODIES_MIN + dice_below(&d, BODIES_MORE);
	for (uint32_t i = 0; i < n; i++) {
		struct body b = body_of(&d);

		paint(&p, &b);
	}
	if (more) {
		struct body b = body_of(&d);

		b.rx = b.ry = 1.0 / 16;
		paint(&p, &b);
	}
	grain(&p, &d);
	return p;
}

struct pixels scene(uint64_t seed, uint32_t w, uint32_t h)
{
	return made(seed, w, h, false);
}

struct pixels scene_changed(uint64_t seed, uint32_t w, uint32_t h)
{
	return made(seed, w, h, true);
}

/* Between pixels, as telephones and messengers do. */
struct pixels scene_scaled(const struct pixels *p, uint32_t w, uint32_t h)
{
	struct pixels r = empty(w, h);

	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			for (size_t k = 0; k < 3; k++) {
				double u = (x + 0.5) * p->w / w - 0.5,
				       v = (y + 0.5) * p->h / h - 0.5;
				uint32_t x0 = u > 0 ? (uint32_t)u : 0, y0 = v > 0 ? (uint32_t)v : 0;
				uint32_t x1 = x0 + 1 < p->w ? x0 + 1 : x0;
				uint32_t y1 = y0 + 1 < p->h ? y0 + 1 : y0;
				double a = u > 0 ? u - x0 : 0, b = v > 0 ? v - y0 : 0;
				const uint8_t *q = p->rgb + k;

				r.rgb[3 * ((size_t)y * w + x) + k] =
					clip((q[3 * ((size_t)y0 * p->w + x0)] * (1 - a) +
					      q[3 * ((size_t)y0 * p->w + x1)] * a) *
						     (1 - b) +
					     (q[3 * ((size_t)y1 * p->w + x0)] * (1 - a) +
					      q[3 * ((size_t)y1 * p->w + x1)] * a) *
						     b +
					     0.5);
			}
	return r;
}

struct pixels scene_cropped(const struct pixels *p, double share, uint64_t seed)
{
	struct dice d = { seed + 77 };
	uint32_t dx = (uint32_t)(p->w * share), dy = (uint32_t)(p->h * share);
	struct pixels r = empty(p->w - dx, p->h - dy);
	uint32_t x = dice_below(&d, dx + 1), y = dice_below(&d, dy + 1);

	for (uint32_t j = 0; j < r.h; j++)
		memcpy(r.rgb + 3 * (size_t)j * r.w, p->rgb + 3 * ((size_t)(y + j) * p->w + x),
		       3 * (size_t)r.w);
	return r;
}

struct pixels scene_brighter(const struct pixels *p, int by)
{
	struct pixels r = empty(p->w, p->h);

	for (size_t i = 0; i < (size_t)p->w * p->h * 3; i++)
		r.rgb[i] = clip(p->rgb[i] + by);
	return r;
}

struct pixels scene_compressed(const struct pixels *p, int quality)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	struct pixels r = { 0 };

	need(!picture_jpeg_write(p, quality, &b) && !picture_jpeg_read(buf_view(&b), &r));
	return r;
}

struct buf scene_jpeg(const struct pixels *p)
{
	struct buf b = { 0 };

	need(!picture_jpeg_write(p, 85, &b));
	return b;
}

struct buf scene_png(const struct pixels *p)
{
	struct buf b = { 0 };

	need(!picture_png_write(p, &b));
	return b;
}
