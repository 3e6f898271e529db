/*
 * reach.h - one question to the vault's socket and its reply, within the call's time. For client.c.
 *
 * Memory:   frames and replies may hold names: their blocks are as large as they get from the
 *           start, since growing would leave copies behind, and reach_wipe wipes them.
 */
#ifndef VAULT_REACH_H
#define VAULT_REACH_H
#include "vault/vault.h"
#include "vault/wire.h"

void reach_wipe(struct buf *b); /* for CLEANUP() too */
/* Begin a frame with room for so many bytes. */
MUST_CHECK enum err reach_begin(struct buf *frame, enum wire_op op, size_t room);
/*
 * Send a frame and read its reply. A line that was kept may have ended with a vault that was begun
 * anew; then once more over a new one. Every request may be said twice.
 */
MUST_CHECK enum err reach_ask(struct vault *v, struct buf *frame, struct buf *reply,
			      struct wire_in *ret, struct fault *f);
enum err reach_other_version(struct fault *f); /* what was read is no reply of ours */
/* OK if the reply is read to its end. */
MUST_CHECK enum err reach_done(const struct wire_in *in, struct fault *f);
#endif
