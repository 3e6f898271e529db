/*
 * picture.c - what is left of a picture that was sent, and what no picture can do. The reader's
 * child is the program as it was built.
 *
 * Long because hostile files are made here, byte by byte, and each is used once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <jpeglib.h>

#include "base/dice.h"
#include "base/memory.h"
#include "exhibit/picture_wire.h"
#include "support/scenes.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif

#define CANARY "30.123456N 110.654321E Zhang San 13900000000"

static enum picture_why made(enum picture_media media, const struct buf *b, struct picture *ret)
{
	return picture_make(media, buf_view(b), ret);
}

static enum picture_why why_of(enum picture_media media, const void *p, size_t n)
{
	struct picture r;
	enum picture_why why = picture_make(media, (struct str){ p, n }, &r);

	picture_release(&r);
	return why;
}

static bool holds(const struct buf *b, const char *what)
{
	return memmem(b->p, b->n, what, strlen(what)) != NULL;
}

/* ---- JPEG segments made by hand ---- */

static void segment(struct buf *b, int marker, const void *p, size_t n)
{
	buf_char(b, (char)0xFF);
	buf_char(b, (char)marker);
	buf_char(b, (char)((n + 2) >> 8));
	buf_char(b, (char)((n + 2) & 255));
	buf_put(b, p, n);
}

/* TIFF, big or little: a directory with the turn, and text behind it. */
static void exif(struct buf *b, int turn, bool big)
{
	static const uint8_t be[] = { 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0,
				      3,   0,   0, 0,  1, 0, 0, 0, 0, 0, 0, 0,  0 };
	static const uint8_t le[] = { 'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 18, 1, 3,
				      0,   1,   0,  0, 0, 0, 0, 0, 0, 0, 0,  0, 0 };
	CLEANUP(buf_release) struct buf s = { 0 };
	size_t at;

	buf_put(&s, "Exif\0", 6);
	at = s.n + (big ? 19 : 18);
	buf_put(&s, big ? be : le, sizeof be);
	s.p[at] = (char)turn;
	buf_lit(&s, CANARY);
	segment(b, 0xE1, s.p, s.n);
}

static struct buf with_past(const struct buf *jpeg)
{
	static const char xmp[] = "http://ns.adobe.com/xap/1.0/\0<x>" CANARY "</x>";
	static const char icc[] = "ICC_PROFILE\0\1\1" CANARY;
	static const char iptc[] = "Photoshop 3.0\08BIM" CANARY;
	struct buf b = { 0 };

	buf_put(&b, jpeg->p, 2);
	exif(&b, 1, true);
	segment(&b, 0xE1, xmp, sizeof xmp);
	segment(&b, 0xE2, icc, sizeof icc);
	segment(&b, 0xE2, "MPF\0" CANARY, 4 + strlen(CANARY));
	segment(&b, 0xED, iptc, sizeof iptc);
	segment(&b, 0xFE, CANARY, strlen(CANARY));
	buf_put(&b, jpeg->p + 2, jpeg->n - 2);
	buf_put(&b, jpeg->p, jpeg->n); /* a second picture, and an archive, behind the end */
	buf_lit(&b, "PK\3\4" CANARY);
	return b;
}

/* Only what decoding wants, from the first byte to the last. */
static void is_bare_jpeg(const struct buf *b)
{
	const uint8_t *p = (const uint8_t *)b->p;
	size_t at = 2;

	assert_true(b->n > 4 && p[0] == 0xFF && p[1] == 0xD8);
	while (p[at + 1] != 0xDA) {
		assert_int_equal(p[at], 0xFF);
		assert_non_null(memchr("\xE0\xDB\xC0\xC4", p[at + 1], 4));
		if (p[at + 1] == 0xE0)
			assert_memory_equal(p + at + 2, "\0\x10JFIF", 6);
		at += 2 + (size_t)(p[at + 2] << 8 | p[at + 3]);
	}
	for (at += 2; !(p[at] == 0xFF && p[at + 1] == 0xD9); at++)
		assert_true(at + 2 < b->n);
	assert_int_equal(at + 2, b->n);
}

static void a_photo_keeps_its_colours_and_nothing_else(void **state)
{
	CLEANUP(pixels_drop) struct pixels p = scene(3, 400, 300), back = { 0 };
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p), b = with_past(&jpeg);
	CLEANUP(picture_release) struct picture r = { 0 };
	uint64_t off = 0;

	(void)state;
	assert_true(holds(&b, CANARY));
	assert_int_equal(made(PICTURE_JPEG, &b, &r), PICTURE_FINE);
	assert_int_equal(r.width, 400);
	assert_int_equal(r.height, 300);
	assert_false(holds(&r.kept, "13900000000"));
	assert_false(holds(&r.small, "13900000000"));
	is_bare_jpeg(&r.kept);
	is_bare_jpeg(&r.small);
	assert_int_equal(picture_jpeg_read(buf_view(&r.kept), &back), PICTURE_FINE);
	for (size_t i = 0; i < (size_t)3 * 400 * 300; i++)
		off += (uint64_t)abs(p.rgb[i] - back.rgb[i]);
	assert_true(off < (uint64_t)3 * 400 * 300 * 10);
}

/* ---- how it was held ---- */

static struct pixels quarters(void)
{
	static const uint8_t colour[4][3] = {
		{ 230, 20, 20 }, { 20, 230, 20 }, { 20, 20, 230 }, { 230, 230, 20 }
	};
	struct pixels p;

	assert_int_equal(pixels_new(96, 64, &p), PICTURE_FINE);
	for (uint32_t y = 0; y < 64; y++)
		for (uint32_t x = 0; x < 96; x++)
			memcpy(p.rgb + 3 * (y * 96 + x), colour[(y >= 32) * 2 + (x >= 48)], 3);
	return p;
}

static char quarter(const struct pixels *p, uint32_t x, uint32_t y)
{
	const uint8_t *q = p->rgb + 3 * ((size_t)y * p->w + x);

	return q[0] > 128 ? (q[1] > 128 ? 'D' : 'A') : q[1] > 128 ? 'B' : 'C';
}

static void a_photo_is_turned_upright(void **state)
{
	/* top left, top right, bottom left, bottom right: Exif 2.32, figure of 4.6.4 */
	static const char want[9][5] = { "",     "ABCD", "BADC", "DCBA", "CDAB",
					 "ACBD", "CADB", "DBCA", "BDAC" };
	CLEANUP(pixels_drop) struct pixels p = quarters();
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p);

	(void)state;
	for (int turn = 1; turn <= 8; turn++)
		for (int big = 0; big < 2; big++) {
			CLEANUP(buf_release) struct buf b = { 0 };
			CLEANUP(pixels_drop) struct pixels r = { 0 };
			char got[5] = { 0 };

			buf_put(&b, jpeg.p, 2);
			exif(&b, turn, big);
			buf_put(&b, jpeg.p + 2, jpeg.n - 2);
			assert_int_equal(picture_jpeg_read(buf_view(&b), &r), PICTURE_FINE);
			assert_int_equal(r.w, turn < 5 ? 96 : 64);
			for (uint32_t i = 0; i < 4; i++)
				got[i] = quarter(&r, r.w / 4 + i % 2 * r.w / 2,
						 r.h / 4 + i / 2 * r.h / 2);
			assert_string_equal(got, want[turn]);
		}
}

static void a_turn_that_is_no_turn_is_none(void **state)
{
	static const char *const odd[] = { "", "Exif", "Exif\0\0MM\0*",
					   "Exif\0\0MM\0*\xFF\xFF\xFF\xFF" };
	CLEANUP(buf_release) struct buf b = { 0 };
	struct dice d = { 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_int_equal(picture_exif_turn((struct str){ odd[i], i * 4 }), 1);
	exif(&b, 9, true);
	assert_int_equal(picture_exif_turn((struct str){ b.p + 4, b.n - 4 }), 1);
	buf_clear(&b);
	exif(&b, 6, true);
	assert_int_equal(picture_exif_turn((struct str){ b.p + 4, b.n - 4 }), 6);
	for (int i = 0; i < 100000; i++) { /* no byte of it can lead outside */
		char c[64];
		int turn;

		memcpy(c, b.p + 4, sizeof c);
		for (int k = 0; k < 3; k++)
			c[dice_below(&d, 40)] = (char)dice_below(&d, 256);
		turn = picture_exif_turn((struct str){ c, 1 + dice_below(&d, sizeof c) });
		assert_in_range(turn, 1, 8);
	}
}

/* ---- PNG ---- */

static void number(struct buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		buf_char(b, (char)(v >> i));
}

static void chunk(struct buf *b, const char *type, const void *p, size_t n)
{
	size_t at;

	number(b, (uint32_t)n);
	at = b->n;
	buf_lit(b, type);
	buf_put(b, p, n);
	number(b, (uint32_t)crc32(0, (const Bytef *)b->p + at, (uInt)(n + 4)));
}

static void a_screenshot_keeps_its_colours_and_nothing_else(void **state)
{
	CLEANUP(pixels_drop) struct pixels p = scene(4, 120, 90), back = { 0 };
	CLEANUP(buf_release) struct buf png = scene_png(&p), b = { 0 };
	CLEANUP(picture_release) struct picture r = { 0 };
	size_t at = 8;

	(void)state;
	buf_put(&b, png.p, 33); /* the signature and IHDR */
	chunk(&b, "tEXt", "Comment\0" CANARY, 8 + strlen(CANARY));
	chunk(&b, "iTXt", "XML:com.adobe.xmp\0\0\0\0\0" CANARY, 22 + strlen(CANARY));
	chunk(&b, "eXIf", "MM\0*" CANARY, 4 + strlen(CANARY));
	chunk(&b, "tIME", "\x07\xEA\x0B\x1A\x15\x1E\x00", 7);
	buf_put(&b, png.p + 33, png.n - 33);
	buf_lit(&b, "%PDF-1.7 " CANARY);
	assert_int_equal(made(PICTURE_PNG, &b, &r), PICTURE_FINE);
	assert_false(holds(&r.kept, "13900000000"));
	while (at < r.kept.n) {
		const uint8_t *q = (const uint8_t *)r.kept.p + at;
		uint32_t n =
			(uint32_t)q[0] << 24 | (uint32_t)q[1] << 16 | (uint32_t)q[2] << 8 | q[3];

		assert_true(memmem("IHDR sRGB gAMA IDAT IEND", 24, q + 4, 4) != NULL);
		at += n + 12;
	}
	assert_int_equal(at, r.kept.n);
	assert_int_equal(picture_png_read(buf_view(&r.kept), &back), PICTURE_FINE);
	assert_memory_equal(p.rgb, back.rgb, (size_t)3 * 120 * 90);
}

/* ---- what is not whole ---- */

static struct buf by_library(const struct pixels *p, bool progressive, J_COLOR_SPACE space)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *out = NULL;
	unsigned long n = 0;
	struct buf b = { 0 };

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &n);
	c.image_width = p->w;
	c.image_height = p->h;
	c.input_components = space == JCS_CMYK ? 4 : 3;
	c.in_color_space = space;
	jpeg_set_defaults(&c);
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	while (c.next_scanline < p->h) {
		JSAMPROW row = p->rgb + (space == JCS_CMYK ? 0 : 3 * c.next_scanline * p->w);

		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	buf_put(&b, out, n);
	free(out);
	return b;
}

static void cut_anywhere_it_is_refused(enum picture_media media, const struct buf *b)
{
	assert_int_equal(why_of(media, b->p, b->n), PICTURE_FINE);
	for (size_t n = 0; n < b->n; n++) {
		char *part = mem_take(n + 1, 1); /* so that a sanitizer sees its end */

		assert_non_null(part);
		memcpy(part, b->p, n);
		if (why_of(media, part, n) != PICTURE_BROKEN)
			fail_msg("cut at %zu of %zu it passes", n, b->n);
		mem_drop(part);
	}
}

static void a_picture_cut_anywhere_is_refused(void **state)
{
	CLEANUP(pixels_drop) struct pixels p = scene(5, 48, 40);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p), png = scene_png(&p);
	CLEANUP(buf_release) struct buf progressive = by_library(&p, true, JCS_RGB);

	(void)state;
	cut_anywhere_it_is_refused(PICTURE_JPEG, &jpeg);
	cut_anywhere_it_is_refused(PICTURE_JPEG, &progressive);
	cut_anywhere_it_is_refused(PICTURE_PNG, &png);
}

static void what_it_is_not_it_is_not_taken_for(void **state)
{
	static const char html[] = "<html><script>alert(1)</script>";
	static const char gif[] = "GIF89a\x40\0\x30\0";
	CLEANUP(pixels_drop) struct pixels p = scene(6, 64, 48);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p), png = scene_png(&p);
	CLEANUP(buf_release) struct buf cmyk = by_library(&p, false, JCS_CMYK), late = { 0 };

	(void)state;
	assert_int_equal(why_of(PICTURE_PNG, jpeg.p, jpeg.n), PICTURE_BROKEN);
	assert_int_equal(why_of(PICTURE_JPEG, png.p, png.n), PICTURE_BROKEN);
	assert_int_equal(why_of(PICTURE_JPEG, html, sizeof html), PICTURE_BROKEN);
	assert_int_equal(why_of(PICTURE_PNG, gif, sizeof gif), PICTURE_BROKEN);
	assert_int_equal(why_of(PICTURE_JPEG, cmyk.p, cmyk.n), PICTURE_KIND);
	buf_lit(&late, "#!/bin/sh\n"); /* something else in front */
	buf_put(&late, jpeg.p, jpeg.n);
	assert_int_equal(why_of(PICTURE_JPEG, late.p, late.n), PICTURE_BROKEN);
}

/* ---- what is too much ---- */

static void a_bomb_is_refused_by_what_it_says(void **state)
{
	CLEANUP(pixels_drop) struct pixels p = scene(7, 64, 48);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p), png = { 0 };
	static const uint8_t wide[] = { 0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0 };
	uint8_t *at = memmem(jpeg.p, jpeg.n, "\xFF\xC0\0\x11\x08", 5);

	(void)state;
	assert_non_null(at);
	memcpy(at + 5, "\xFF\xDC\xFF\xDC", 4); /* 65,500 x 65,500 */
	assert_int_equal(why_of(PICTURE_JPEG, jpeg.p, jpeg.n), PICTURE_LARGE);
	memcpy(at + 5, "\0\0\0\0", 4);
	assert_int_not_equal(why_of(PICTURE_JPEG, jpeg.p, jpeg.n), PICTURE_FINE);
	buf_lit(&png, "\x89PNG\r\n\x1A\n");
	chunk(&png, "IHDR", wide, sizeof wide); /* 30,000 x 30,000 */
	chunk(&png, "IDAT", "x", 1);
	chunk(&png, "IEND", "", 0);
	assert_int_equal(why_of(PICTURE_PNG, png.p, png.n), PICTURE_LARGE);
}

/* 64 MB of zeros in a text, and a picture that says more than it has. */
static void what_unpacks_to_much_is_not_unpacked(void **state)
{
	enum { ZEROS = 64 << 20 };
	CLEANUP(pixels_drop) struct pixels p = scene(8, 64, 48);
	CLEANUP(buf_release) struct buf png = scene_png(&p), text = { 0 }, b = { 0 };
	CLEANUP(picture_release) struct picture r = { 0 };
	char *zeros = mem_take(ZEROS, 1);
	uLongf n = compressBound(ZEROS);
	Bytef *small = mem_take(n, 1);
	clock_t from; /* of this process: others have their work, too */

	(void)state;
	assert_true(zeros && small && compress2(small, &n, (Bytef *)zeros, ZEROS, 1) == Z_OK);
	buf_put(&text, "Comment\0", 9);
	buf_put(&text, small, n);
	buf_put(&b, png.p, 33);
	chunk(&b, "zTXt", text.p, text.n);
	chunk(&b, "iCCP", text.p, text.n);
	buf_put(&b, png.p + 33, png.n - 33);
	from = clock();
	if (made(PICTURE_PNG, &b, &r) == PICTURE_FINE)
		assert_true(r.kept.n < 100000);
	assert_true(clock() - from < 5 * CLOCKS_PER_SEC);
	mem_drop(zeros);
	mem_drop(small);
}

static void a_large_photo_is_kept_smaller(void **state)
{
	CLEANUP(pixels_drop) struct pixels p = scene(9, 5000, 3200);
	CLEANUP(pixels_drop) struct pixels wide = { 0 };
	CLEANUP(buf_release) struct buf b = { 0 };
	CLEANUP(picture_release) struct picture r = { 0 };

	(void)state;
	/* twice as high: the library writes rows, so the second half are those of the first */
	wide = (struct pixels){ p.w, p.h, p.rgb };
	b = scene_jpeg(&wide);
	wide.rgb = NULL;
	assert_int_equal(made(PICTURE_JPEG, &b, &r), PICTURE_FINE);
	assert_int_equal(r.width, 5000); /* 16 megapixels are whole */
	{
		uint8_t *at = memmem(b.p, b.n, "\xFF\xC0\0\x11\x08", 5);

		assert_non_null(at);
		at[5] = 0x0E; /* 3,600 rows, of which 3,200 are there: cut, so it is refused */
		at[6] = 0x10;
		assert_int_equal(why_of(PICTURE_JPEG, b.p, b.n), PICTURE_BROKEN);
	}
}

/* ---- the child ---- */

static struct picture_reader *reader(const char *program)
{
	struct picture_reader *r;

	assert_int_equal(picture_reader_new(program, 2, &r), OK);
	return r;
}

static const char *outpost(void)
{
	const char *program = getenv("OUTPOST");

	assert_non_null(program);
	return program;
}

static void the_child_makes_what_we_would(void **state)
{
	CLEANUP(picture_reader_end) struct picture_reader *rd = reader(outpost());
	CLEANUP(pixels_drop) struct pixels p = scene(10, 640, 480);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p), png = scene_png(&p);
	const struct buf *in[] = { NULL, &jpeg, &png };
	struct fault f = { 0 };

	(void)state;
	for (enum picture_media m = PICTURE_JPEG; m <= PICTURE_PNG; m++) {
		CLEANUP(picture_release) struct picture here = { 0 }, there = { 0 };

		assert_int_equal(made(m, in[m], &here), PICTURE_FINE);
		if (picture_read(rd, m, buf_view(in[m]), &there, &f))
			fail_msg("%s", f.en);
		assert_int_equal(there.kept.n, here.kept.n);
		assert_memory_equal(there.kept.p, here.kept.p, here.kept.n);
		assert_memory_equal(there.small.p, here.small.p, here.small.n);
		assert_memory_equal(&there.print, &here.print, sizeof here.print);
	}
	enum err e;
	{
		struct picture none = { 0 };

		e = picture_read(rd, PICTURE_JPEG, (struct str){ jpeg.p, jpeg.n / 2 }, &none, &f);
		assert_int_equal(e, ERR_SYNTAX);
		e = picture_read(rd, PICTURE_PNG, (struct str){ "", 0 }, &none, &f);
		assert_int_equal(e, ERR_SYNTAX);
	}
}

/* As many pixels as may be, within the memory that the child may have. */
static void the_largest_pictures_fit_into_the_child(void **state)
{
	CLEANUP(picture_reader_end) struct picture_reader *rd = reader(outpost());
	CLEANUP(pixels_drop) struct pixels p = scene(11, 4600, 3450);
	CLEANUP(buf_release) struct buf baseline = scene_jpeg(&p);
	CLEANUP(buf_release) struct buf progressive = by_library(&p, true, JCS_RGB);
	const struct buf *in[] = { &baseline, &progressive };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		CLEANUP(picture_release) struct picture r = { 0 };
		struct fault f = { 0 };
		int64_t from = clock_ns(&clock_steady);

		if (picture_read(rd, PICTURE_JPEG, buf_view(in[i]), &r, &f))
			fail_msg("%s", f.en);
		printf("%.1f megapixels, %zu KB: %lld ms\n", 4600 * 3450 / 1e6, in[i]->n >> 10,
		       (long long)((clock_ns(&clock_steady) - from) / 1000000));
	}
}

static void whatever_answers_for_the_child_is_not_believed(void **state)
{
	static const char *const others[] = { "/bin/true", "/bin/cat", "/bin/false", "/bin/echo" };
	CLEANUP(pixels_drop) struct pixels p = scene(12, 64, 48);
	CLEANUP(buf_release) struct buf jpeg = scene_jpeg(&p);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CLEANUP(picture_reader_end) struct picture_reader *rd = reader(others[i]);
		CLEANUP(picture_release) struct picture r = { 0 };
		struct fault f = { 0 };
		enum err e = picture_read(rd, PICTURE_JPEG, buf_view(&jpeg), &r, &f);

		assert_true(e == ERR_SYNTAX || e == ERR_BUSY);
		assert_null(r.kept.p);
	}
	{
		CLEANUP(picture_reader_end) struct picture_reader *none = reader(NULL);
		CLEANUP(picture_reader_end) struct picture_reader *gone = reader("/nowhere/at/all");
		struct picture r;
		struct fault f = { 0 };

		assert_int_equal(picture_read(none, PICTURE_JPEG, buf_view(&jpeg), &r, &f),
				 ERR_BUSY);
		f = (struct fault){ 0 };
		assert_int_equal(picture_read(gone, PICTURE_JPEG, buf_view(&jpeg), &r, &f),
				 ERR_BUSY);
		assert_string_equal(f.en, "the reader of pictures cannot begin: try again later");
	}
}

/* ---- the cage ---- */

static void try_open(void)
{
	(void)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}
static void try_socket(void)
{
	(void)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}
static void try_fork(void)
{
	(void)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
}
static void try_exec(void)
{
	char *const none[] = { NULL };

	(void)syscall(SYS_execve, "/bin/true", none, none);
}
static void try_kill(void)
{
	(void)syscall(SYS_kill, 1, 0);
}
static void try_code(void)
{
	(void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
}
static void try_mprotect(void)
{
	(void)syscall(SYS_mprotect, 0, 4096, PROT_EXEC);
}
static void try_file_memory(void)
{
	(void)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
}
static void try_write(void)
{
	(void)syscall(SYS_write, 0, "x", 1);
}

static int in_the_cage(void (*act)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (!picture_bound())
			_exit(9);
		act();
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void take_much(void)
{
	/* More than the cage has; ours to find out, without a library's complaint. */
	void *p = mmap(NULL, (size_t)PICTURE_MEMORY + 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	_exit(p == MAP_FAILED ? 0 : 3);
}

static void spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void what_reads_pictures_can_do_nothing_else(void **state)
{
	void (*const acts[])(void) = { try_open, try_socket,   try_fork,        try_exec, try_kill,
				       try_code, try_mprotect, try_file_memory, try_write };

	(void)state;
#ifdef WATCHED
	skip(); /* the cage is open then: a sanitizer asks the kernel for things of its own */
#endif
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		int status = in_the_cage(acts[i]);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			fail_msg("act %zu: status %x", i, (unsigned)status);
	}
	assert_int_equal(in_the_cage(take_much), 0);
}

static void what_takes_too_long_is_ended(void **state)
{
	int status;

	(void)state;
	if (!getenv("OUTPOST_SWEEPS"))
		skip(); /* five seconds of a processor */
	status = in_the_cage(spin);
	assert_true(WIFSIGNALED(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_photo_keeps_its_colours_and_nothing_else),
		cmocka_unit_test(a_photo_is_turned_upright),
		cmocka_unit_test(a_turn_that_is_no_turn_is_none),
		cmocka_unit_test(a_screenshot_keeps_its_colours_and_nothing_else),
		cmocka_unit_test(a_picture_cut_anywhere_is_refused),
		cmocka_unit_test(what_it_is_not_it_is_not_taken_for),
		cmocka_unit_test(a_bomb_is_refused_by_what_it_says),
		cmocka_unit_test(what_unpacks_to_much_is_not_unpacked),
		cmocka_unit_test(a_large_photo_is_kept_smaller),
		cmocka_unit_test(the_child_makes_what_we_would),
		cmocka_unit_test(the_largest_pictures_fit_into_the_child),
		cmocka_unit_test(whatever_answers_for_the_child_is_not_believed),
		cmocka_unit_test(what_reads_pictures_can_do_nothing_else),
		cmocka_unit_test(what_takes_too_long_is_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
