/*
 * csv_scan.h - one pass over bytes that finds a CSV record and its fields; for csv.c alone.
 *
 * The pass keeps no state and reads nothing: it is told whether more bytes may follow, and says
 * so if it needs them. It works on bytes; what they mean in an encoding is csv.c's matter, but
 * for one thing: in GB18030 a bar can be half a character, and `pairs` makes the pass respect it.
 */
#ifndef BASE_CSV_SCAN_H
#define BASE_CSV_SCAN_H
#include "base/base.h"
#include "base/text.h"

enum csv_refusal {
	CSV_REFUSAL_NONE,
	CSV_REFUSAL_QUOTE,
	CSV_REFUSAL_AFTER_QUOTE,
	CSV_REFUSAL_BARE_CR,
	CSV_REFUSAL_NUL,
	CSV_REFUSAL_OPEN_QUOTE,
	CSV_REFUSAL_FIELDS,
	CSV_REFUSAL_NEITHER,
	CSV_REFUSAL_NOT_UTF8,
	CSV_REFUSAL_NOT_GB18030
};

struct csv_sentences {
	const char *zh, *en; /* NULL for CSV_REFUSAL_NONE */
};
extern const struct csv_sentences csv_refusals[];

/* One record as the scan found it. */
struct csv_span {
	size_t bytes;     /* without the line end */
	size_t end_bytes; /* of the line end: 0, 1 or 2 */
	size_t n_fields;
	uint64_t inner; /* line feeds inside quotes */
	enum csv_refusal refusal;
	bool high;    /* a byte over 127 may be in it (never missed, sometimes cried) */
	bool doubled; /* some field has a doubled quote */
};

/* How a pass over the bytes at hand ended. */
enum csv_pass { CSV_PASS_DONE, CSV_PASS_MORE };

struct csv_shape {
	char delimiter;
	bool pairs;         /* step over GB18030 pairs: only needed if the delimiter is '|' */
	struct str *fields; /* room for CSV_FIELDS_MAX views into the bytes */
};

/*
 * Find the record at the front of `bytes`. With eof false the answer may be CSV_PASS_MORE: the
 * record's end, or the byte that would settle where it is, is not there yet.
 */
enum csv_pass csv_scan(const struct csv_shape *shape, struct str bytes, bool eof,
		       struct csv_span *ret) MUST_CHECK;
#endif
