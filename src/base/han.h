/*
 * han.h - Chinese characters: how they are read, and which are one character written in two ways.
 *
 * The tables are made by the build (tools/han.c, from ICU). A reading is a syllable without its
 * tone, by number; characters that names are full of and that are read in two ways have both.
 *
 * Life:     pure functions over constant data.
 * Errors:   none. What is no character of the table has no reading and is its own simple form.
 */
#ifndef BASE_HAN_H
#define BASE_HAN_H
#include "base/base.h"

/* The number of a reading, 0 if it has none; `other` (may be NULL): of a second one, or 0. */
uint16_t han_reading(uint32_t character, uint16_t *ret_other);
const char *han_syllable(uint16_t reading); /* "zhang"; "" for 0 */
uint32_t han_simple(uint32_t character);    /* 張 is 张 */
#endif
