/*
 * campaign.h - one action over everything of a kind: everyone who must be tested is tested, found
 * once is fixed everywhere.
 *
 * A campaign is a scope (what a list of some noun shows, the areas themselves, or a file) x an
 * action x a deadline x the proof that is asked for. When it starts, each thing in scope becomes a
 * task of who answers for its place; from then on coverage and gap list of any area are a question
 * of one index. Where the scope has changed since, the difference is shown first, then applied.
 *
 * Life:     draft -> running -> closed. What it is about does not change once it runs; its query
 *           may (and is applied by campaign_rescope), its end may, with a reason.
 * Shapes:   a task a thing; starting writes them all in one transaction, under one entry a county.
 * Errors:   ERR_CONFLICT things lie where nobody answers, how many and where; nothing is scope at
 *           all. ERR_RANGE of the field that is wrong.
 * Source:   docs/adr/0026-campaign.md
 */
#ifndef LOOP_CAMPAIGN_H
#define LOOP_CAMPAIGN_H
#include "engine/flow/flow.h"
#include "grid/duty.h"
#include "record/record.h"

enum campaign_state { CAMPAIGN_NONE, CAMPAIGN_DRAFT, CAMPAIGN_RUNNING, CAMPAIGN_CLOSED };
enum campaign_repeat { CAMPAIGN_ONCE, CAMPAIGN_WEEKLY, CAMPAIGN_MONTHLY };

struct campaign {
	struct record record;
	struct str name;
	enum duty_sector sector;
	struct str scope; /* a noun's path, "organisations"; or "areas" */
	struct str query; /* as behind the question mark of its list; "level=village"; "file" */
	struct str title, detail;
	struct str rule;  /* id of a clock, data/clocks.json */
	struct str needs; /* "text,photo" */
	struct utc_s until;
	enum campaign_repeat repeats;
	struct str reason; /* of the last extension, or of its end */
};

extern const struct noun campaign_noun;
/* FLOW_TEXT | ... of "text,photo"; 0: no such word, or none. */
uint8_t campaign_needs(struct str words);
#endif
