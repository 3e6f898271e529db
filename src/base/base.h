/*
 * base.h - the words every room speaks: results, faults, cleanup, typed ids and times.
 *
 * Life:     plain values and macros; nothing here allocates or keeps anything.
 * Units:    time is whole seconds since 1970-01-01T00:00Z, intervals are half-open [from, to).
 * Errors:   every fallible function returns enum err and is MUST_CHECK. Results leave through
 *           `ret_` parameters and are written only on OK. The sentence for the person at the
 *           desk lives in a struct fault: the first detail wins, later ones are dropped.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum err {
	OK = 0,
	ERR_USAGE,    /* the command was called in a way it does not know */
	ERR_SYNTAX,   /* the bytes do not follow the format they claim */
	ERR_ENCODING, /* not UTF-8 and not GB18030 */
	ERR_RANGE,    /* a value outside what is allowed */
	ERR_FULL,     /* a limit of ours was reached */
	ERR_MEMORY,   /* no memory, or over a budget */
	ERR_IO,       /* the operating system refused a file operation */
	ERR_ABSENT,   /* the thing named does not exist */
	ERR_EXISTS,   /* the thing named exists already */
	ERR_CORRUPT,  /* a checksum or an invariant of a stored file does not hold */
	ERR_VERSION,  /* written by a version this one cannot read */
	ERR_WARRANT,  /* no warrant, or not for this question */
	ERR_BUSY,     /* somebody else holds it, or too much at once; later it may work */
	ERR_BUG,      /* ours: an invariant of the program is broken */
	/* what a server has to say besides */
	ERR_LOGIN,     /* nobody has said who they are, or it is no longer true */
	ERR_TOTP,      /* the password was right, the digits of the second factor lack */
	ERR_PASSWORD,  /* a new password is due before anything else */
	ERR_ROLE,      /* known, but this is not for their role; may be said openly */
	ERR_FORBIDDEN, /* the thing is there, but not for them: told to them as ERR_ABSENT */
	ERR_ORIGIN,    /* the request comes from a page of somebody else */
	ERR_METHOD,    /* the path is there, the method is not */
	ERR_CONFLICT,  /* it changed in between, or its state does not allow this */
	ERR_TOO_LARGE, /* larger than what is accepted */
	ERR_TYPE,      /* content of a type that is not taken here */
	ERR_RATE,      /* too often: later again */
	ERR_NO_ROOM,   /* our disk is full: nothing was done, and later it may work */
	ERR_N
};

/* One word, one sentence in each language, one exit code, one HTTP status. Static storage. */
const char *err_word(enum err e);
const char *err_zh(enum err e);
const char *err_en(enum err e);
int err_exit(enum err e); /* 0, 2 (theirs) or 3 (ours) */
int err_http(enum err e); /* 200, 4xx (theirs) or 5xx (ours) */

enum { FAULT_TEXT_BYTES = 320, FAULT_PLACE_BYTES = 64 };

struct fault {
	enum err code; /* OK while nothing went wrong */
	char zh[FAULT_TEXT_BYTES];
	char en[FAULT_TEXT_BYTES];
	char field[FAULT_PLACE_BYTES]; /* which field of a form or column, or "" */
	char where[FAULT_PLACE_BYTES]; /* which row, line or place in a document, or "" */
};

/*
 * Record what went wrong, where, and what to do, in both languages, and return `code`, so that
 * a refusal is one line: return fault_set(f, ERR_RANGE, "...", "...", a, b). Both formats take
 * the same arguments in the same order. `f` may be NULL. Never put a person's id in it.
 */
enum err fault_set(struct fault *f, enum err code, const char *zh, const char *en, ...) PRINTF(3, 5)
	PRINTF(4, 5);

/* Say of which field, and where in the input, the fault speaks. NULL: not known. First wins. */
void fault_at(struct fault *f, const char *field, const char *where);

/* gcc has no (void) for warn_unused_result: this is the one way to say "on purpose". */
static inline void ignore(enum err e)
{
	(void)e;
}

struct utc_s {
	int64_t v;
}; /* seconds since 1970 UTC */
struct person_id {
	uint32_t v;
}; /* dense, private to one collection */
struct place_id {
	uint32_t v;
};

static inline int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}
static inline int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}
static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}
static inline size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

#endif
