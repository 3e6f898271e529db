/*
 * trace_http.c - a trace over stored visits for who presents a warrant, and its answer kept.
 *
 * What the answer tells of visits is kept in parts, each sealed under the key of its day, so that
 * it ends with the visits it tells of. What remains is that there was a trace, for which case, by
 * whom, of how many people, and the digest of what was told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epidemic/epidemic.sql.h"
#include "epidemic/inside.h"
#include "ledger/ledger.h"
#include "trail/ask.h"
#include "vault/grant.h"

#include "base/ban.h"

enum { PARTS_MAX = 64 };

struct tracing {
	struct arena *a; /* of all that is large */
	struct trail_warrant w;
	int64_t id; /* of this one */
	bool whole; /* all that the warrant is for was asked */
	struct trail_answer answer;
	struct str grant;
	size_t n_parts;
	struct part {
		int32_t day;
		struct str sealed;
	} part[PARTS_MAX];
};

/* ---- the parts of an answer ------------------------------------------------------------------ */

struct plain {
	int32_t day;
	struct buf text;
};
struct plains {
	size_t n;
	struct plain v[PARTS_MAX];
};

static void plains_end(struct plains *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].text.p)
			crypt_wipe(p->v[i].text.p, p->v[i].text.n);
		buf_release(&p->v[i].text);
	}
}

/* Where something of this instant is written: NULL when there are more days than a trace has. */
static struct buf *part_of(struct plains *p, int32_t day)
{
	size_t i = 0;

	while (i < p->n && p->v[i].day != day)
		i++;
	if (i == PARTS_MAX)
		return NULL;
	if (i == p->n)
		p->v[p->n++].day = day;
	return &p->v[i].text;
}

/* A contact goes with the last day on which they were exposed, an encounter with its own. */
static enum err write_parts(struct trail *t, const struct trail_answer *a, struct plains *p)
{
	for (size_t i = 0; i < a->n_contacts; i++) {
		const struct trail_contact *c = &a->contact[i];
		struct buf *out = part_of(p, trail_day(t, c->last));

		if (!out)
			return ERR_FULL;
		buf_lit(out, "c ");
		trail_put_numbers(out,
				  (const int64_t[]){ c->person, c->generation, c->klass,
						     (int64_t)c->overlap_s, c->first.v, c->last.v },
				  6);
		buf_str(out, c->rule);
		buf_char(out, '\n');
		for (size_t k = 0; k < c->n_encounters; k++) {
			const struct trail_encounter *x = &c->encounter[k];

			if (!(out = part_of(p, trail_day(t, x->from))))
				return ERR_FULL;
			buf_lit(out, "m ");
			trail_put_numbers(out,
					  (const int64_t[]){ x->contact, x->via, x->place.v,
							     x->from.v, x->to.v, x->klass },
					  6);
			buf_str(out, x->rule);
			buf_char(out, '\n');
		}
	}
	return OK;
}

static enum err seal_part(struct call *c, struct tracing *g, struct plain *p)
{
	CLEANUP(buf_release) struct buf sealed = { 0 };
	const struct trail_part at = { area_county(g->w.area), g->id, p->day };
	struct part *part = &g->part[g->n_parts];
	enum err e = p->text.failed;

	if (e || (e = trail_part_seal(epidemic_of(c)->o.trail, at, buf_view(&p->text), &sealed)))
		return e;
	part->day = p->day;
	part->sealed = (struct str){ arena_copy(g->a, sealed.p, sealed.n), sealed.n };
	g->n_parts++;
	return part->sealed.p ? OK : ERR_MEMORY;
}

static enum err seal_parts(struct call *c, struct tracing *g)
{
	CLEANUP(plains_end) struct plains p = { 0 };
	enum err e = write_parts(epidemic_of(c)->o.trail, &g->answer, &p);

	for (size_t i = 0; i < p.n && !e; i++)
		e = seal_part(c, g, &p.v[i]);
	return e;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum err sign_grant(struct call *c, struct tracing *g, struct fault *f)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	int64_t *ids = arena_take(g->a, g->answer.n_contacts + 1, sizeof *ids);
	char matter[32];
	struct grant grant = { .kind = GRANT_TRACE,
			       .agency = GRANT_CDC,
			       .id = g->id,
			       .account = c->who->account,
			       .matter = { matter, 0 },
			       .purpose = STR("epidemic"),
			       .fields = grant_agency_fields(GRANT_CDC),
			       .issued = c->now,
			       .expires = { c->now.v + grant_life_max(GRANT_TRACE) },
			       .ids = ids };
	enum err e;

	if (!ids)
		return ERR_MEMORY;
	if (!g->answer.n_contacts)
		return OK;
	grant.matter.n = (size_t)snprintf(matter, sizeof matter, "case-" LEDGER_ID,
					  (long long)g->w.case_id.v);
	for (size_t i = 0; i < g->answer.n_contacts; i++)
		ids[grant.n++] = g->answer.contact[i].person;
	if ((e = grant_sign(&grant, epidemic_of(c)->o.signer, &out, f)))
		return e;
	g->grant = (struct str){ arena_copy(g->a, out.p, out.n), out.n };
	return g->grant.p ? OK : ERR_MEMORY;
}

static enum err trace_asked(struct call *c, struct tracing *g, struct fault *f)
{
	struct warrant_asked k = { .c = c };
	struct trail *t = epidemic_of(c)->o.trail;
	const struct profile *p;
	struct trail_warrant w;
	enum err e;

	if ((e = asked_read(&k, f)) || (e = db_read(c->db, asked_check, &k, f)) ||
	    (e = case_profile(k.w.profile, c->a, &p, f)))
		return e;
	g->whole = !k.from.v && !k.to.v && !k.generations;
	g->w = w = k.w;
	w.people -= k.spent;
	if (w.people < 1)
		return fault_set(f, ERR_WARRANT, "这份授权可涉及的人数已用完",
				 "the warrant has brought up as many people as it may");
	e = trail_ask(t, &w, p, g->a, &g->answer, f);
	if (e == ERR_FULL) {
		*f = (struct fault){ 0 }; /* what the engine says of it is of another kind */
		return fault_set(f, ERR_WARRANT, "结果超出授权可涉及的人数，请缩小时间窗或代数",
				 "more people than the warrant may bring up: ask for a shorter "
				 "window or fewer generations");
	}
	g->id = record_id_new(epidemic_of(c)->o.book).v;
	if (e || (e = seal_parts(c, g)))
		return e;
	return sign_grant(c, g, f);
}

enum err trace_before(struct call *c, struct fault *f)
{
	struct tracing *g = arena_take(c->a, 1, sizeof *g);
	enum err e = g ? arena_new(TRACE_BYTES_MAX, &g->a) : ERR_MEMORY;

	if (e)
		return e;
	if ((e = trace_asked(c, g, f)))
		arena_end(&g->a);
	else
		c->parsed = g;
	return e;
}

void trace_after(struct call *c, bool committed)
{
	struct tracing *g = c->parsed;

	(void)committed;
	if (g)
		arena_end(&g->a);
}

/* ---- keeping --------------------------------------------------------------------------------- */

static enum err spend(struct tx *tx, const struct tracing *g, struct fault *f)
{
	uint64_t changed;
	enum err e = tx_run(tx, &epidemic_sql.warrant_spend,
			    SQL_ARGS(sql_i64(area_county(g->w.area).v), sql_i64(g->w.case_id.v),
				     sql_i64(g->w.id.v), sql_i64((int64_t)g->answer.n_contacts)),
			    &changed, f);

	if (!e && changed != 1)
		return fault_set(f, ERR_WARRANT, "这份授权可涉及的人数已用完",
				 "the warrant has brought up as many people as it may");
	return e;
}

static enum err put(struct call *c, struct tx *tx, const struct tracing *g, struct fault *f)
{
	const struct trail_answer *a = &g->answer;
	struct sql_value county = sql_i64(area_county(g->w.area).v), id = sql_i64(g->id);
	enum err e = tx_run(tx, &epidemic_sql.trace_put,
			    SQL_ARGS(county, id, sql_i64(g->w.area.v), sql_i64(g->w.case_id.v),
				     sql_i64(g->w.id.v), sql_i64(c->who->account), sql_time(c->now),
				     sql_text(a->profile), sql_time(g->w.from), sql_time(g->w.to),
				     sql_i64(g->w.generations), sql_i64((int64_t)a->n_contacts),
				     sql_i64((int64_t)a->n_encounters), sql_i64((int64_t)a->visits),
				     sql_time(a->horizon),
				     sql_blob((struct str){ (const char *)a->digest.v,
							    CRYPT_HASH_BYTES }),
				     g->grant.n ? sql_blob(g->grant) : sql_null()),
			    NULL, f);

	for (size_t i = 0; i < g->n_parts && !e; i++)
		e = tx_run(tx, &epidemic_sql.part_put,
			   SQL_ARGS(county, id, sql_i64(g->part[i].day),
				    sql_blob(g->part[i].sealed)),
			   NULL, f);
	return e;
}

static enum err note(struct call *c, struct tx *tx, const struct tracing *g,
		     const struct contact_change *change, struct fault *f)
{
	char matter[32], detail[200];
	int m = snprintf(matter, sizeof matter, "case-" LEDGER_ID, (long long)g->w.case_id.v);
	int n = snprintf(detail, sizeof detail,
			 "warrant=" LEDGER_ID " contacts=%zu encounters=%zu generations=%lld "
			 "added=%lld changed=%lld gone=%lld",
			 (long long)g->w.id.v, g->answer.n_contacts, g->answer.n_encounters,
			 (long long)g->w.generations, (long long)change->added,
			 (long long)change->changed, (long long)change->gone);
	struct ledger_entry en = { .county = area_county(g->w.area),
				   .object = STR("trace"),
				   .object_id = g->id,
				   .matter = { matter, (size_t)m },
				   .action = STR("trace"),
				   .after = g->answer.digest,
				   .detail = { detail, (size_t)n } };

	return call_act(c, tx, &en, f);
}

enum err trace_run(struct call *c, struct tx *tx, struct fault *f)
{
	CLEANUP(buf_release) struct buf digest = { 0 };
	const struct tracing *g = c->parsed;
	const struct trail_answer *a = &g->answer;
	struct contact_change change = { .generations = g->w.generations };
	struct case_row *of;
	enum err e = case_load(c, tx, &of, f);

	if (!e && of->record.state != CASE_CONFIRMED)
		e = fault_set(f, ERR_WARRANT, "病例未确认，不能追踪",
			      "the case is not confirmed: nobody is traced");
	if (e || (e = spend(tx, g, f)) || (e = put(c, tx, g, f)) ||
	    (e = contact_match(c, tx, of, g->id, a, g->whole, &change, f)) ||
	    (e = note(c, tx, g, &change, f)))
		return e;
	trace_hash_text((struct str){ (const char *)a->digest.v, CRYPT_HASH_BYTES }, &digest);
	const struct trace_told t = { .id = g->id,
				      .case_id = g->w.case_id.v,
				      .warrant = g->w.id.v,
				      .officer = c->who->account,
				      .generations = g->w.generations,
				      .created_at = c->now,
				      .from = g->w.from,
				      .to = g->w.to,
				      .n_contacts = (int64_t)a->n_contacts,
				      .n_encounters = (int64_t)a->n_encounters,
				      .visits = (int64_t)a->visits,
				      .profile = a->profile,
				      .digest = buf_view(&digest),
				      .change = &change };
	call_status(c, 201);
	return digest.failed ? digest.failed : trace_tell(c, &t, a, "whole");
}
