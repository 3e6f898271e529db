#include "exhibit/picture_print.h"

#include <math.h>
#include <stdlib.h>

#include "exhibit/picture_make.h"

#include "base/ban.h"

enum { LOW = 8, PART_BITS = 16, WINDOW_OFF = 20, DRAWN_IN_STEPS = 2, PLACES = 3 };

/* ---- a picture in few greys ------------------------------------------------------------------ */

struct window {
	uint32_t x, y, w, h;
};

/* Mean brightness of a box: Rec. 601. */
static double grey(const struct pixels *p, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1)
{
	uint64_t sum = 0;

	for (uint32_t y = y0; y < y1; y++) {
		const uint8_t *q = p->rgb + 3 * ((size_t)y * p->w + x0);

		for (uint32_t x = x0; x < x1; x++, q += 3)
			sum += 299U * q[0] + 587U * q[1] + 114U * q[2];
	}
	return (double)sum / (1000.0 * (x1 - x0) * (y1 - y0));
}

/* One with fewer pixels than boxes has some twice. */
static void boxes(const struct pixels *p, struct window in, double ret[PRINT_LOOK_BYTES])
{
	for (uint32_t j = 0; j < PRINT_SIDE; j++)
		for (uint32_t i = 0; i < PRINT_SIDE; i++) {
			uint32_t x0 = in.x + i * in.w / PRINT_SIDE;
			uint32_t x1 = in.x + (i + 1) * in.w / PRINT_SIDE;
			uint32_t y0 = in.y + j * in.h / PRINT_SIDE;
			uint32_t y1 = in.y + (j + 1) * in.h / PRINT_SIDE;

			ret[j * PRINT_SIDE + i] =
				grey(p, x0, x1 > x0 ? x1 : x0 + 1, y0, y1 > y0 ? y1 : y0 + 1);
		}
}

/* ---- prints ---------------------------------------------------------------------------------- */

static double wave(int at, int frequency)
{
	return cos((2 * at + 1) * (frequency + 1) * M_PI / (2 * PRINT_SIDE));
}

/* The discrete cosine transform, of the frequencies 1 .. 8 each way. */
static void lowest(const double g[PRINT_LOOK_BYTES], double ret[LOW * LOW])
{
	double half[LOW * PRINT_SIDE];

	for (int u = 0; u < LOW; u++)
		for (int y = 0; y < PRINT_SIDE; y++) {
			double sum = 0;

			for (int x = 0; x < PRINT_SIDE; x++)
				sum += g[y * PRINT_SIDE + x] * wave(x, u);
			half[u * PRINT_SIDE + y] = sum;
		}
	for (int u = 0; u < LOW; u++)
		for (int v = 0; v < LOW; v++) {
			double sum = 0;

			for (int y = 0; y < PRINT_SIDE; y++)
				sum += half[u * PRINT_SIDE + y] * wave(y, v);
			ret[v * LOW + u] = sum;
		}
}

static int by_size(const void *pa, const void *pb)
{
	double a = *(const double *)pa, b = *(const double *)pb;

	return (a > b) - (a < b);
}

static uint64_t print(const double g[PRINT_LOOK_BYTES])
{
	double low[LOW * LOW], sorted[LOW * LOW], median;
	uint64_t bits = 0;

	lowest(g, low);
	for (int i = 0; i < LOW * LOW; i++)
		sorted[i] = low[i];
	qsort(sorted, LOW * LOW, sizeof *sorted, by_size);
	median = (sorted[LOW * LOW / 2 - 1] + sorted[LOW * LOW / 2]) / 2;
	for (int i = 0; i < LOW * LOW; i++)
		bits = bits << 1 | (low[i] > median);
	return bits;
}

void picture_print_of(const struct pixels *p, struct picture_print *ret)
{
	uint32_t dx = p->w / WINDOW_OFF, dy = p->h / WINDOW_OFF, w = p->w - dx, h = p->h - dy;
	const struct window in[PRINT_N] = {
		{ 0, 0, p->w, p->h }, { dx / 2, dy / 2, w, h }, { 0, 0, w, h },
		{ dx, 0, w, h },      { 0, dy, w, h },          { dx, dy, w, h },
	};
	double g[PRINT_LOOK_BYTES];

	assert(p->w && p->h && p->w <= PICTURE_SMALL_SIDE && p->h <= PICTURE_SMALL_SIDE);
	for (size_t i = 0; i < PRINT_N; i++) {
		boxes(p, in[i], g);
		ret->v[i] = print(g);
		for (size_t k = 0; i == 0 && k < PRINT_LOOK_BYTES; k++)
			ret->look[k] = (uint8_t)(g[k] + 0.5);
	}
}

int picture_print_distance(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b);
}

int64_t picture_print_key(uint64_t v, unsigned part)
{
	assert(part < PRINT_PARTS);
	return (int64_t)part << PART_BITS | (int64_t)(v >> PART_BITS * part & 0xFFFF);
}

void picture_print_keys_near(uint64_t v, unsigned part, int64_t ret[PRINT_KEYS])
{
	ret[0] = picture_print_key(v, part);
	for (unsigned i = 0; i < PART_BITS; i++)
		ret[1 + i] = ret[0] ^ (int64_t)1 << i;
}

/* ---- looks ----------------------------------------------------------------------------------- */

static double correlation(const double a[PRINT_LOOK_BYTES], const double b[PRINT_LOOK_BYTES])
{
	double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;

	for (int i = 0; i < PRINT_LOOK_BYTES; i++) {
		ma += a[i] / PRINT_LOOK_BYTES;
		mb += b[i] / PRINT_LOOK_BYTES;
	}
	for (int i = 0; i < PRINT_LOOK_BYTES; i++) {
		double x = a[i] - ma, y = b[i] - mb;

		ab += x * y;
		aa += x * x;
		bb += y * y;
	}
	if (aa * bb > 0)
		return ab / sqrt(aa * bb);
	return aa + bb > 0 ? 0 : 1; /* of one grey only: both, or just one of them */
}

/* The window without `off` of the picture, at x, y of what is left over (0 .. 1), between greys. */
static void drawn_in(const double a[PRINT_LOOK_BYTES], double off, double x, double y,
		     double ret[PRINT_LOOK_BYTES])
{
	const int last = PRINT_SIDE - 1;

	for (int j = 0; j < PRINT_SIDE; j++)
		for (int i = 0; i < PRINT_SIDE; i++) {
			double u = x * off * PRINT_SIDE + (i + 0.5) * (1 - off) - 0.5;
			double v = y * off * PRINT_SIDE + (j + 0.5) * (1 - off) - 0.5;
			int k, l;
			double p, q;

			u = fmin(fmax(u, 0), last);
			v = fmin(fmax(v, 0), last);
			k = u < last ? (int)u : last - 1;
			l = v < last ? (int)v : last - 1;
			p = u - k;
			q = v - l;
			ret[j * PRINT_SIDE + i] =
				(a[l * PRINT_SIDE + k] * (1 - p) + a[l * PRINT_SIDE + k + 1] * p) *
					(1 - q) +
				(a[(l + 1) * PRINT_SIDE + k] * (1 - p) +
				 a[(l + 1) * PRINT_SIDE + k + 1] * p) *
					q;
		}
}

/* Any window of a against all of b. */
static double best_of(const double a[PRINT_LOOK_BYTES], const double b[PRINT_LOOK_BYTES])
{
	double best = -1, g[PRINT_LOOK_BYTES];

	for (int s = 1; s <= DRAWN_IN_STEPS; s++)
		for (int i = 0; i < PLACES; i++)
			for (int j = 0; j < PLACES; j++) {
				drawn_in(a, (double)s / (DRAWN_IN_STEPS * WINDOW_OFF),
					 i / (PLACES - 1.0), j / (PLACES - 1.0), g);
				best = fmax(best, correlation(g, b));
			}
	return best;
}

int picture_print_likeness(const uint8_t a[PRINT_LOOK_BYTES], const uint8_t b[PRINT_LOOK_BYTES])
{
	double x[PRINT_LOOK_BYTES], y[PRINT_LOOK_BYTES], best;

	for (int i = 0; i < PRINT_LOOK_BYTES; i++) {
		x[i] = a[i];
		y[i] = b[i];
	}
	best = fmax(correlation(x, y), fmax(best_of(x, y), best_of(y, x)));
	return best > 0 ? (int)(best * 100 + 1e-9) : 0;
}
