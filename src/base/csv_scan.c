/* csv_scan.c - where a record ends and where its fields are. */
#include "base/csv_scan.h"
#include "base/csv.h"

#include <string.h>

#include "base/ban.h"

#define EACH_BYTE(b) (0x0101010101010101u * (b))

/* 0x80 in each byte of the answer where that byte of w is zero, exactly. */
static uint64_t zero_bytes(uint64_t w)
{
	return ~(((w & EACH_BYTE(0x7F)) + EACH_BYTE(0x7F)) | w | EACH_BYTE(0x7F));
}

/* 0x80 where a byte of w is below 0x0E: NUL, TAB, LF and CR among a few that never occur. */
static uint64_t low_bytes(uint64_t w)
{
	return ~(((w & EACH_BYTE(0x7F)) + EACH_BYTE(0x80 - 0x0E)) | w) & EACH_BYTE(0x80);
}

static bool ends_plain(char byte, char delimiter)
{
	return (unsigned char)byte < 0x0E || byte == '"' || byte == delimiter;
}

/* Where the next byte that is not plain text stands; eight bytes at a time. */
static inline const char *skip_plain(const char *p, const char *end, char delimiter, uint64_t *high)
{
	const uint64_t delimiters = EACH_BYTE((unsigned char)delimiter);

	while (end - p >= 8) {
		uint64_t w, stop;

		memcpy(&w, p, sizeof w);
		*high |= w;
		stop = low_bytes(w) | zero_bytes(w ^ EACH_BYTE('"')) | zero_bytes(w ^ delimiters);
		if (stop)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
			return p + __builtin_ctzll(stop) / 8;
#else
			return p + __builtin_clzll(stop) / 8;
#endif
		p += 8;
	}
	while (p < end && !ends_plain(*p, delimiter))
		*high |= EACH_BYTE((unsigned char)*p++);
	return p;
}

/*
 * The same in GB18030 delimited by '|', which is also a valid second byte there. Four-byte codes
 * are two pairs, and a digit that is passed on its own stops nothing: so only the second bytes
 * from 0x40 on need to be stepped over.
 */
static const char *skip_plain_pairs(const char *p, const char *end, char delimiter)
{
	while (p < end && !ends_plain(*p, delimiter)) {
		bool lead = (unsigned char)*p > 0x80 && (unsigned char)*p < 0xFF;

		p += lead && p + 1 < end && (unsigned char)p[1] >= 0x40;
		p++;
	}
	return p;
}

struct scan {
	const struct csv_shape *shape;
	const char *begin, *p, *end;
	bool eof;
	uint64_t high;
	struct csv_span span;
};

/* The record is broken at s->p: it reaches to the next line end. */
static enum csv_pass scan_refused(struct scan *s, enum csv_refusal why)
{
	const char *lf = s->p < s->end ? memchr(s->p, '\n', (size_t)(s->end - s->p)) : NULL;

	if (!lf && !s->eof)
		return CSV_PASS_MORE;
	s->span.refusal = why;
	s->span.end_bytes = lf != NULL;
	if (!lf)
		lf = s->end;
	else if (lf[-1] == '\r') /* s->p is no line end, so there is a byte before lf */
		lf--, s->span.end_bytes++;
	s->span.bytes = (size_t)(lf - s->begin);
	s->high |= EACH_BYTE(0x80);
	return CSV_PASS_DONE;
}

static void scan_field(struct scan *s, const char *from, const char *to)
{
	if (s->span.n_fields < CSV_FIELDS_MAX)
		s->shape->fields[s->span.n_fields++] = (struct str){ from, (size_t)(to - from) };
	else
		s->span.refusal = CSV_REFUSAL_FIELDS;
}

/*
 * After a field. On the delimiter: step over it and say "another". On a line end or the end of
 * the file: the record is complete. Anything else is `otherwise`.
 */
static enum csv_pass scan_after(struct scan *s, enum csv_refusal otherwise, bool *ret_another)
{
	const char *p = s->p;
	size_t end_bytes;

	*ret_another = false;
	if (p < s->end && *p == s->shape->delimiter) {
		s->p++;
		*ret_another = true;
		return CSV_PASS_DONE;
	}
	if (p == s->end && !s->eof)
		return CSV_PASS_MORE;
	if (p == s->end) {
		end_bytes = 0;
	} else if (*p == '\n') {
		end_bytes = 1;
	} else if (*p == '\r') {
		/* The last byte at hand is no line end yet: this asks for more. */
		if (p + 1 == s->end || p[1] != '\n')
			return scan_refused(s, CSV_REFUSAL_BARE_CR);
		end_bytes = 2;
	} else {
		return scan_refused(s, *p == '\0' ? CSV_REFUSAL_NUL : otherwise);
	}
	s->span.bytes = (size_t)(p - s->begin);
	s->span.end_bytes = end_bytes;
	return CSV_PASS_DONE;
}

static enum csv_pass scan_unquoted(struct scan *s, bool *ret_another)
{
	const char *from = s->p;

	for (;;) {
		char stop;

		if (s->shape->pairs)
			s->p = skip_plain_pairs(s->p, s->end, s->shape->delimiter);
		else
			s->p = skip_plain(s->p, s->end, s->shape->delimiter, &s->high);
		if (s->p == s->end)
			break;
		stop = *s->p;
		if (stop == s->shape->delimiter || stop == '\n' || stop == '\r' || stop == '"' ||
		    stop == '\0')
			break;
		s->p++; /* a control byte that means nothing here */
	}
	scan_field(s, from, s->p);
	return scan_after(s, CSV_REFUSAL_QUOTE, ret_another);
}

static enum csv_pass scan_quoted(struct scan *s, bool *ret_another)
{
	const char *from = ++s->p, *p = from;
	bool nul = false;

	for (;; p++) {
		p = skip_plain(p, s->end, '"', &s->high); /* a delimiter means nothing in here */
		if (p == s->end) {
			if (!s->eof)
				return CSV_PASS_MORE;
			s->p = p;
			return scan_refused(s, CSV_REFUSAL_OPEN_QUOTE);
		}
		if (*p == '\n')
			s->span.inner++;
		else if (*p == '\0')
			nul = true;
		if (*p != '"')
			continue;
		if (p + 1 == s->end && !s->eof)
			return CSV_PASS_MORE;
		if (p + 1 == s->end || p[1] != '"')
			break;
		s->span.doubled = true;
		p++;
	}
	s->p = p + 1;
	scan_field(s, from, p);
	if (nul && !s->span.refusal)
		s->span.refusal = CSV_REFUSAL_NUL;
	return scan_after(s, CSV_REFUSAL_AFTER_QUOTE, ret_another);
}

enum csv_pass csv_scan(const struct csv_shape *shape, struct str bytes, bool eof,
		       struct csv_span *ret)
{
	struct scan s = {
		.shape = shape, .begin = bytes.p, .p = bytes.p, .end = bytes.p + bytes.n, .eof = eof
	};
	bool another = true;

	while (another) {
		enum csv_pass pass = s.p < s.end && *s.p == '"' ? scan_quoted(&s, &another)
								: scan_unquoted(&s, &another);

		if (pass == CSV_PASS_MORE)
			return CSV_PASS_MORE;
	}
	s.span.high = shape->pairs || (s.high & EACH_BYTE(0x80)) != 0;
	*ret = s.span;
	return CSV_PASS_DONE;
}
