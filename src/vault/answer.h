/*
 * answer.h - one frame in, one frame out: what the vault's process does with any bytes. Private.
 *
 * Memory:   `out` is begun anew. Both frames may hold names: who owns them wipes them.
 */
#ifndef VAULT_ANSWER_H
#define VAULT_ANSWER_H
#include "vault/store.h"
#include "vault/wire.h"

/* `body` is what followed the head. Always leaves a whole frame, unless there is no memory. */
void answer_frame(struct store *s, const struct wire_head *head, struct str body, struct buf *out);
#endif
