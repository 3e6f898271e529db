/* inside.h - what the files of this room share. No other room includes it. */
#ifndef LOOK_INSIDE_H
#define LOOK_INSIDE_H
#include "look/break_glass.h"
#include "look/look.h"

enum { LOOK_ROUTES = 6 };
struct look {
	struct look_options o;
	struct route row[LOOK_ROUTES]; /* with ourselves as their argument */
};
static inline const struct look *look_of(const struct call *c)
{
	return c->route->arg;
}
/* {id, name} of an account, under a key. */
MUST_CHECK enum err look_account_json(struct call *c, struct tx *tx, const char *key, int64_t id,
				      struct fault *f);
/* The department of an account; 0: none is told. */
MUST_CHECK enum err look_department(struct tx *tx, int64_t account, int64_t *ret, struct fault *f);
/* By its word, which is that of a kind of organisation, too; 0: none that may be told names. */
enum grant_agency look_agency_of(struct str word);
/* The agency of an account: what its department is; 0: it is of none that may be told names. */
MUST_CHECK enum err look_agency(struct tx *tx, int64_t account, enum grant_agency *ret,
				struct fault *f);
#endif
