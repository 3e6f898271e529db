/*
 * wire.h - what goes over the vault's socket: frames, and how values lie in them.
 *
 *     'O' 'V' version op | u32 bytes that follow | body          little-endian throughout
 *
 * A request has one reply: op with WIRE_REPLY, whose body begins with the error (u32) and, if it is
 * one, its sentence in both languages. A text is u32 bytes and the bytes.
 *
 * Life:     wire_begin ... wire_put_* ... wire_finish on one side, struct wire_in on the other.
 * Errors:   a reader never fails loudly: what is not there is 0 or empty and `bad` sticks.
 * Memory:   texts that are read point into the frame.
 */
#ifndef VAULT_WIRE_H
#define VAULT_WIRE_H
#include "base/base.h"
#include "base/text.h"
#include "vault/vault.h"

enum {
	WIRE_VERSION = 1,
	WIRE_HEAD_BYTES = 8,
	WIRE_BODY_MAX = 8 << 20,
	WIRE_BODY_WANT = 2 << 20, /* where a client begins the next frame */
	WIRE_ROWS_MAX = 4000,     /* of an answer */
	WIRE_PEOPLE_MAX = 4000,   /* of a frame, one commit: each may be held against many */
	WIRE_SEEN_MAX = 16384,    /* presences of a frame, one commit */
	WIRE_REPLY = 0x80
};

enum wire_op {
	WIRE_LOOK = 1,
	WIRE_STAGE,
	WIRE_TRY,
	WIRE_PSEUDONYM,
	WIRE_KEEP,
	WIRE_DROP,
	WIRE_STAGED,
	WIRE_EPOCH_CHANGE,
	WIRE_EPOCH_CLOSE,
	WIRE_EXPIRE,
	WIRE_RESOLVE,
	WIRE_FIND,
	WIRE_LIKENESSES,
	WIRE_KEEP_SOON,
	WIRE_OP_N
};

struct wire_head {
	uint8_t version, op;
	uint32_t bytes;
};

/* Start a frame in an empty buffer; wire_finish writes its length. */
void wire_begin(struct buf *b, uint8_t op);
MUST_CHECK enum err wire_finish(struct buf *b);
/* ERR_SYNTAX: no frame of ours; ERR_TOO_LARGE. The version is for the caller to judge. */
MUST_CHECK enum err wire_head(const uint8_t head[WIRE_HEAD_BYTES], struct wire_head *ret);

void wire_put_u8(struct buf *b, uint8_t v);
void wire_put_u32(struct buf *b, uint32_t v);
void wire_put_i64(struct buf *b, int64_t v);
void wire_put_str(struct buf *b, struct str s);
void wire_put_identity(struct buf *b, const struct vault_identity *who);
void wire_put_fault(struct buf *b, enum err e, const struct fault *f);

struct wire_in {
	const uint8_t *p;
	size_t n;
	bool bad;
};
uint8_t wire_u8(struct wire_in *in);
uint32_t wire_u32(struct wire_in *in);
int64_t wire_i64(struct wire_in *in);
struct str wire_str(struct wire_in *in, size_t max);
void wire_identity(struct wire_in *in, struct vault_identity *ret); /* each text UTF-8, bounded */
/* All of it read, and nothing wrong. */
bool wire_done(const struct wire_in *in);
#endif
