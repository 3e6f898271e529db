/*
 * picture.h - a picture that somebody sent, made anew by a process that can do nothing else.
 *
 * What comes from a telephone holds where it was taken, when, by which device, sometimes a second
 * picture; and it may be made to break whoever reads it. So nothing of it is passed on: a child
 * of one use, without network, files or the house's memory, decodes it, turns it upright, encodes
 * it again, makes a small one of it, and takes its prints (picture_print.h).
 *
 * Life:     picture_reader_new -> picture_read, many at once -> picture_reader_end. The child is
 *           the program itself, begun as `PROGRAM --picture`; main calls picture_child.
 * Shapes:   PICTURE_BYTES_MAX in. A JPEG may say up to PICTURE_DECLARED_MAX pixels and is kept
 *           with up to PICTURE_KEPT_MAX, by which it is made smaller in whole eighths; a PNG is
 *           not made smaller, and may have as many. The child has PICTURE_MEMORY bytes of address
 *           space and PICTURE_CPU_S of processor.
 * Units:    pixels.
 * Memory:   what is returned is in buffers of the caller, who releases them.
 * Threads:  any; at most `at_once` children run, others wait for their turn.
 * Errors:   ERR_SYNTAX it is not what it says, or not whole; ERR_TOO_LARGE as it declares itself;
 *           ERR_TYPE a kind of picture that is not taken (CMYK, 12 bits); ERR_BUSY no reader, or
 *           too many pictures at once. A child that died or took too long gives ERR_SYNTAX: the
 *           picture killed it.
 * Source:   JPEG ITU T.81, PNG ISO/IEC 15948, Exif 2.32 (the orientation alone).
 */
#ifndef EXHIBIT_PICTURE_H
#define EXHIBIT_PICTURE_H
#include "base/base.h"
#include "base/text.h"
#include "exhibit/picture_print.h"

enum {
	PICTURE_BYTES_MAX = 32 << 20,
	PICTURE_SIDE_MAX = 32767,
	PICTURE_DECLARED_MAX = 200000000,
	PICTURE_KEPT_MAX = 16000000,
	PICTURE_SMALL_SIDE = 320,
	PICTURE_MEMORY = 256 << 20,
	PICTURE_CPU_S = 5,
	PICTURE_WAIT_MS = 20000
};

enum picture_media { PICTURE_JPEG = 1, PICTURE_PNG };

struct picture {
	uint32_t width, height; /* of what is kept, upright */
	struct picture_print print;
	struct buf kept, small; /* the same media; a JPEG of at most PICTURE_SMALL_SIDE a side */
};
void picture_release(struct picture *p); /* for CLEANUP() */

struct picture_reader;
/* `program`: the path of the program that answers to --picture; NULL: none, all are refused. */
MUST_CHECK enum err picture_reader_new(const char *program, unsigned at_once,
				       struct picture_reader **ret);
void picture_reader_end(struct picture_reader **r); /* for CLEANUP() */
MUST_CHECK enum err picture_read(struct picture_reader *r, enum picture_media media,
				 struct str bytes, struct picture *ret, struct fault *f);

/* What `PROGRAM --picture` does: one picture from standard input, and the end. */
#define PICTURE_CHILD_WORD "--picture"
_Noreturn void picture_child(void);

#endif
