/*
 * finding.h - what is odd about rows that were accepted: told, never mended in silence.
 *
 * Of numbers: a sum that fell, days left out, two reports of one day, new ones that do not follow
 * from the sums, a total row beside its parts, a total that is not the sum of its parts, a day that
 * is still to come. Of people: dates that contradict each other, one id with two contents, several
 * ids in one cell.
 *
 * Memory:   texts of a finding are static or lie in the arena.
 */
#ifndef INTAKE_FINDING_H
#define INTAKE_FINDING_H
#include "base/memory.h"
#include "intake/judge.h"

struct tx;

struct finding {
	int64_t row;      /* of the batch; 0: of no single one */
	const char *kind; /* "fall" */
	const char *zh, *en;
};
struct findings {
	struct arena *a;
	VEC(struct finding) v;
};
void findings_end(struct findings *x); /* for CLEANUP() */
MUST_CHECK enum err finding_add(struct findings *x, int64_t row, const char *kind, const char *zh,
				const char *en, ...) PRINTF(4, 6) PRINTF(5, 6);
/* tx: the reports before this batch are looked at too; NULL: the batch alone. */
MUST_CHECK enum err findings_look(const struct judged *j, struct area_code county, struct utc_s now,
				  const struct zone *zone, struct tx *tx, struct findings *ret,
				  struct fault *f);
#endif
