/*
 * alike.h - are two records of one person? The rules by which the vault finds duplicates.
 *
 * An identity is taken as the sender wrote it and made comparable first (digits of any width,
 * +86 and dashes of phones, old ID numbers, traditional characters, how a name sounds). Then two
 * are scored: 0 nothing in common, 1000 nothing apart. What is decided at which score is data
 * below; docs/reference/duplicates.md holds the figures that the rules reach.
 *
 * Life:     pure functions over values and constant tables.
 * Memory:   a comparable form copies what it needs; wipe it when done.
 * Units:    birth is a day number of base/when.h; scores are 0 to 1000.
 * Errors:   none: what cannot be read counts as not said.
 * Source:   GB 11643-1999 (ID numbers), docs/reference/duplicates.md
 */
#ifndef VAULT_ALIKE_H
#define VAULT_ALIKE_H
#include "base/base.h"
#include "base/text.h"

enum vault_field {
	VAULT_NAME,
	VAULT_ID_NUMBER,
	VAULT_PHONE,
	VAULT_ADDRESS,
	VAULT_BIRTH,
	VAULT_SEX,
	VAULT_KEY, /* what the sender calls the person: a card, a record number */
	VAULT_FIELD_N
};
const char *vault_field_word(enum vault_field f);

/* As the sender wrote it; empty: not said. */
struct vault_identity {
	struct str text[VAULT_FIELD_N];
};
enum { VAULT_TEXT_MAX = 400 }; /* bytes of one field; longer ones are refused with their row */

enum alike_verdict {
	ALIKE_NEW,   /* like nobody */
	ALIKE_MAYBE, /* for a reviewer */
	ALIKE_SAME   /* certain */
};
enum { ALIKE_SAME_FROM = 900, ALIKE_MAYBE_FROM = 600 };

/* What decided: a word for the reviewer. */
enum alike_reason {
	ALIKE_NOTHING,
	ALIKE_BY_ID_NUMBER,      /* the same number, its check digit right */
	ALIKE_BY_ID_NUMBER_SLIP, /* one digit apart, or two swapped */
	ALIKE_BY_PHONE,          /* phone and name */
	ALIKE_BY_NAME_AND_BIRTH,
	ALIKE_BY_SOUND,   /* the name sounds the same */
	ALIKE_BY_SHAPE,   /* one character apart, or variants of one */
	ALIKE_BY_ADDRESS, /* name and address */
	ALIKE_REASON_N
};
const char *alike_reason_word(enum alike_reason r);

struct alike {
	enum alike_verdict verdict;
	int score;
	enum alike_reason reason;
};

/* ---- the rules ---- */
/* An identity made comparable. Personal: wipe it when done. */
enum { ALIKE_NAME_MAX = 24, ALIKE_PHONE_MAX = 16, ALIKE_ADDRESS_MAX = 64, ALIKE_KEYS_MAX = 12 };
struct alike_form {
	char id_number[19];                /* 18 signs, old ones made new; "" if not said */
	bool id_sound;                     /* its check digit is right */
	char phone[ALIKE_PHONE_MAX];       /* digits, without the country */
	uint8_t n_name, n_address;         /* characters */
	uint32_t name[ALIKE_NAME_MAX];     /* simplified, lower case */
	uint16_t sound[ALIKE_NAME_MAX][2]; /* each character's readings, 0: none */
	uint32_t address[ALIKE_ADDRESS_MAX];
	int32_t birth; /* ALIKE_NO_BIRTH: not said */
	int date[3];   /* the same as year, month, day */
	int8_t sex;    /* 1 male, 2 female, 0 not said */
};
#define ALIKE_NO_BIRTH INT32_MIN
void alike_form(const struct vault_identity *who, struct alike_form *ret);
/* Symmetric: who of the two came first does not matter. */
struct alike alike_compare(const struct alike_form *a, const struct alike_form *b);

/*
 * Texts under which records that may be alike are looked for: two with none in common are not
 * compared. Appended to `out` one after the other, ends in ret_end; returns how many.
 */
size_t alike_keys(const struct alike_form *a, struct buf *out, size_t ret_end[ALIKE_KEYS_MAX]);
/* What a pseudonym is made of: ID number, else phone, else the sender's own key. False: none. */
bool alike_key_of(const struct vault_identity *who, struct buf *out);
#endif
