/* shape.c - any bytes as GeoJSON: what was taken can be thinned, written, and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "grid/shape.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What is written is one feature with as many points. */
static void again(const struct shapes *s, size_t i)
{
	CLEANUP(shapes_end) struct shapes *other = NULL;
	CLEANUP(buf_release) struct buf b = { 0 };

	buf_lit(&b, "{\"type\":\"Feature\",\"geometry\":");
	must(shapes_write(s, &i, 1, &b) == OK);
	buf_char(&b, '}');
	must(shapes_new(&other) == OK);
	must(shapes_read(other, buf_view(&b), NULL) == OK);
	must(shapes_points(other, 0) == shapes_points(s, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	CLEANUP(shapes_end) struct shapes *s = NULL;
	struct fault f = { 0 };
	enum err e;

	must(shapes_new(&s) == OK);
	e = shapes_read(s, (struct str){ (const char *)p, n }, &f);
	must(e == f.code && (!e || shapes_n(s) == 0));
	for (size_t i = 0; i < shapes_n(s); i++) {
		struct shape x = shapes_at(s, i);

		must((x.unfit_zh != NULL) == (shapes_points(s, i) == 0));
		again(s, i);
		shapes_group(s, i, 1);
	}
	must(shapes_thin(s, 1, 4) == OK);
	for (size_t i = 0; i < shapes_n(s); i++) {
		must(shapes_at(s, i).unfit_zh || shapes_points(s, i) >= 3);
		again(s, i);
	}
	return 0;
}
