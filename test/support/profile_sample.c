/* profile_sample.c - see profile_sample.h. */
#include "support/profile_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ban.h"

const char profile_sample[] =
	"{\n"
	"\"id\": \"sample\", \"version\": 3,\n"
	"\"label\": { \"zh\": \"样例\", \"en\": \"Sample\" },\n"
	"\"note\": { \"zh\": \"说明\", \"en\": \"Note\" },\n"
	"\"sources\": [\"a book\", \"a paper\"],\n"
	"\"valid_from\": \"2020-05-08\", \"valid_to\": \"2022-06-27\",\n"
	"\"anchors\": [{ \"at\": \"onset\", \"pre_days\": 2, \"post_days\": 13 },\n"
	"             { \"at\": \"positive\", \"pre_days\": 1, \"post_days\": 10 }],\n"
	"\"until_isolation\": true,\n"
	"\"lag_min\": 120, \"min_overlap_min\": 15, \"cumulative_hours\": 24,\n"
	"\"incubation\": { \"min_days\": 1, \"max_days\": 14, \"mean_days\": 5.8 },\n"
	"\"serial_interval\": { \"mean_days\": 5.2, \"sd_days\": 1.5 },\n"
	"\"tests_from\": \"isolation\",\n"
	"\"follow_up\": {\n"
	"  \"close\": { \"phases\": [\n"
	"    { \"where\": \"central\", \"days\": 14, \"test_days\": [1, 4, 7, 14] },\n"
	"    { \"where\": \"home\", \"days\": 7, \"test_days\": [2, 7] }],\n"
	"    \"note\": { \"zh\": \"两份\", \"en\": \"two\" } },\n"
	"  \"secondary\": { \"phases\": [{ \"where\": \"watch\", \"days\": 6 }] } },\n"
	"\"kinds\": { \"plane\": [\"flight\", \"飞机\"], \"cell\": [\"网格\"] },\n"
	"\"roles\": { \"crew\": [\"driver\", \"乘务员\"] },\n"
	"\"rules\": [\n"
	"  { \"id\": \"companion\", \"kinds\": [\"cell\"], \"class\": \"companion\",\n"
	"    \"min_overlap_min\": 10, \"stay\": { \"hours\": 30, \"within_days\": 14 },\n"
	"    \"tag\": \"L\" },\n"
	"  { \"id\": \"plane-crew\", \"kinds\": [\"plane\"], \"roles\": [\"crew\"],\n"
	"    \"class\": \"close\" },\n"
	"  { \"id\": \"plane-rows\", \"kinds\": [\"plane\"], \"class\": \"close\",\n"
	"    \"seat\": { \"unit\": 1, \"within\": 3, \"if_unknown\": true } },\n"
	"  { \"id\": \"plane-rest\", \"kinds\": [\"plane\"], \"class\": \"general\" },\n"
	"  { \"id\": \"quick\", \"kinds\": [\"lift\"], \"class\": \"close\",\n"
	"    \"min_overlap_min\": 0 },\n"
	"  { \"id\": \"same-place\", \"kinds\": [\"*\"], \"except\": [\"cell\"],\n"
	"    \"class\": \"close\" }],\n"
	"\"tag\": \"S\",\n"
	"\"tags\": { \"anchors[1]\": \"K\", \"incubation.mean_days\": \"L\" }\n"
	"}\n";

#define BARE \
	"\"label\": { \"zh\": \"甲\", \"en\": \"A\" }, \"sources\": [\"x\"]," \
	"\"anchors\": [{ \"at\": \"onset\", \"pre_days\": 2, \"post_days\": null }]," \
	"\"until_isolation\": true, \"lag_min\": 0, \"min_overlap_min\": 0, \"tag\": \"L\"," \
	"\"rules\": \"all\""

const char profile_sample_list[] =
	"{ \"note\": \"three of them\",\n"
	"\"kinds\": { \"home\": [\"家\"] }, \"roles\": { \"crew\": [\"司机\"] },\n"
	"\"rule_lists\": { \"all\": [\n"
	"  { \"id\": \"crew\", \"kinds\": [\"*\"], \"roles\": [\"crew\"], \"class\": \"close\" },\n"
	"  { \"id\": \"home\", \"kinds\": [\"home\"], \"class\": \"close\" }] },\n"
	"\"profiles\": [\n"
	"{ \"id\": \"a\", \"version\": 1, \"valid_from\": null, \"valid_to\": \"2021-12-31\", " BARE
	"},\n"
	"{ \"id\": \"a\", \"version\": 2, \"valid_from\": \"2022-01-01\", \"valid_to\": null, " BARE
	"},\n"
	"{ \"id\": \"b\", \"version\": 1, \"valid_from\": null, \"valid_to\": null, " BARE "}\n"
	"] }\n";

enum { BUDGET_BYTES = 8 << 20 };

struct loaded load_text(struct str text)
{
	struct loaded l = { 0 };

	l.e = arena_new(BUDGET_BYTES, &l.a);
	if (!l.e)
		l.e = profile_load_bytes(text, l.a, &l.set, &l.faults, &l.fault);
	return l;
}

struct loaded load_spoilt(const char *text, const char *from, const char *to)
{
	CLEANUP(buf_release) struct buf b = { 0 };
	const char *at = strstr(text, from);

	if (!at || strstr(at + 1, from)) {
		(void)fprintf(stderr, "\"%s\" must stand in the sample exactly once\n", from);
		abort();
	}
	buf_put(&b, text, (size_t)(at - text));
	buf_lit(&b, to);
	buf_lit(&b, at + strlen(from));
	assert(!b.failed);
	return load_text(buf_view(&b));
}

void loaded_end(struct loaded *l)
{
	arena_end(&l->a);
}
