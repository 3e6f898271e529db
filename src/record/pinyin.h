/*
 * pinyin.h - the first letters of how Chinese is read: 张家界 is zjj.
 *
 * Readings are those of base/han.h. Some characters that names of places are full of have two (长
 * is c in 长沙 and z in 镇长): both are found.
 *
 * Life:     pure functions over constant data.
 * Errors:   none. What is no character of the table has no letter.
 */
#ifndef RECORD_PINYIN_H
#define RECORD_PINYIN_H
#include "base/base.h"
#include "base/text.h"

/* A character's letter, or 0. `other` (may be NULL): of a second reading, or 0. */
char pinyin_letter(uint32_t character, char *ret_other);
/* Append the letters; Latin ones and digits stay, in lower case; all else is skipped. */
void pinyin_initials(struct str s, struct buf *b);

/* Read one character of valid UTF-8 and step over it. */
uint32_t pinyin_next(struct str *s);

#endif
