/*
 * picture_wire.h - what the reader and its child say to each other over one socket. Private.
 *
 * ask | bytes  ->  answer | kept | small. Both ends are one program, so structs travel as they are;
 * the answer comes from somebody who may have been taken over by a picture, and is believed in
 * nothing that could hurt: sizes are held against the limits, words are ours.
 */
#ifndef EXHIBIT_PICTURE_WIRE_H
#define EXHIBIT_PICTURE_WIRE_H
#include "exhibit/picture_make.h"

enum { PICTURE_WIRE_MARK = 0x50494331, PICTURE_ANSWER_MAX = 64 << 20 };

struct picture_ask {
	uint32_t mark, media;
	uint64_t n;
};
struct picture_answer {
	uint32_t mark, why, width, height;
	uint64_t n_kept, n_small;
	struct picture_print print;
};

/* In the child: from here on nothing but memory and what comes through standard input. */
MUST_CHECK bool picture_bound(void);

#endif
