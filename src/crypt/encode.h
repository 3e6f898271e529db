/*
 * encode.h - bytes as text and back: hex, base64url without padding (RFC 4648 5), base32; and the
 * base64 of mail (RFC 4648 4), which is only written.
 *
 * Reading is strict: one text for one sequence of bytes, so no two texts mean the same.
 *
 * Errors:   ERR_SYNTAX a sign that does not belong there; ERR_RANGE not as long as asked.
 */
#ifndef CRYPT_ENCODE_H
#define CRYPT_ENCODE_H
#include "base/base.h"
#include "base/text.h"

void encode_hex(struct buf *out, const void *p, size_t n); /* lower case */
void encode_base64url(struct buf *out, const void *p, size_t n);
void encode_base64(struct buf *out, const void *p, size_t n); /* padded, in one line */
void encode_base32(struct buf *out, const void *p, size_t n); /* upper case, no padding */

/* Exactly n bytes; upper case is fine in hex. */
MUST_CHECK enum err encode_read_hex(struct str s, void *ret, size_t n);
/* At most `max` bytes; how many they were. */
MUST_CHECK enum err encode_read_base64url(struct str s, void *ret, size_t max, size_t *ret_n);

#endif
