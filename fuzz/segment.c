/*
 * segment.c - a sealed day whose bytes are anybody's: opened, checked, asked, merged.
 *
 * With an odd first byte the rest is taken for a file as it is, and mostly fails at the first
 * checksum. With an even one the rest is a list of edits to a good segment, whose checksums are
 * then made right again: so the decoders themselves meet every lie that a page can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/when.h"
#include "engine/trace/segment.h"
#include "engine/trace/store.h"
#include "engine/trace/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { VISITS = 400, PEOPLE = 60, PLACES = 6, DAY = 18800 };

static void must(bool good)
{
	if (!good)
		abort();
}

static enum err keep_image(struct trace_image image, void *arg, struct fault *f)
{
	struct trace_image *kept = arg;

	(void)f;
	mem_drop(kept->bytes);
	*kept = image;
	return OK;
}

/* One day of a small town: a crowded place of many blocks, seats, somebody still there. */
static void good_image(const struct zone *z, struct trace_image *ret)
{
	struct trace_builder_options o = { .zone = z, .budget_bytes = SIZE_MAX };
	int64_t start = zone_day_start(z, DAY).v;
	struct trace_builder *b;

	must(trace_builder_new(&o, &b, NULL) == OK);
	for (uint32_t i = 0; i < VISITS; i++) {
		uint32_t place = i % 3 ? 0 : 1 + i % (PLACES - 1);
		int64_t from = start + i * 7919 % 86400 / 60 * 60;
		struct visit v = { { i % PEOPLE },
				   { place },
				   { from },
				   { i % 97 ? from + 60 * (1 + i * 31 % 2000) : TRACE_STILL },
				   place == 2 ? i % 5 : 0 };
		must(trace_builder_add(b, &v, 1, NULL) == OK);
	}
	must(trace_builder_finish(b, keep_image, ret, NULL) == OK);
	trace_builder_free(b);
}

/* Make table and head fit the bytes again, as far as the head still says where they are. */
static void mend_checksums(uint8_t *p, size_t n)
{
	size_t page = (size_t)1 << SEGMENT_PAGE_SHIFT;
	struct segment_head h;

	memcpy(&h, p, sizeof h);
	if (h.n_pages > n / page + 1 || h.pages_at != sizeof h + h.n_pages * 8 || h.pages_at > n)
		return;
	for (uint64_t i = 0; i < h.n_pages && h.pages_at + i * page < n; i++) {
		size_t at = h.pages_at + i * page;
		uint64_t sum = digest_of(p + at, min_size(page, n - at));
		memcpy(p + sizeof h + i * sizeof sum, &sum, sizeof sum);
	}
	h.digest = 0;
	h.digest = digest_seeded(p + sizeof h, h.pages_at - sizeof h, digest_of(&h, sizeof h));
	memcpy(p, &h, sizeof h);
}

static void edit(uint8_t *p, size_t n, const uint8_t *data, size_t n_data)
{
	for (; n_data >= 4; data += 4, n_data -= 4) {
		size_t at = (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
		p[at % n] ^= data[3];
	}
	mend_checksums(p, n);
}

static void ask(struct trace_set *s)
{
	const struct trace_view *v = trace_set_view(s);
	struct trace_answer answer;
	struct trace_rules rules;
	struct arena *a;

	must(arena_new((size_t)64 << 20, &a) == OK);
	trace_rules_window(0, 0, &rules);
	for (uint32_t person = 0; person < 3; person++) {
		struct trace_ask question = { .rules = &rules, .proof = person % 2 };
		struct warrant w = { .purpose = TRACE_CONTACT_TRACING,
				     .index = { person * 7 },
				     .from = { 0 },
				     .to = { TRACE_STILL },
				     .generations = 1 + person / 2,
				     .limit = 1000 };
		struct trace_busy busy;
		arena_clear(a);
		ignore(trace_contacts(v, &question, &w, 1, a, &answer, NULL));
		ignore(trace_place_busy(v, (struct place_id){ person }, &busy, NULL));
	}
	arena_free(a);
	trace_view_release(v);
}

static void open_and_ask(const struct zone *z, uint8_t *bytes, size_t n)
{
	struct trace_segment *seg;
	struct trace_set *s;

	if (trace_segment_adopt(bytes, n, &seg, NULL))
		return;
	ignore(trace_segment_check(seg, NULL));
	/* Numbers far above the town's would only make large tables. */
	if (segment_n_ids(seg, SEGMENT_PLACES) > 1 << 16 ||
	    segment_n_ids(seg, SEGMENT_PERSONS) > 1 << 16) {
		trace_segment_release(seg);
		return;
	}
	must(trace_set_new(z, &s) == OK);
	if (!trace_set_add_segment(s, seg, NULL)) {
		ask(s);
		ignore(trace_set_merge_day(s, DAY, NULL));
	}
	trace_set_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct trace_image good; /* made once; the same for every input */
	static struct zone *z;
	uint8_t *bytes;

	if (!z) {
		must(zone_open("+08:00", &z, NULL) == OK);
		good_image(z, &good);
	}
	if (!n)
		return 0;
	bool raw = data[0] % 2;
	size_t size = raw ? n - 1 : good.n;
	must((bytes = mem_take(size + 1, 1)) != NULL);
	memcpy(bytes, raw ? data + 1 : good.bytes, size);
	if (!raw)
		edit(bytes, size, data + 1, n - 1);
	open_and_ask(z, bytes, size);
	return 0;
}
