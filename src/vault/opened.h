/*
 * opened.h - people opened to be held against others, for as long as one act lasts.
 *
 * Who shares a tag with many (a phone that everybody gives) is held against each of them, and would
 * be read and opened as often. As many are kept as 256 such tags have. Private to the vault.
 *
 * Life:     { .s = store } -> opened_at, opened_form -> opened_end, within one act that changes
 *           nobody who was asked for.
 * Shapes:   OPENED_MAX people; when one more comes all go, and whoever is asked for is read again.
 * Memory:   personal; 70 KB with the first one and 35 KB for every 64, 9 MB when full; wiped at
 *           the end.
 */
#ifndef VAULT_OPENED_H
#define VAULT_OPENED_H
#include "vault/store.h"

enum { OPENED_MAX = 256 * TAGS_SAME_MAX };
struct opened_one {
	int64_t id;
	bool there, kept, formed;
	int64_t batch, row;
	struct alike_form form; /* since opened_form */
};
struct opened {
	struct store *s;
	struct opened_index *at;
	size_t n; /* people */
	struct buf text;
};
/* *ret lasts until the next one is asked for. `there` is false if there is nobody. */
MUST_CHECK enum err opened_at(struct opened *o, struct tx *tx, int64_t id, struct opened_one **ret,
			      struct fault *f);
/* Who it is, made comparable; `there` is false from then on if the keys are gone. */
MUST_CHECK enum err opened_form(struct opened *o, struct tx *tx, struct opened_one *p,
				struct fault *f);
void opened_end(struct opened *o); /* for CLEANUP() */
#endif
