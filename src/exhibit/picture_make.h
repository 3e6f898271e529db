/*
 * picture_make.h - from the bytes of a picture to one without a past. Private: it runs in the
 * child, and in the fuzz target.
 *
 * Nothing of the input is in the output but colours: neither Exif, XMP, IPTC, ICC, comments,
 * text and time chunks, further pictures, nor what follows the end.
 *
 * Memory:   pixels by base, the libraries' own by themselves; the child's address space bounds all.
 */
#ifndef EXHIBIT_PICTURE_MAKE_H
#define EXHIBIT_PICTURE_MAKE_H
#include "exhibit/picture.h"

enum picture_why {
	PICTURE_FINE,
	PICTURE_BROKEN, /* not what it says, damaged, or cut */
	PICTURE_LARGE,  /* by what its first bytes declare */
	PICTURE_KIND,   /* whole, and of a kind that is not taken */
	PICTURE_MEMORY_OUT,
	PICTURE_WHY_N
};

struct pixels { /* 3 bytes each, red first, row by row */
	uint32_t w, h;
	uint8_t *rgb;
};
MUST_CHECK enum picture_why pixels_new(uint32_t w, uint32_t h, struct pixels *ret);
void pixels_drop(struct pixels *p); /* for CLEANUP() */

/* Decode, make smaller, take prints, encode. On anything but PICTURE_FINE *ret is empty. */
MUST_CHECK enum picture_why picture_make(enum picture_media media, struct str bytes,
					 struct picture *ret);

/* ---- the two kinds ---- */
MUST_CHECK enum picture_why picture_jpeg_read(struct str bytes, struct pixels *ret);
MUST_CHECK enum picture_why picture_jpeg_write(const struct pixels *p, int quality,
					       struct buf *out);
MUST_CHECK enum picture_why picture_png_read(struct str bytes, struct pixels *ret);
MUST_CHECK enum picture_why picture_png_write(const struct pixels *p, struct buf *out);

/*
 * How a camera was held, 1 .. 8, from an APP1 segment's bytes; 1 if it says nothing that can be
 * understood.
 */
int picture_exif_turn(struct str app1);

#endif
