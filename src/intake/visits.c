/* visits.c - see visits.h. */
#include "intake/visits.h"

#include <string.h>

#include "base/digest.h"
#include "engine/trace/trace.h"
#include "intake/question.h"
#include "intake/visit.h"
#include "trail/trail.h"

#include "base/ban.h"

struct visits {
	struct trail_visit *v;
	enum trail_fate *fate;
	size_t n;
	bool tried; /* the trail was given them in a transaction */
};

static struct trail_batch batch_of(const struct push *p)
{
	return (struct trail_batch){ area_county(p->feed.record.area), p->key };
}

/* Places by the sender's name for them: most rows of a batch name a few. */
struct known_place {
	struct str name;
	struct trail_place place;
};
struct places {
	struct str sender;
	struct known_place *known;
	size_t n; /* a power of two, at least as many as rows */
};

static enum err places_new(struct places *m, size_t rows, struct arena *a)
{
	for (m->n = 1; m->n < rows; m->n *= 2)
		;
	m->known = arena_take(a, m->n, sizeof *m->known);
	return m->known ? OK : ERR_MEMORY;
}

static enum err place_of(struct places *m, struct str name, struct trail_place *ret)
{
	size_t at = digest_of(name.p, name.n) & (m->n - 1);
	enum err e = OK;

	if (!str_eq(m->known[at].name, name)) {
		if ((e = trail_place_of(m->sender, name, &m->known[at].place)))
			return e;
		m->known[at].name = name;
	}
	*ret = m->known[at].place;
	return OK;
}

static enum err pseudonyms(struct push *p, const size_t *at, int64_t *ret, struct fault *f)
{
	const struct judged *j = &p->judged;
	size_t n = p->visits->n;
	struct vault_presence *who = arena_take(p->a, n + 1, sizeof *who);
	struct vault *v = p->in->o.vault;
	enum err e;

	if (!who)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		const struct visit_in *x = j->ok.v[at[i]].at;

		who[i].who.text[VAULT_KEY] = x->person;
		who[i].who.text[VAULT_ID_NUMBER] = x->id_number;
		who[i].who.text[VAULT_PHONE] = x->phone;
		who[i].at = x->from;
	}
	if (!v)
		return fault_set(f, ERR_BUSY,
				 "保管身份的进程没有应答，轨迹暂时不能接收，请稍后再推",
				 "the vault does not answer, and visits cannot come in: push again "
				 "later");
	p->staged = true;
	if ((e = vault_drop(v, p->key, f)))
		return e;
	return vault_pseudonym(v, p->key, who, n, ret, f);
}

/* An answer says what was asked, and no more of anybody. */
static enum err may_come_in(const struct push *p, struct utc_s since, struct trail_visit *v,
			    struct fault *why)
{
	enum err e = trail_check(v, p->now, since, why);
	enum question_fit fit;

	if (e || !p->question || (fit = question_fits(p->question, v)) == QUESTION_FITS)
		return e;
	if (fit == QUESTION_FITS_MANY) {
		fault_at(why, "from", NULL);
		return fault_set(why, ERR_RANGE, "这一行跨了几个所问的时段，请每个时段各报一行",
				 "this row is over several of the times that were asked about: "
				 "send a row for each");
	}
	fault_at(why, "place", NULL);
	return fault_set(why, ERR_RANGE, "这一行不在所问的场所和时间之内",
			 "this row is of no place and time that was asked about");
}

/* Visits that the trail may not take are refused like any other row. */
static enum err check(struct push *p, size_t *at, struct fault *f)
{
	struct judged *j = &p->judged;
	struct visits *vs = p->visits;
	const struct utc_s since = trail_since(p->in->o.trail, p->now);
	char sender[FEED_SENDER_BYTES];
	struct places m = { .sender = { sender, 0 } };
	struct fault why = { 0 };
	size_t kept = 0;
	enum err e = places_new(&m, j->ok.n, p->a);

	(void)f;
	feed_sender(p->feed.record.id.v, sender);
	m.sender = str_of(sender);
	if (e)
		return e;
	for (size_t i = 0; i < j->ok.n; i++) {
		const struct visit_in *x = j->ok.v[i].at;
		struct trail_visit v = { .person = 1,
					 .from = x->from,
					 .to = { x->to.v == FIELD_NONE ? TRACE_STILL : x->to.v },
					 .seat = x->seat,
					 .role = x->role,
					 .kind = x->kind,
					 .called = x->place };

		if ((e = place_of(&m, x->place, &v.place)))
			return e;
		e = may_come_in(p, since, &v, &why);
		if (e && e != ERR_RANGE)
			return e;
		if (e) {
			if ((e = judged_refuse(j, j->ok.v[i].row, &why)))
				return e;
			why = (struct fault){ 0 };
			continue;
		}
		vs->v[vs->n] = v;
		at[vs->n++] = i;
	}
	for (size_t i = 0; i < vs->n; i++) /* what was refused here is not accepted any more */
		j->ok.v[kept++] = j->ok.v[at[i]], at[i] = i;
	j->ok.n = kept;
	return OK;
}

enum err visits_begin(struct push *p, struct fault *f)
{
	size_t n = p->judged.ok.n, *at = arena_take(p->a, n + 1, sizeof *at);
	int64_t *who = arena_take(p->a, n + 1, sizeof *who);
	struct visits *vs = arena_take(p->a, 1, sizeof *vs);
	enum err e;

	if (!p->in->o.trail)
		return fault_set(f, ERR_BUSY, "轨迹库没有打开", "the trail is not open");
	if (!at || !who || !vs || !(vs->v = arena_take(p->a, n + 1, sizeof *vs->v)) ||
	    !(vs->fate = arena_take(p->a, n + 1, sizeof *vs->fate)))
		return ERR_MEMORY;
	p->visits = vs;
	if ((e = check(p, at, f)) || p->dry || !vs->n || (e = pseudonyms(p, at, who, f)))
		return e;
	for (size_t i = 0; i < vs->n; i++)
		vs->v[i].person = who[i];
	return OK;
}

enum err visits_keep(struct push *p, struct tx *tx, int64_t *ret_accepted, int64_t *ret_duplicate,
		     struct fault *f)
{
	struct visits *vs = p->visits;
	enum err e;

	*ret_accepted = *ret_duplicate = 0;
	if (!vs->n)
		return OK;
	vs->tried = true;
	if ((e = trail_keep(p->in->o.trail, tx, batch_of(p), vs->v, vs->n, vs->fate, f)))
		return e;
	for (size_t i = 0; i < vs->n; i++) {
		*ret_accepted += vs->fate[i] == TRAIL_NEW;
		*ret_duplicate += vs->fate[i] != TRAIL_NEW;
	}
	return OK;
}

void visits_end(struct push *p, bool kept)
{
	struct visits *vs = p->visits;

	if (!vs->tried)
		return;
	if (kept)
		trail_kept(p->in->o.trail, batch_of(p));
	else
		trail_undone(p->in->o.trail, batch_of(p));
	vs->tried = false;
}
