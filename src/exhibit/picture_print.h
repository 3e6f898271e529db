/*
 * picture_print.h - what a photo is recognised by when it comes again: scaled, compressed anew,
 * brighter, or with a little cut off.
 *
 * Looking is done in two steps. *Prints* find who may be meant among very many: a print is the 64
 * lowest frequencies of the picture in grey, a bit each, whether it is above their median. One is
 * made of the whole and one each of five windows of 19/20 of its width and height, so that a later
 * photo that was cut meets the window it was cut to. The *look*, 32 x 32 greys, then says whether:
 * two are alike if they correlate by PRINT_ALIKE, one of them drawn in by up to 1/20.
 *
 * What that finds and what it finds wrongly was measured: docs/reference/evidence.md.
 *
 * Units:    a distance is how many of 64 bits differ; likeness is a correlation in hundredths.
 * Shapes:   picture_print_of some 2 ms of a small picture; picture_print_likeness 60 us.
 * Source:   C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010),
 *           section 3.2.1, for the print.
 */
#ifndef EXHIBIT_PICTURE_PRINT_H
#define EXHIBIT_PICTURE_PRINT_H
#include "base/base.h"

struct pixels;

enum {
	PRINT_N = 6, /* the whole, then five windows */
	PRINT_SIDE = 32,
	PRINT_LOOK_BYTES = PRINT_SIDE * PRINT_SIDE,
	PRINT_NEAR = 8,   /* greatest distance of two that may be meant */
	PRINT_PARTS = 4,  /* of 16 bits, by which prints are kept and looked up */
	PRINT_KEYS = 17,  /* a part, and what differs from it by one bit */
	PRINT_ALIKE = 96, /* least likeness */
};

struct picture_print {
	uint64_t v[PRINT_N];
	uint8_t look[PRINT_LOOK_BYTES];
};

void picture_print_of(const struct pixels *p, struct picture_print *ret);
int picture_print_distance(uint64_t a, uint64_t b);
/* The key of a part, and those beside it. Two prints with a key in common may be near. */
int64_t picture_print_key(uint64_t print, unsigned part);
void picture_print_keys_near(uint64_t print, unsigned part, int64_t ret[PRINT_KEYS]);
int picture_print_likeness(const uint8_t a[PRINT_LOOK_BYTES], const uint8_t b[PRINT_LOOK_BYTES]);

#endif
