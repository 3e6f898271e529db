/*
 * head.h - a signed head: where all chains stood at one moment; and a file of them, read and held
 * against itself.
 *
 * Head n says for each county with new entries: from seq a to seq b, the root of the tree over
 * these entries (merkle.h), and the hash of entry b. It holds the root of the tree over all heads
 * before it, and is signed. So a head commits to everything that ever was; that an entry is under
 * it takes two short proofs, and that one head continues another takes one.
 *
 *     version 1 | n | kind | at | suite | history | key id | announces key? | lines (4) |
 *     each: county | from | to | root | hash of entry `to`
 *
 * In a file a head is a line: base64url of record and signature. Head 1 announces the key that
 * signs it and those after it, until a head of kind HEAD_KEY, signed by the old key, announces
 * another. Lines are only ever added. One that was not written whole is passed over and counted.
 *
 * After a restore from a backup the ledger may end before what was signed. Then a head of kind
 * HEAD_RESTORED goes on behind all that is known: its ranges begin where a county was still signed
 * and there, and what heads before it signed from there on is given up. A range of it may be empty.
 *
 * Life:     head_book_new -> head_book_read or head_book_add -> head_book_end.
 * Memory:   the book keeps 32 bytes a head; lines of heads only if asked to.
 * Source:   docs/adr/0007-ledger.md
 */
#ifndef LEDGER_HEAD_H
#define LEDGER_HEAD_H
#include "base/area.h"
#include "base/memory.h"
#include "ledger/merkle.h"

enum head_kind {
	HEAD_START = 1, /* the first after the house was started */
	HEAD_BEAT,
	HEAD_STOP,    /* the last before it was stopped, in good order */
	HEAD_KEY,     /* another key signs from here on */
	HEAD_RESTORED /* the ledger went back, to where its ranges begin */
};

enum { HEAD_KEY_ID_BYTES = 8, HEAD_LINE_BYTES = 3 * 8 + CRYPT_RAW_BYTES + CRYPT_HASH_BYTES };

struct head_line {
	struct area_code county;
	int64_t from, to; /* seqs, both included */
	struct merkle_node root;
	struct crypt_hash chain;
};

struct head {
	int64_t n; /* 1, 2, ... */
	enum head_kind kind;
	struct utc_s at;
	enum crypt_suite suite; /* of both trees */
	struct merkle_node history;
	uint8_t key_id[HEAD_KEY_ID_BYTES];
	bool announces;
	struct crypt_public next;
	size_t n_lines;
	const uint8_t *lines; /* head_line_at */
};

void head_write(const struct head *h, const struct head_line *lines, struct buf *out);
MUST_CHECK enum err head_parse(struct str record, struct head *ret);
struct head_line head_line_at(const struct head *h, size_t i);
/* Sign a record; append the line of the file, with its end. */
MUST_CHECK enum err head_sign(const struct crypt_signer *s, struct str record, struct buf *out);
/* ERR_CORRUPT: not by this key. */
MUST_CHECK enum err head_verify(const struct crypt_public *key, struct str record,
				const struct crypt_signature *sig);
MUST_CHECK enum err head_key_id(const struct crypt_public *key, uint8_t ret[HEAD_KEY_ID_BYTES]);

/* ---- a file of heads ---- */

enum head_wrong {
	HEAD_FINE,
	HEAD_TORN,      /* not a whole line; passed over */
	HEAD_GAP,       /* not the next number */
	HEAD_STRANGE,   /* signed by a key that was not announced */
	HEAD_FORGED,    /* the signature does not fit */
	HEAD_REWRITTEN, /* not the history that it was signed over */
	HEAD_APART      /* its ranges do not go on from those before */
};
const char *head_wrong_zh(enum head_wrong w);
const char *head_wrong_en(enum head_wrong w);

struct head_tip { /* how far a county is signed */
	struct area_code county;
	int64_t to;
	struct crypt_hash chain;
};

struct head_book {
	struct crypt_hasher *hasher[CRYPT_SM + 1]; /* by suite */
	VEC(struct merkle_node) leaf;              /* of head n at n - 1 */
	struct merkle history;                     /* over all leaves, in the suite of the last */
	VEC(struct head_tip) tip;                  /* by county */
	struct head last;                          /* its lines only if they are kept */
	struct crypt_public first_key, key;
	uint8_t key_id[HEAD_KEY_ID_BYTES];
	uint64_t torn, bytes;  /* of the file; where the next line goes */
	bool open_end;         /* the file does not end with the end of a line */
	enum head_wrong wrong; /* of the first line that does not fit; none is added after it */
	int64_t wrong_at;      /* which head that should have been */
	/*
	 * To be set before reading a file that is known to be ours: of all signatures only those of
	 * heads that announce a key, and of the last, are verified. It is signed over all others.
	 */
	bool trusting;
	struct crypt_public signed_by; /* the key of the last head */
	bool keep;
	VEC(struct head) all; /* if kept */
	VEC(uint8_t) scratch;
	struct arena *a;
};

MUST_CHECK enum err head_book_new(bool keep, struct head_book **ret);
void head_book_end(struct head_book **b); /* for CLEANUP() */
/* A file that is not there is an empty one. A head that does not fit is no error: see `wrong`. */
MUST_CHECK enum err head_book_read(struct head_book *b, const char *path, struct fault *f);
/* One line without its end. */
MUST_CHECK enum err head_book_add(struct head_book *b, struct str line);
/* `to` 0 and no hash: nothing of that county is signed. */
struct head_tip head_book_tip(const struct head_book *b, struct area_code county);
/* The root over all heads so far, in `suite`: what the next head calls history. */
MUST_CHECK enum err head_book_history(struct head_book *b, enum crypt_suite suite,
				      struct merkle_node *ret);
/* The number of the head that a line holds, or began to hold; 0: none. */
int64_t head_line_number(struct str line);
/* The file of a copy in a folder, by the id of the first key. */
void heads_copy_name(const char *folder, const uint8_t *key_id, struct buf *ret);
struct crypt_hasher *head_book_hasher(struct head_book *b, enum crypt_suite suite);

#endif
