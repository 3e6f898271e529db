/*
 * folk.h - a made-up population with known duplicates of each kind, and pairs that only look so.
 *
 * People come by number from a seed: families share an address and often a phone, names follow how
 * often names are given, ID numbers have their check digit. A second record of one is written as
 * another office might have it.
 */
#ifndef TEST_SUPPORT_FOLK_H
#define TEST_SUPPORT_FOLK_H
#include "base/dice.h"
#include "vault/alike.h"

enum folk_kind {
	/* the same person again */
	FOLK_WRITTEN_OTHERWISE, /* +86, wide digits, 15-digit number, traditional characters */
	FOLK_ID_TYPO,
	FOLK_ID_SWAP,
	FOLK_ID_LEFT_OUT,
	FOLK_PHONE_CHANGED,
	FOLK_PHONE_CHANGED_NO_ID,
	FOLK_HOMOPHONE,      /* the name by sound, no ID number */
	FOLK_NEAR_SOUND,     /* z for zh, n for ng, l for n; no ID number */
	FOLK_NAME_TYPO,      /* one character, no ID number */
	FOLK_BIRTH_TYPO,     /* the day, no ID number */
	FOLK_NAME_AND_PHONE, /* nothing else said */
	/* somebody else */
	FOLK_TWIN,              /* birth, address, phone; one character of the name apart */
	FOLK_NAMESAKE,          /* a common name in one village */
	FOLK_PARENT,            /* address, phone and family name */
	FOLK_NAMESAKE_AT_PHONE, /* the same name, a shared phone, both numbers said */
	FOLK_N,
	FOLK_OTHERS_FROM = FOLK_TWIN
};
const char *folk_kind_word(enum folk_kind k);

enum { FOLK_TEXT = 96 };
struct folk_person {
	char text[VAULT_FIELD_N][FOLK_TEXT];
};
void folk_person(struct dice *d, struct folk_person *ret);
/* Another record, of the same person or of somebody else. */
void folk_again(struct dice *d, enum folk_kind k, const struct folk_person *of,
		struct folk_person *ret);
struct vault_identity folk_identity(const struct folk_person *p);
#endif
