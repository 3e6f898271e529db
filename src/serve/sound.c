#include "serve/sound.h"

#include "intake/intake.h"
#include "ledger/ledger.h"
#include "record/objects.h"
#include "serve/nouns.h"
#include "serve/sound.sql.h"

#include "base/ban.h"

enum { OBJECTS_MAX = 64 };

static enum err receipts(struct tx *tx, void *arg, struct fault *f)
{
	CLEANUP(rows_end) struct rows *r = NULL;
	struct sound_report *report = arg;
	bool more;
	enum err e = tx_rows(tx, &sound_sql.receipts, SQL_NO_ARGS, &r, f);

	report->receipts = report->receipts_lost = 0;
	while (!e && !(e = rows_next(r, &more, f)) && more) {
		struct fault unasked = { 0 };
		struct ledger_receipt receipt;
		enum err bad = ledger_receipt_parse(rows_text(r, 0), &receipt);

		if (!bad)
			bad = ledger_receipt_check(tx, &receipt, &unasked);
		if (bad && bad != ERR_ABSENT && bad != ERR_CORRUPT && bad != ERR_SYNTAX)
			return bad;
		report->receipts++;
		report->receipts_lost += bad != OK;
	}
	return e;
}

static enum err visits(struct house *h, struct sound_report *report, struct fault *f)
{
	char dir[PATH_MAX], keys[PATH_MAX];
	struct trail_options o = { .db = h->db,
				   .dir = dir,
				   .keys = keys,
				   .zone = h->zone,
				   .county = area_county(h->area) };

	house_path(h->dir, "trail", dir);
	house_path(h->dir, "keys/days", keys);
	return trail_look(&o, &report->trail, f);
}

static enum err exhibits(struct house *h, struct sound_report *report, struct fault *f)
{
	char dir[PATH_MAX];

	house_path(h->dir, HOUSE_EXHIBITS, dir);
	return evidence_fsck(h->db, dir, &h->secret, &report->evidence, f);
}

enum err sound_look(struct house *h, const struct sound_ask *ask, struct sound_report *ret,
		    struct fault *f)
{
	CLEANUP(record_end) struct record_book *book = NULL;
	const struct noun *nouns[NOUNS_MAX];
	const struct record_options o = {
		.nouns = nouns, .n = nouns_all(nouns), .zone = h->zone, .clock = &clock_wall
	};
	struct verify_object objects[OBJECTS_MAX];
	struct sound_report report = { 0 };
	char heads[PATH_MAX];
	struct verify_ask v = { .db = h->db,
				.heads = heads,
				.against = ask->against,
				.fingerprint = ask->fingerprint,
				.alive_at = ask->alive_at,
				.objects = objects,
				.threads = (unsigned)h->config.readers };
	enum err e;

	if (ask->whole &&
	    ((e = db_sound(h->db, f)) || (e = db_read(h->db, receipts, &report, f)) ||
	     (e = visits(h, &report, f)) || (e = sound_clear_look(h, &report.clear, f)) ||
	     (e = exhibits(h, &report, f))))
		return e;
	if ((e = record_open(&o, &book, f)))
		return e;
	if (ask->whole && ((e = intake_fsck(h->db, book, &report.intake, f)) ||
			   (e = loop_fsck(h->db, book, ask->alive_at, &report.loop, f))))
		return e;
	v.n_objects = record_objects(book, objects, OBJECTS_MAX);
	house_path(h->dir, "heads/heads", heads);
	if ((e = verify_run(&v, &report.ledger, f)))
		return e;
	*ret = report;
	return OK;
}
