/*
 * evidence.h - files that prove a task: what came, what is kept of it, and what it looks like.
 *
 * Bytes lie in the store (exhibit/blobs.h) before the row that speaks of them is committed, and a
 * row never speaks of a file that is not there. Of a picture three are kept: as it came, without
 * a past, and small; of a paper or a text one. The same bytes for one task are one file.
 *
 * A picture is held against all earlier ones of other tasks of its county. What is alike refuses
 * nothing: it is told to who sends it, and above all to who checks.
 *
 * Life:     evidence_take (outside a transaction: it waits for a child and for the disk) ->
 *           evidence_put in it -> evidence_settle after it, whatever became of it.
 * Shapes:   EVIDENCE_TASK_MAX files a task; a picture has 24 rows of prints.
 * Errors:   ERR_TYPE, ERR_TOO_LARGE, ERR_SYNTAX as the file is; ERR_FULL too many; ERR_BUSY;
 *           ERR_IO the disk; ERR_RANGE files that are not this task's (evidence_kinds).
 */
#ifndef LOOP_EVIDENCE_H
#define LOOP_EVIDENCE_H
#include "exhibit/blobs.h"
#include "exhibit/picture.h"
#include "loop/loop.h"
#include "loop/task.h"

enum { EVIDENCE_TASK_MAX = 60, EVIDENCE_TEXT_BYTES_MAX = 1 << 20 };

enum evidence_media {
	EVIDENCE_JPEG = 1,
	EVIDENCE_PNG,
	EVIDENCE_PDF,
	EVIDENCE_TEXT,
	EVIDENCE_MEDIA_N
};
enum evidence_part { EVIDENCE_CAME = 1, EVIDENCE_KEPT, EVIDENCE_SMALL, EVIDENCE_PART_N };

struct evidence_blob {
	struct crypt_hash hash;
	int64_t bytes; /* 0: it has none such */
};
struct evidence {
	int64_t id, task, account, party;
	bool own; /* while it comes: of the party that owns the task */
	struct area_code area;
	enum evidence_media media;
	struct utc_s at;
	struct evidence_blob part[EVIDENCE_PART_N]; /* by enum evidence_part */
	int64_t width, height;                      /* of a picture; else 0 */
};

const char *evidence_media_type(enum evidence_media m); /* "image/jpeg" */
/* The proof that it is: FLOW_PHOTO or FLOW_FILE. */
uint8_t evidence_kind(enum evidence_media m);
bool evidence_is_picture(enum evidence_media m);

/* ---- in the loop ---- */
/* Which proofs these files are. Each must be of this task, brought for the party that proves. */
MUST_CHECK enum err evidence_kinds(struct tx *tx, const struct task *t, struct flow_party party,
				   const int64_t *file, size_t n, uint8_t *ret, struct fault *f);
/* They were shown with the proof that was turn `turn`. */
MUST_CHECK enum err evidence_shown(struct tx *tx, const struct task *t, uint32_t turn,
				   const int64_t *file, size_t n, struct fault *f);
/* "files": all of a task, with what they look like. */
MUST_CHECK enum err evidence_tell(struct call *c, struct tx *tx, const struct task *t,
				  struct fault *f);

/* ---- one that comes ---- */
struct evidence_coming {
	const struct evidence_store *store;
	struct evidence e;
	struct picture_print print;
	bool held[EVIDENCE_PART_N];
	bool stored; /* by evidence_put, in the run that counts */
};
/* Read, clean and store the bytes. On an error evidence_settle is owed too. */
MUST_CHECK enum err evidence_take(const struct evidence_store *s, enum evidence_media m,
				  struct str bytes, struct evidence_coming *ret, struct fault *f);
/* The row, what it looks like, its entry. The caller has filled in id, task, area, who, when. */
MUST_CHECK enum err evidence_put(struct call *c, struct tx *tx, struct evidence_coming *x,
				 struct fault *f);
void evidence_settle(struct evidence_coming *x, struct db *db, bool committed);

MUST_CHECK enum err evidence_one(struct tx *tx, struct area_code county, int64_t task, int64_t id,
				 struct evidence *ret, struct fault *f);
/* The one of this task with these bytes. ERR_ABSENT. */
MUST_CHECK enum err evidence_same(struct tx *tx, const struct evidence *e, struct evidence *ret,
				  struct fault *f);
/* One as JSON, an open map. */
MUST_CHECK enum err evidence_item(struct call *c, struct tx *tx, const struct evidence *e,
				  struct fault *f);

/* ---- all of them ---- */
/* Files that no row speaks of leave one of the store's folders; a beat does the next. */
MUST_CHECK enum err evidence_sweep(const struct evidence_store *s, struct db *db, unsigned folder,
				   uint64_t *ret, struct fault *f);
/* I9: each row's files are there and what it says, and its entry says so too. */
struct evidence_report {
	uint64_t files, wrong, orphans; /* an orphan may be an upload under way */
	int64_t first_wrong;
};
MUST_CHECK enum err evidence_fsck(struct db *db, const char *dir, const struct crypt_key *secret,
				  struct evidence_report *ret, struct fault *f);

/* For evidence.c and evidence_fsck.c: a row of of_task, one, same, all; its entry's hash; a row
 * speaks of this file (a blobs_wanted whose argument is a struct db). */
struct rows;
MUST_CHECK enum err evidence_of_row(struct rows *r, struct evidence *ret);
MUST_CHECK enum err evidence_hash(const struct evidence *e, struct crypt_hash *ret);
MUST_CHECK enum err evidence_wanted(void *db, struct str name, bool *ret, struct fault *f);
#endif
