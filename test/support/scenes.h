/*
 * scenes.h - made-up photos: a sky and a ground, some bodies with edges and shades, and noise; and
 * what happens to photos on their way. The same seed is the same photo.
 */
#ifndef TEST_SUPPORT_SCENES_H
#define TEST_SUPPORT_SCENES_H
#include "exhibit/picture_make.h"

/* All end the test when there is no memory; pixels_drop what they give. */
struct pixels scene(uint64_t seed, uint32_t w, uint32_t h);
/* The same place with one body more, of an eighth of its width: what repair may look like. */
struct pixels scene_changed(uint64_t seed, uint32_t w, uint32_t h);
struct pixels scene_scaled(const struct pixels *p, uint32_t w, uint32_t h);
/* Without `share` of its width and height, taken from the edges as the seed says. */
struct pixels scene_cropped(const struct pixels *p, double share, uint64_t seed);
struct pixels scene_brighter(const struct pixels *p, int by);
struct pixels scene_compressed(const struct pixels *p, int quality);

struct buf scene_jpeg(const struct pixels *p); /* buf_release it */
struct buf scene_png(const struct pixels *p);
#endif
