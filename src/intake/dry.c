/* dry.c - what a push would find, and nothing done. See inside.h. */
#include <stdlib.h>

#include "intake/inside.h"
#include "intake/intake.sql.h"

#include "base/ban.h"

static int by_value(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* How many of these digests were there before, 0 aside. */
static int64_t repeated(int64_t *v, size_t n)
{
	int64_t found = 0;

	qsort(v, n, sizeof *v, by_value);
	for (size_t i = 1; i < n; i++)
		found += v[i] && v[i] == v[i - 1];
	return found;
}

enum err push_try(struct push *p, struct tx *tx, struct fault *f)
{
	struct area_code county = area_county(p->feed.record.area);
	const struct judged *j = &p->judged;
	int64_t *seen = arena_take(p->a, j->ok.n + 1, sizeof *seen);
	enum err e;

	if (!seen)
		return ERR_MEMORY;
	push_batch_begin(p, BATCH_RECEIVED);
	e = findings_look(j, county, p->now, p->in->o.zone, tx, &p->findings, f);
	p->batch.findings = (int64_t)p->findings.v.n;
	if (e || p->visits) {
		p->batch.accepted = (int64_t)j->ok.n;
		return e;
	}
	for (size_t i = 0; i < j->ok.n && !e; i++) {
		int64_t first;

		if ((e = push_first(p, tx, j->ok.v[i].digest, &first, f)))
			return e;
		seen[i] = j->ok.v[i].digest;
		p->batch.duplicate += first != 0;
		p->batch.linked += !first && p->person && p->person[i].match.verdict == ALIKE_SAME;
		p->batch.maybe += !first && p->person && p->person[i].match.verdict == ALIKE_MAYBE;
		if (first)
			seen[i] = 0;
	}
	p->batch.duplicate += repeated(seen, j->ok.n); /* within the file */
	p->batch.accepted = (int64_t)j->ok.n - p->batch.duplicate;
	return e;
}
