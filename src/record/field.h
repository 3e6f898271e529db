/*
 * field.h - one row a field: what it is called, who may see it, what it may hold.
 *
 * A noun is a plain C struct and a table of its fields. Each row says where in the struct the
 * value lies, and everything else in the house reads the row: JSON, SQL, CSV, Excel, the form in
 * the console, the API page, the data dictionary. To add a field is a row here and a migration.
 *
 * What a field is in C, and how "not given" looks there:
 *
 *   FIELD_TEXT, LONG, PHONE  struct str          n == 0
 *   FIELD_I64                int64_t             FIELD_NONE
 *   FIELD_TIME               struct utc_s        FIELD_NONE
 *   FIELD_DATE               struct field_day    FIELD_NONE
 *   FIELD_BOOL               bool                false
 *   FIELD_CHOICE             an enum from 1 on   0; the enum is the index into `choice`
 *   FIELD_AREA               struct area_code    0
 *   FIELD_REF, SUBJECT       struct record_id    0
 *
 * Life:     tables are const and live for ever; texts of a row live in the arena it was read into.
 * Units:    min and max are characters of a text, the value of a number, days or seconds of a date
 *           or time. Both 0: no limit but the one of the type.
 */
#ifndef RECORD_FIELD_H
#define RECORD_FIELD_H
#include "base/area.h"
#include "base/base.h"
#include "base/text.h"

#define FIELD_NONE INT64_MIN

struct record_id {
	int64_t v; /* made by us, rising with time, never 0; text in JSON */
};
struct field_day {
	int64_t v; /* days since 1970-01-01 */
};

enum field_type {
	FIELD_TEXT,    /* one line */
	FIELD_LONG,    /* several lines */
	FIELD_PHONE,   /* digits, + - ( ) and spaces */
	FIELD_I64,     /* a whole number */
	FIELD_BOOL,    /* yes or no */
	FIELD_CHOICE,  /* one of the words in `choice` */
	FIELD_TIME,    /* an instant */
	FIELD_DATE,    /* a civil date */
	FIELD_AREA,    /* an area code */
	FIELD_REF,     /* the id of a row of the noun `refers` */
	FIELD_SUBJECT, /* whom the row is about: a number that the vault alone can resolve */
	FIELD_TYPE_N
};

/* Who it is for. Who has which is a table in sight.c. */
enum field_see {
	SEE_PUBLIC,   /* everybody, without an account too */
	SEE_AREA,     /* whoever may read the noun in the row's area */
	SEE_OFFICIAL, /* names and work phones of duty and account holders; rooms access, grid */
	SEE_CDC,      /* disease control */
	SEE_VAULT,    /* a member of the public: on its way into the vault, and nowhere else */
	SEE_N
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_FIXED = 2,   /* set once, when the row is made */
	FIELD_SERVER = 4,  /* set by the program: never read from a body or a file */
	FIELD_LISTED = 8,  /* a column of the list */
	FIELD_FILTER = 16, /* a list can be narrowed by it; wants an index (field, id) */
	FIELD_SEARCH = 32, /* found by two characters or by pinyin initials */
	FIELD_EXPORT = 64, /* leaves the house in files */
	FIELD_KEY = 128    /* equal keys in one area: the same thing twice, in an import */
};

/*
 * A field of the vault's is declared so that a file may bring it. It has no column, and is in no
 * answer, list, search or export; the gate (intake) takes it from the row that was read, hands it
 * to the vault, and keeps the number that comes back in the noun's one FIELD_SUBJECT.
 */

struct choice { /* of index 0, "not given", all are NULL */
	const char *word, *zh, *en;
};

struct field {
	const char *name; /* of the struct's member, the column and the JSON key */
	enum field_type type;
	size_t at; /* offsetof */
	const char *zh, *en;
	enum field_see see;
	unsigned flags; /* enum field_flag */
	int64_t min, max;
	const struct choice *choice;
	size_t n_choices;
	const char *refers;            /* FIELD_REF: the noun's name */
	const char *hint_zh, *hint_en; /* one line below the box; NULL for none */
};

/*
 * The first three members of a row, with the C type checked by the compiler:
 *     { TEXT(struct well, owner), "业主", "Owner", SEE_AREA, FIELD_REQUIRED, 2, 60 },
 */
#define FIELD_AT_(S, m, T) \
	(offsetof(S, m) + \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((S *)0)->m), T) ? 1 : -1]))
#define FIELD_ENUM_(S, m) (offsetof(S, m) + 0 * sizeof(char[sizeof(((S *)0)->m) == 4 ? 1 : -1]))
#define TEXT(S, m) .name = #m, .type = FIELD_TEXT, .at = FIELD_AT_(S, m, struct str)
#define LONG(S, m) .name = #m, .type = FIELD_LONG, .at = FIELD_AT_(S, m, struct str)
#define PHONE(S, m) .name = #m, .type = FIELD_PHONE, .at = FIELD_AT_(S, m, struct str)
#define I64(S, m) .name = #m, .type = FIELD_I64, .at = FIELD_AT_(S, m, int64_t)
#define BOOL(S, m) .name = #m, .type = FIELD_BOOL, .at = FIELD_AT_(S, m, bool)
#define CHOICE(S, m) .name = #m, .type = FIELD_CHOICE, .at = FIELD_ENUM_(S, m)
#define TIME(S, m) .name = #m, .type = FIELD_TIME, .at = FIELD_AT_(S, m, struct utc_s)
#define DATE(S, m) .name = #m, .type = FIELD_DATE, .at = FIELD_AT_(S, m, struct field_day)
#define AREA(S, m) .name = #m, .type = FIELD_AREA, .at = FIELD_AT_(S, m, struct area_code)
#define SUBJECT(S, m) .name = #m, .type = FIELD_SUBJECT, .at = FIELD_AT_(S, m, struct record_id)
#define REF(S, m) .name = #m, .type = FIELD_REF, .at = FIELD_AT_(S, m, struct record_id)

/* Does it have a column? */
static inline bool field_kept(const struct field *x)
{
	return x->see != SEE_VAULT;
}

/* The index of a word among the n choices; 0: it is none of them. */
size_t choice_find(const struct choice *v, size_t n, struct str word);

/* "text", "phone", "choice", ... as the API says it. */
const char *field_type_word(enum field_type t);
const char *field_see_word(enum field_see s);

#endif
