/*
 * picture_jpeg.c - JPEG in and out, by libjpeg-turbo.
 *
 * The library ends the process on an error and goes on after a warning; we do neither. It warns,
 * and paints grey, where a file was cut: that is a refusal here, since whoever sent half a photo
 * still has the whole one. Bytes that do not belong between segments are no harm.
 */
#include <stdio.h> /* jpeglib.h wants FILE */

#include <jpeglib.h>

#include <jerror.h>
#include <setjmp.h>
#include <string.h>

#include "exhibit/picture_make.h"

#include "base/ban.h"

enum { BLOCK_BYTES = 1 << 16, LIBRARY_BYTES_MAX = 120 << 20, EIGHTHS = 8, SEGMENT_MAX = 0xFFFF };

struct trouble {
	struct jpeg_error_mgr mgr; /* first: the library hands this pointer back */
	enum picture_why why;
	jmp_buf out;
};

static _Noreturn void give_up(j_common_ptr c)
{
	struct trouble *t = (struct trouble *)c->err;

	switch (t->mgr.msg_code) {
	case JERR_OUT_OF_MEMORY:
	case JERR_NO_BACKING_STORE: t->why = PICTURE_MEMORY_OUT; break;
	case JERR_IMAGE_TOO_BIG: t->why = PICTURE_LARGE; break;
	case JERR_BAD_PRECISION:
	case JERR_CONVERSION_NOTIMPL:
	case JERR_SOF_UNSUPPORTED: t->why = PICTURE_KIND; break;
	default: t->why = PICTURE_BROKEN;
	}
	longjmp(t->out, 1);
}

static void warned(j_common_ptr c, int level)
{
	int code = c->err->msg_code;

	if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_JFIF_MAJOR)
		give_up(c);
}

static void be_silent(j_common_ptr c)
{
	(void)c;
}

static struct jpeg_error_mgr *watch(struct trouble *t)
{
	struct jpeg_error_mgr *m = jpeg_std_error(&t->mgr);

	m->error_exit = give_up;
	m->emit_message = warned;
	m->output_message = be_silent;
	t->why = PICTURE_FINE;
	return m;
}

/* ---- in -------------------------------------------------------------------------------------- */

struct reading {
	struct jpeg_decompress_struct d;
	struct trouble trouble;
	struct pixels *to;
	uint8_t *row;
};

static int turn_of(const struct jpeg_decompress_struct *d)
{
	for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next) {
		int turn = picture_exif_turn((struct str){ (const char *)m->data, m->data_length });

		if (turn != 1)
			return turn;
	}
	return 1;
}

/* What it says of itself, before a pixel is made. */
static enum picture_why allow(struct jpeg_decompress_struct *d)
{
	uint64_t declared = (uint64_t)d->image_width * d->image_height;

	if (!declared || d->image_width > PICTURE_SIDE_MAX || d->image_height > PICTURE_SIDE_MAX ||
	    declared > PICTURE_DECLARED_MAX)
		return PICTURE_LARGE;
	if (d->jpeg_color_space == JCS_CMYK || d->jpeg_color_space == JCS_YCCK)
		return PICTURE_KIND;
	d->out_color_space = JCS_RGB;
	d->dct_method = JDCT_ISLOW;
	d->scale_denom = EIGHTHS;
	for (d->scale_num = EIGHTHS; d->scale_num; d->scale_num--) {
		jpeg_calc_output_dimensions(d);
		if ((uint64_t)d->output_width * d->output_height <= PICTURE_KEPT_MAX)
			return PICTURE_FINE;
	}
	return PICTURE_LARGE;
}

/* Where pixel x, y of what is read stands in what is kept: at + x * dx + y * dy. */
struct way {
	ptrdiff_t at, dx, dy;
};

static struct way way_of(int turn, ptrdiff_t w, ptrdiff_t h)
{
	switch (turn) { /* of the kept picture, w or, turned on its side, h pixels wide */
	case 2: return (struct way){ w - 1, -1, w };
	case 3: return (struct way){ w * h - 1, -1, -w };
	case 4: return (struct way){ (h - 1) * w, 1, -w };
	case 5: return (struct way){ 0, h, 1 };
	case 6: return (struct way){ h - 1, h, -1 };
	case 7: return (struct way){ w * h - 1, -h, -1 };
	case 8: return (struct way){ (w - 1) * h, -h, 1 };
	default: return (struct way){ 0, 1, w };
	}
}

static void place(struct pixels *to, const uint8_t *row, size_t n, struct way w, ptrdiff_t y)
{
	ptrdiff_t at = w.at + y * w.dy;

	for (size_t x = 0; x < n; x++, at += w.dx)
		memcpy(to->rgb + 3 * at, row + 3 * x, 3);
}

static enum picture_why read_rows(struct reading *r, int turn)
{
	struct jpeg_decompress_struct *d = &r->d;
	uint32_t w = d->output_width, h = d->output_height;
	struct way way = way_of(turn, (ptrdiff_t)w, (ptrdiff_t)h);
	enum picture_why why = turn >= 5 ? pixels_new(h, w, r->to) : pixels_new(w, h, r->to);

	if (why)
		return why;
	assert(d->output_components == 3);
	r->row = (*d->mem->alloc_small)((j_common_ptr)d, JPOOL_IMAGE, (size_t)w * 3);
	while (d->output_scanline < h) {
		ptrdiff_t y = (ptrdiff_t)d->output_scanline;
		JSAMPROW row = r->row;

		if (jpeg_read_scanlines(d, &row, 1) != 1)
			return PICTURE_BROKEN;
		place(r->to, r->row, w, way, y);
	}
	return PICTURE_FINE;
}

static enum picture_why read_all(struct reading *r)
{
	struct jpeg_decompress_struct *d = &r->d;
	enum picture_why why;
	int turn;

	jpeg_save_markers(d, JPEG_APP0 + 1, SEGMENT_MAX);
	if (jpeg_read_header(d, TRUE) != JPEG_HEADER_OK)
		return PICTURE_BROKEN;
	if ((why = allow(d)))
		return why;
	turn = turn_of(d);
	if (!jpeg_start_decompress(d))
		return PICTURE_BROKEN;
	if ((why = read_rows(r, turn)))
		return why;
	return jpeg_finish_decompress(d) ? PICTURE_FINE : PICTURE_BROKEN;
}

/* Apart from picture_jpeg_read, so that no variable of a frame lives over the jump. */
static enum picture_why guarded_read(struct reading *r, struct str bytes)
{
	if (setjmp(r->trouble.out))
		return r->trouble.why;
	jpeg_create_decompress(&r->d);
	r->d.mem->max_memory_to_use = LIBRARY_BYTES_MAX;
	jpeg_mem_src(&r->d, (const unsigned char *)bytes.p, bytes.n);
	return read_all(r);
}

enum picture_why picture_jpeg_read(struct str bytes, struct pixels *ret)
{
	static const char start[] = "\xFF\xD8\xFF";
	struct pixels p = { 0 };
	struct reading r = { .to = &p };
	enum picture_why why;

	if (bytes.n < sizeof start || memcmp(bytes.p, start, sizeof start - 1) != 0)
		return PICTURE_BROKEN;
	r.d.err = watch(&r.trouble);
	why = guarded_read(&r, bytes);
	jpeg_destroy_decompress(&r.d);
	if (why)
		pixels_drop(&p);
	else
		*ret = p;
	return why;
}

/* ---- out ------------------------------------------------------------------------------------- */

struct writing {
	struct jpeg_compress_struct c;
	struct trouble trouble;
	struct jpeg_destination_mgr to;
	struct buf *out;
	JOCTET block[BLOCK_BYTES];
};

static void begin_block(j_compress_ptr c)
{
	struct writing *w = (struct writing *)c;

	w->to.next_output_byte = w->block;
	w->to.free_in_buffer = sizeof w->block;
}

static boolean put_block(j_compress_ptr c)
{
	struct writing *w = (struct writing *)c;

	buf_put(w->out, w->block, sizeof w->block);
	begin_block(c);
	return TRUE;
}

static void put_last(j_compress_ptr c)
{
	struct writing *w = (struct writing *)c;

	buf_put(w->out, w->block, sizeof w->block - w->to.free_in_buffer);
}

static enum picture_why guarded_write(struct writing *w, const struct pixels *p, int quality)
{
	struct jpeg_compress_struct *c = &w->c;

	if (setjmp(w->trouble.out))
		return w->trouble.why;
	jpeg_create_compress(c);
	w->to = (struct jpeg_destination_mgr){ .init_destination = begin_block,
					       .empty_output_buffer = put_block,
					       .term_destination = put_last };
	c->dest = &w->to;
	c->image_width = p->w;
	c->image_height = p->h;
	c->input_components = 3;
	c->in_color_space = JCS_RGB;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, quality, TRUE);
	jpeg_start_compress(c, TRUE);
	while (c->next_scanline < p->h) {
		JSAMPROW row = p->rgb + 3 * (size_t)c->next_scanline * p->w;

		(void)jpeg_write_scanlines(c, &row, 1);
	}
	jpeg_finish_compress(c);
	return w->out->failed ? PICTURE_MEMORY_OUT : PICTURE_FINE;
}

enum picture_why picture_jpeg_write(const struct pixels *p, int quality, struct buf *out)
{
	struct writing w = { .out = out };
	enum picture_why why;

	w.c.err = watch(&w.trouble);
	why = guarded_write(&w, p, quality);
	jpeg_destroy_compress(&w.c);
	return why;
}
