/*
 * scope.h - which areas somebody's rights reach: a few subtrees of the administrative tree.
 *
 * Life:     a plain value.
 * Shapes:   at most SCOPE_MAX subtrees, kept sorted and none inside another, so that a list is at
 *           most that many ranges of an index and no row comes twice.
 * Errors:   ERR_FULL more subtrees than SCOPE_MAX; ERR_RANGE an area that is none.
 */
#ifndef ACCESS_SCOPE_H
#define ACCESS_SCOPE_H
#include "base/area.h"
#include "base/base.h"

enum { SCOPE_MAX = 16 };

struct scope {
	size_t n; /* 0: no area at all */
	struct area_code v[SCOPE_MAX];
};

/* Add a subtree; what it makes superfluous goes. */
MUST_CHECK enum err scope_add(struct scope *s, struct area_code a, struct fault *f);
bool scope_covers(const struct scope *s, struct area_code a);
/* Does something of `s` lie in `a` or below it: is `a` on the way from the root to `s`? */
bool scope_under(const struct scope *s, struct area_code a);
/*
 * The areas strictly above those of `s`, each once; never the nation, where no row lies. How many.
 */
enum { SCOPE_ABOVE_MAX = SCOPE_MAX * (AREA_LEVEL_N - 2) };
size_t scope_above(const struct scope *s, struct area_code ret[SCOPE_ABOVE_MAX]);
/* What of `s` lies in the subtree of `a`. */
struct scope scope_within(const struct scope *s, struct area_code a);
/* Does every area of `inner` lie in `s`? What may be handed on: nobody grants what they lack. */
bool scope_holds(const struct scope *s, const struct scope *inner);
/* As it is stored: "430802000000000 431000000000000"; "" is no area. */
enum { SCOPE_TEXT_BYTES = SCOPE_MAX * AREA_TEXT_BYTES };
size_t scope_text(const struct scope *s, char ret[SCOPE_TEXT_BYTES]); /* bytes without the NUL */
MUST_CHECK enum err scope_parse(struct str text, struct scope *ret, struct fault *f);

#endif
