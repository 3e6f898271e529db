/*
 * intake_push.c - any bytes as a batch: the first says what the feed brings, then NDJSON or CSV.
 *
 * Whatever comes, rows in = accepted + refused, and every refusal has its row and both sentences.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "intake/finding.h"
#include "intake/judge.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(judged_end) struct judged j = { 0 };
	CLEANUP(findings_end) struct findings found = { 0 };
	CLEANUP(zone_end) struct zone *zone = NULL;
	struct feed feed;
	struct crypt_key key = { { CRYPT_WORLD, 1 } };
	struct judge_ask ask = {
		.feed = &feed, .now = { 1790000000 }, .key = &key, .rows = FIELD_NONE
	};
	struct fault f = { 0 };
	size_t matching;

	if (size < 2 || zone_open("+08:00", &zone, NULL))
		return 0;
	noun_blank(&feed_noun, &feed);
	feed.record.area.v = 430000000000000;
	feed.brings = (enum feed_brings)(1 + data[0] % (FEED_BRINGS_N - 1));
	matching = data[1] < size - 2 ? data[1] : 0;
	feed.matching = (struct str){ (const char *)data + 2, matching };
	ask.zone = zone;
	ask.body = (struct str){ (const char *)data + 2 + matching, size - 2 - matching };
	if (judge_read(&ask, &j, &f))
		return 0;
	must((size_t)j.n_in == j.ok.n + j.no.n);
	for (size_t i = 0; i < j.no.n; i++)
		must(j.no.v[i].row > 0 && j.no.v[i].zh[0] && j.no.v[i].en[0]);
	must(findings_look(&j, feed.record.area, ask.now, zone, NULL, &found, &f) == OK);
	for (size_t i = 0; i < found.v.n; i++)
		must(found.v.v[i].kind[0] && found.v.v[i].zh[0] && found.v.v[i].en[0]);
	return 0;
}
