/*
 * evidence.c - files that prove tasks, over HTTP, in a whole house: brought, cleaned, shown, known
 * again, kept as they came, and never without their row or the row without them (I9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "exhibit/blobs.h"
#include "loop/evidence.h"
#include "serve/backup.h"
#include "serve/sound.h"
#include "support/scenes.h"
#include "support/ward.h"

#define CANARY "GPS 30.123456N Zhang San"
#define NEEDS_PHOTO ",\"needs\":[\"photo\"]"

/* ---- helpers ---- */

static const char *target(int64_t task, const char *rest)
{
	static char text[4][160];
	static unsigned turn;
	char *ret = text[turn++ % 4];

	(void)snprintf(ret, sizeof text[0], "/api/v1/tasks/%lld%s", (long long)task, rest);
	return ret;
}

static int64_t bring(struct ward *w, enum ward_who who, int64_t task, const char *type,
		     struct str body)
{
	CLEANUP(answer_end) struct answer a = { 0 };
	int status = ward_file(w, who, task, type, body, &a);

	if (status != 201 && status != 200)
		fail_msg("%d %.*s", status, (int)a.body.n, a.body.p);
	return strtoll(ward_text(&a, "id"), NULL, 10);
}

static int refusal(struct ward *w, enum ward_who who, int64_t task, const char *type,
		   struct str body)
{
	CLEANUP(answer_end) struct answer a = { 0 };

	return ward_file(w, who, task, type, body, &a);
}

/* A photo as a telephone makes it: with where it was taken. */
static struct buf photo(uint64_t seed)
{
	CLEANUP(pixels_drop) struct pixels p = scene(seed, 320, 240);
	CLEANUP(buf_release) struct buf plain = scene_jpeg(&p);
	struct buf b = { 0 };

	buf_put(&b, plain.p, 2);
	buf_put(&b,
		"\xFF\xE1\0\x26"
		"Exif\0\0",
		10);
	buf_put(&b, CANARY "........................", 30);
	buf_put(&b, plain.p + 2, plain.n - 2);
	return b;
}

static struct buf photo_cropped(uint64_t seed)
{
	CLEANUP(pixels_drop) struct pixels p = scene(seed, 320, 240);
	CLEANUP(pixels_drop) struct pixels cut = scene_cropped(&p, 0.05, seed);

	return scene_jpeg(&cut);
}

static bool holds(struct str s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static bool says(const struct answer *a, const char *what)
{
	return holds(buf_view(&a->body), what);
}

static struct sound_report look(struct ward *w)
{
	struct database *d = w->d;
	struct sound_report r;

	MUST(sound_look(w->h, &(struct sound_ask){ .whole = true }, &r, &d->fault));
	assert_int_equal(r.ledger.verdict, VERIFY_WHOLE);
	return r;
}

static void is_sound(struct ward *w, uint64_t files)
{
	struct sound_report r = look(w);

	assert_int_equal(r.evidence.files, files);
	assert_int_equal(r.evidence.wrong, 0);
	assert_int_equal(r.evidence.orphans, 0);
}

static uint64_t sweep(struct ward *w)
{
	struct fault f = { 0 };
	uint64_t all = 0, n;

	for (unsigned i = 0; i < BLOB_FOLDERS; i++) {
		if (evidence_sweep(&w->s->evidence, w->h->db, i, &n, &f))
			fail_msg("%s", f.en);
		all += n;
	}
	return all;
}

/* ---- the way of a photo ---- */

static void a_photo_proves_a_task_and_tells_nothing_else(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(1);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO), file;
	char more[80], rest[80];

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"text\":\"已整改\""), 422);
	assert_int_equal(ward_file(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg), &a), 201);
	assert_string_equal(ward_text(&a, "kind"), "photo");
	assert_string_equal(ward_text(&a, "width"), "320");
	assert_true(says(&a, "\"alike\":[]"));
	assert_true(says(&a, "\"receipt\":"));
	file = strtoll(ward_text(&a, "id"), NULL, 10);
	(void)snprintf(more, sizeof more, ",\"files\":[\"%lld\"]", (long long)file);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", more), 200);

	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", target(id, ""), NULL, &a), 200);
	assert_true(says(&a, "\"files\":[{"));
	assert_true(says(&a, "\"turns\":[3]"));
	(void)snprintf(rest, sizeof rest, "/files/%lld", (long long)file);
	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", target(id, rest), NULL, &a), 200);
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("image/jpeg")));
	assert_true(str_eq(answer_header(&a, "X-Content-Type-Options"), STR("nosniff")));
	assert_true(str_eq(answer_header(&a, "Cache-Control"), STR("no-store")));
	assert_true(holds(answer_header(&a, "Content-Security-Policy"), "default-src 'none'"));
	assert_true(says(&a, "JFIF"));
	assert_false(says(&a, "Zhang San"));
	assert_false(says(&a, "Exif"));
	(void)snprintf(rest, sizeof rest, "/files/%lld/thumb", (long long)file);
	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", target(id, rest), NULL, &a), 200);
	assert_true(says(&a, "JFIF"));

	assert_int_equal(ward_do(&w, WARD_CLERK, id, "close", ""), 200);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg)), 409);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM evidence"), 1);
	is_sound(&w, 1);
}

static void papers_and_texts_are_downloads(void **state)
{
	WARD(w);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", ",\"needs\":[\"file\"]"), pdf, text;
	char rest[80];

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	pdf = bring(&w, WARD_WORKER, id, "application/pdf",
		    STR("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"));
	text = bring(&w, WARD_WORKER, id, "text/plain; charset=utf-8", STR("检查记录：无隐患"));
	(void)snprintf(rest, sizeof rest, "/files/%lld", (long long)pdf);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", target(id, rest), NULL, &a), 200);
	assert_true(holds(answer_header(&a, "Content-Disposition"), "attachment"));
	assert_true(str_eq(answer_header(&a, "Content-Type"), STR("application/pdf")));
	(void)snprintf(rest, sizeof rest, "/files/%lld", (long long)text);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", target(id, rest), NULL, &a), 200);
	assert_true(holds(answer_header(&a, "Content-Disposition"), "attachment"));
	assert_true(says(&a, "无隐患"));
	(void)snprintf(rest, sizeof rest, "/files/%lld/thumb", (long long)text);
	assert_int_equal(ward_ask(&w, WARD_WORKER, "GET", target(id, rest), NULL, &a), 404);
	is_sound(&w, 2);
}

static void the_same_bytes_are_one_file(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(2);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO), first;
	int64_t other = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);

	first = bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	assert_int_equal(ward_file(&w, WARD_WORKER2, id, "image/jpeg", buf_view(&jpeg), &a), 200);
	assert_int_equal(strtoll(ward_text(&a, "id"), NULL, 10), first);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM evidence"), 1);
	assert_int_not_equal(bring(&w, WARD_WORKER, other, "image/jpeg", buf_view(&jpeg)), first);
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM evidence"), 2);
	assert_int_equal(ward_scalar(&w, "SELECT count(DISTINCT name) FROM evidence_blob"), 3);
	is_sound(&w, 2);
}

static void a_photo_that_was_shown_before_is_told_to_who_checks(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(3), cropped = photo_cropped(3), new = photo(4);
	CLEANUP(answer_end) struct answer a = { 0 };
	int64_t one = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t two = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO), first;
	char want[80];

	first = bring(&w, WARD_WORKER, one, "image/jpeg", buf_view(&jpeg));
	assert_int_equal(ward_file(&w, WARD_WORKER, two, "image/jpeg", buf_view(&cropped), &a),
			 201);
	(void)snprintf(want, sizeof want, "\"alike\":[{\"task\":\"%lld\",\"file\":\"%lld\"",
		       (long long)one, (long long)first);
	assert_true(says(&a, want));
	(void)bring(&w, WARD_WORKER, two, "image/jpeg", buf_view(&new));
	assert_int_equal(ward_ask(&w, WARD_CLERK, "GET", target(two, ""), NULL, &a), 200);
	assert_true(says(&a, want));
	assert_true(says(&a, "\"alike\":[]")); /* the new one */
	/* of one's own task nothing is said */
	assert_int_equal(ward_file(&w, WARD_WORKER, one, "image/jpeg", buf_view(&cropped), &a),
			 201);
	assert_false(
		says(&a, (snprintf(want, sizeof want, "\"task\":\"%lld\"", (long long)one), want)));
	is_sound(&w, 4);
}

/* ---- what is refused ---- */

static void a_proof_holds_files_of_its_own_task_and_party(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(5);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t other = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t foreign = bring(&w, WARD_WORKER, other, "image/jpeg", buf_view(&jpeg));
	int64_t above = bring(&w, WARD_LEAD, id, "image/jpeg", buf_view(&jpeg)), paper;
	char more[80];

	assert_int_equal(ward_do(&w, WARD_WORKER, id, "accept", ""), 200);
	(void)snprintf(more, sizeof more, ",\"files\":[\"%lld\"]", (long long)foreign);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", more), 422);
	(void)snprintf(more, sizeof more, ",\"files\":[\"%lld\"]", (long long)above);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", more), 422);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", ",\"files\":[\"12345\"]"), 422);
	paper = bring(&w, WARD_WORKER, id, "text/plain", STR("没有照片"));
	(void)snprintf(more, sizeof more, ",\"files\":[\"%lld\"]", (long long)paper);
	assert_int_equal(ward_do(&w, WARD_WORKER, id, "prove", more), 422); /* no photo */
	assert_int_equal(ward_scalar(&w, "SELECT count(*) FROM evidence_proof"), 0);
	assert_string_equal(ward_state(&w, id), "accepted");
	is_sound(&w, 3);
}

static void what_is_not_what_it_says_leaves_nothing(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(6);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	const struct str whole = buf_view(&jpeg), half = { jpeg.p, jpeg.n / 2 };

	assert_int_equal(refusal(&w, WARD_WORKER, id, "image/jpeg", half), 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "image/png", whole), 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "application/pdf", whole), 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "text/plain", whole), 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "text/plain", STR("a\0b")), 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "application/pdf", STR("%PDF-1.4 cut off")),
			 400);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "text/html", STR("<script>")), 415);
	assert_int_equal(refusal(&w, WARD_WORKER, id, "image/svg+xml", STR("<svg/>")), 415);
	assert_int_equal(refusal(&w, WARD_WORKER, id, NULL, whole), 415);
	is_sound(&w, 0);
}

static void who_may_not_see_a_task_brings_and_sees_nothing(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(7);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t other = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t file = bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	char rest[80];

	assert_int_equal(refusal(&w, WARD_AWAY, id, "image/jpeg", buf_view(&jpeg)), 404);
	assert_int_equal(refusal(&w, WARD_NOBODYS, id, "image/jpeg", buf_view(&jpeg)), 409);
	(void)snprintf(rest, sizeof rest, "/files/%lld", (long long)file);
	assert_int_equal(ward_status(&w, WARD_AWAY, "GET", target(id, rest), NULL), 404);
	/* nor by another task that they may see */
	assert_int_equal(ward_status(&w, WARD_WORKER, "GET", target(other, rest), NULL), 404);
	assert_int_equal(ward_status(&w, WARD_WORKER, "GET", target(id, rest), NULL), 200);
	assert_true(ward_scalar(&w, "SELECT count(*) FROM ledger_entry") > 0);
	assert_true(desk_entries(&w.k, "430802", "read") > 0);
	is_sound(&w, 1);
}

static void a_task_has_so_many_files_and_no_more(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char text[32];

	for (int i = 0; i < EVIDENCE_TASK_MAX; i++) {
		int n = snprintf(text, sizeof text, "record %d", i);

		(void)bring(&w, WARD_WORKER, id, "text/plain", (struct str){ text, (size_t)n });
	}
	/* refused in the transaction: its file was there by then, and is gone again */
	assert_int_equal(refusal(&w, WARD_WORKER, id, "text/plain", STR("one more")), 422);
	is_sound(&w, EVIDENCE_TASK_MAX);
}

static void others_leave_the_owner_room_for_a_proof_and_a_text_says_something(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	char text[32];

	assert_int_equal(refusal(&w, WARD_WORKER, id, "text/plain", STR(" \n\u200b")), 400);
	for (int i = 0; i < EVIDENCE_TASK_MAX / 2; i++) {
		int n = snprintf(text, sizeof text, "beside %d", i);

		(void)bring(&w, WARD_CLERK, id, "text/plain", (struct str){ text, (size_t)n });
	}
	assert_int_equal(refusal(&w, WARD_CLERK, id, "text/plain", STR("one more")), 422);
	(void)bring(&w, WARD_WORKER, id, "text/plain", STR("the proof"));
	is_sound(&w, EVIDENCE_TASK_MAX / 2 + 1);
}

/* ---- as it came ---- */

static void the_original_is_opened_for_a_reason_by_who_oversees(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(8);
	CLEANUP(answer_end) struct answer a = { 0 };
	struct visitor overseer;
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	int64_t file = bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	static const char reason[] = "{\"reason\":\"核实拍摄地点与时间\"}";
	char rest[80];

	(void)snprintf(rest, sizeof rest, "/files/%lld/original", (long long)file);
	(void)desk_account_in(&w.k, "overseer", role_bit(ROLE_OVERSEER), "4308", "4308");
	desk_sign_in(&w.k, "overseer", &overseer);
	assert_int_equal(ward_status(&w, WARD_WORKER, "POST", target(id, rest), reason), 403);
	assert_int_equal(ward_status(&w, WARD_LEAD, "POST", target(id, rest), reason), 403);
	desk_ask(&w.k, &overseer, "POST", target(id, rest), NULL, "{\"reason\":\"看\"}", &a);
	assert_int_equal(a.status, 422);
	desk_ask(&w.k, &overseer, "POST", target(id, rest), NULL, reason, &a);
	assert_int_equal(a.status, 200);
	assert_true(str_eq(buf_view(&a.body), buf_view(&jpeg)));
	assert_int_equal(desk_entries(&w.k, "430802", "open-original"), 1);
}

/* ---- I9, and what breaks it ---- */

struct finding {
	struct ward *w;
	int part, at;
	char path[PATH_MAX];
};

static enum err take_nth(const char *file, struct str name, void *arg, struct fault *f)
{
	struct finding *x = arg;

	(void)name;
	(void)f;
	if (x->at++ == x->part)
		(void)snprintf(x->path, sizeof x->path, "%s/exhibits/%s", x->w->dir, file);
	return OK;
}

/* The nth file of the store. */
static void path_of_blob(struct ward *w, int nth, char ret[PATH_MAX])
{
	struct finding x = { .w = w, .part = nth };
	char dir[64];

	(void)snprintf(dir, sizeof dir, "%s/exhibits", w->dir);
	assert_int_equal(blobs_each(dir, take_nth, &x, NULL), OK);
	assert_true(x.path[0]);
	memcpy(ret, x.path, sizeof x.path);
}

static void is_wrong(struct ward *w, const char *why)
{
	struct sound_report r = look(w);

	if (r.evidence.wrong != 1)
		fail_msg("%s is not noticed", why);
}

static void put_file(const char *path, const void *p, size_t n)
{
	CLEANUP(file_end) struct file *fl = NULL;

	assert_int_equal(file_open(path, FILE_REPLACE, &fl, NULL), OK);
	assert_int_equal(file_write(fl, p, n, NULL), OK);
	assert_int_equal(file_close(&fl, NULL), OK);
}

static void whatever_breaks_evidence_is_told_by_fsck(void **state)
{
	static const char *const breaks[][2] = {
		{ "UPDATE evidence SET came_bytes = came_bytes + 1",
		  "UPDATE evidence SET came_bytes = came_bytes - 1" },
		{ "UPDATE evidence SET party = party + 1",
		  "UPDATE evidence SET party = party - 1" },
		{ "UPDATE evidence SET at = at - 60", "UPDATE evidence SET at = at + 60" },
		{ "UPDATE evidence SET task = task + 1", "UPDATE evidence SET task = task - 1" },
		{ "UPDATE evidence SET media = 'text/plain'",
		  "UPDATE evidence SET media = 'image/jpeg'" },
		{ "UPDATE evidence_blob SET part = part + 10 WHERE part = 3",
		  "UPDATE evidence_blob SET part = part - 10 WHERE part > 10" },
		{ "UPDATE evidence SET kept = came, came = kept",
		  "UPDATE evidence SET kept = came, came = kept" },
	};
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(9);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);

	(void)bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	is_sound(&w, 1);
	for (size_t i = 0; i < ARRAY_LEN(breaks); i++) {
		ward_run(&w, breaks[i][0]);
		is_wrong(&w, breaks[i][0]);
		ward_run(&w, breaks[i][1]);
		is_sound(&w, 1);
	}
	for (int nth = 0; nth < 3; nth++) { /* as it came, as it is kept, and small */
		CLEANUP(file_unmap) struct file_map m = { 0 };
		CLEANUP(buf_release) struct buf bad = { 0 };
		char path[PATH_MAX];

		path_of_blob(&w, nth, path);
		assert_int_equal(file_map_read(path, &m, NULL), OK);
		buf_put(&bad, m.p, m.n);
		bad.p[m.n / 2] = (char)(bad.p[m.n / 2] ^ 1);
		put_file(path, bad.p, bad.n);
		is_wrong(&w, "a bit that was turned");
		assert_int_equal(file_unlink(path, NULL), OK);
		is_wrong(&w, "a file that is gone");
		put_file(path, m.p, m.n);
		is_sound(&w, 1);
	}
}

/* A process that died between its files and its row. */
static void a_file_without_a_row_is_seen_and_swept(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(10);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	struct crypt_hash hash;
	char dir[64];

	(void)bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	(void)snprintf(dir, sizeof dir, "%s/exhibits", w.dir);
	{
		CLEANUP(blobs_close) struct blobs *b = NULL;
		const struct blobs_options o = { .dir = dir,
						 .secret = &w.h->secret,
						 .chance = &crypt_random_system };

		MUST(blobs_open(&o, &b, &d->fault));
		MUST(blobs_put(b, STR("of somebody who died"), &hash, &d->fault));
		blobs_release(b, &hash);
	}
	assert_int_equal(look(&w).evidence.orphans, 1);
	assert_int_equal(look(&w).evidence.wrong, 0);
	assert_int_equal(sweep(&w), 1);
	is_sound(&w, 1);
}

/* The beat takes a folder a minute: after all of them an orphan is gone by itself. */
static void the_house_sweeps_by_itself(void **state)
{
	WARD(w);
	struct crypt_hash hash;
	char dir[64];

	(void)snprintf(dir, sizeof dir, "%s/exhibits", w.dir);
	{
		CLEANUP(blobs_close) struct blobs *b = NULL;
		const struct blobs_options o = { .dir = dir,
						 .secret = &w.h->secret,
						 .chance = &crypt_random_system };

		MUST(blobs_open(&o, &b, &d->fault));
		MUST(blobs_put(b, STR("an orphan"), &hash, &d->fault));
		blobs_release(b, &hash);
	}
	for (unsigned i = 0; i <= BLOB_FOLDERS; i++)
		ward_pass(&w, 60);
	is_sound(&w, 0);
}

/* A disk that fails at any operation: the answer is no, and nothing is left behind. */
static void a_disk_that_fails_is_a_refusal_without_a_trace(void **state)
{
	WARD(w);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", "");
	int status = 0, tries = 0;

	(void)bring(&w, WARD_WORKER, id, "text/plain", STR("the folder is there"));
	for (uint64_t k = 1; status != 201; k++, tries++) {
		char text[32];
		int n = snprintf(text, sizeof text, "record %d", tries);

		file_fail_at(k, false);
		status =
			refusal(&w, WARD_WORKER, id, "text/plain", (struct str){ text, (size_t)n });
		file_fail_at(0, false);
		assert_true(status == 201 || status >= 500);
		(void)sweep(
			&w); /* renamed and not synced: an orphan, if what drops it failed too */
		is_sound(&w, status == 201 ? 2 : 1);
		assert_true(k < 100);
	}
	assert_true(tries > 4);
}

/* ---- with the house ---- */

static void a_backup_carries_the_files(void **state)
{
	WARD(w);
	CLEANUP(buf_release) struct buf jpeg = photo(11);
	int64_t id = ward_raise(&w, WARD_LEAD, "430802001001", NEEDS_PHOTO);
	char keys[64], restored[64], dir[96], file[64];
	struct heads_known known;
	struct evidence_report r;

	if (!w.d->sqlite)
		skip(); /* PostgreSQL has its own means */
	(void)bring(&w, WARD_WORKER, id, "image/jpeg", buf_view(&jpeg));
	(void)snprintf(file, sizeof file, "%s.backup", w.dir);
	(void)snprintf(keys, sizeof keys, "%s/keys", w.dir);
	(void)snprintf(restored, sizeof restored, "%s.back", w.dir);
	MUST(backup_make(w.h, file, ward_now(), &d->fault));
	MUST(backup_restore(&(struct backup_ask){ .path = file, .dir = restored, .keys = keys },
			    ward_now(), &known, &d->fault));
	{
		CLEANUP(house_end) struct house *h = NULL;

		MUST(house_open(restored, &h, &d->fault));
		MUST(house_database(h, false, ward_now(), &d->fault));
		(void)snprintf(dir, sizeof dir, "%s/exhibits", restored);
		MUST(evidence_fsck(h->db, dir, &h->secret, &r, &d->fault));
	}
	assert_int_equal(r.files, 1);
	assert_int_equal(r.wrong, 0);
	assert_int_equal(r.orphans, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(a_photo_proves_a_task_and_tells_nothing_else),
		ON_BOTH(papers_and_texts_are_downloads),
		ON_BOTH(the_same_bytes_are_one_file),
		ON_BOTH(a_photo_that_was_shown_before_is_told_to_who_checks),
		ON_BOTH(a_proof_holds_files_of_its_own_task_and_party),
		ON_BOTH(what_is_not_what_it_says_leaves_nothing),
		ON_BOTH(who_may_not_see_a_task_brings_and_sees_nothing),
		ON_BOTH(a_task_has_so_many_files_and_no_more),
		ON_BOTH(others_leave_the_owner_room_for_a_proof_and_a_text_says_something),
		ON_BOTH(the_original_is_opened_for_a_reason_by_who_oversees),
		ON_BOTH(whatever_breaks_evidence_is_told_by_fsck),
		ON_BOTH(a_file_without_a_row_is_seen_and_swept),
		ON_SQLITE(the_house_sweeps_by_itself),
		ON_BOTH(a_disk_that_fails_is_a_refusal_without_a_trace),
		ON_BOTH(a_backup_carries_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
