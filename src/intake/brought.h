/*
 * brought.h - what every row has in common that a feed brings: from which batch, which line, whom.
 *
 * A row that repeats an earlier one, whole and to the letter, is kept too, in the state
 * "duplicate": when the batch that came first is recalled, the row that came second takes its
 * place, and nothing is lost that somebody still says.
 */
#ifndef INTAKE_BROUGHT_H
#define INTAKE_BROUGHT_H
#include "crypt/crypt.h"
#include "record/record.h"

enum brought_state { BROUGHT_NONE, BROUGHT_RECEIVED, BROUGHT_DUPLICATE, BROUGHT_STATE_N };
extern const struct choice brought_states[BROUGHT_STATE_N];
extern const struct step brought_steps[2];

/* First in the struct of every such noun, so that all can be read as a struct brought. */
#define BROUGHT_MEMBERS \
	struct record record; \
	struct record_id feed, batch; \
	int64_t row_at; /* of the batch, from 1 */ \
	struct record_id subject, repeats

struct brought {
	BROUGHT_MEMBERS;
};

#define BROUGHT_FIELDS(S) \
	{ REF(S, feed), "来源", "Feed", SEE_AREA, FIELD_SERVER | FIELD_FILTER, .refers = "feed" }, \
		{ REF(S, batch),    "批次", "Batch", SEE_AREA, FIELD_SERVER | FIELD_FILTER, \
		  .refers = "batch" }, \
		{ I64(S, row_at), "批次中的行", "Row of the batch", SEE_AREA, FIELD_SERVER }, \
	{ \
		REF(S, repeats), "重复于", "Repeats", SEE_AREA, FIELD_SERVER, \
			.refers = &#S[sizeof "struct"] \
	}

/* What the vault keeps of a person; the struct has these members. */
#define BROUGHT_PERSON_MEMBERS struct str name, id_number, phone, address, birth
#define BROUGHT_PERSON(S) \
	{ SUBJECT(S, subject), "当事人", "Person", SEE_AREA, FIELD_SERVER | FIELD_LISTED }, \
		{ TEXT(S, name), "姓名", "Name", SEE_VAULT, 0, 0, 60 }, \
		{ TEXT(S, id_number), "证件号码", "ID number", SEE_VAULT, 0, 0, 40 }, \
		{ TEXT(S, phone), "电话", "Phone", SEE_VAULT, 0, 0, 60 }, \
		{ TEXT(S, address), "住址", "Address", SEE_VAULT, 0, 0, 120 }, \
	{ \
		TEXT(S, birth), "出生日期", "Born", SEE_VAULT, 0, 0, 30 \
	}

/* Of the whole row, with what is the vault's: equal rows have equal digests, and nobody who does
 * not have the key can try numbers against them. Never 0. */
MUST_CHECK enum err brought_digest(const struct noun *n, const void *row,
				   const struct crypt_key *key, int64_t *ret);
#endif
