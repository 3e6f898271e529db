/*
 * memory.h - where memory comes from. Nothing else in the house calls malloc.
 *
 * arena:   everything of one job, freed at once. Has a budget; ERR_MEMORY when it is spent.
 *          Blocks are zeroed, but for raw ones. The tail of each chunk is poisoned under
 *          AddressSanitizer.
 * mem_*:   long-lived arrays that belong to exactly one object, with the size said again on free.
 * pages:   large anonymous areas (huge pages advised), zeroed, page aligned.
 *
 * Threads:  an arena belongs to one thread at a time. mem_* and pages may be called from any.
 * Errors:   NULL means no memory (or the fault countdown struck). Sizes that overflow give NULL.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H
#include "base/base.h"

struct arena;

MUST_CHECK enum err arena_new(size_t budget_bytes, struct arena **ret);
void arena_free(struct arena *a);  /* NULL is fine */
void arena_end(struct arena **a);  /* for CLEANUP() */
void arena_clear(struct arena *a); /* forget all blocks, keep one chunk */
void arena_wipe(struct arena *a);  /* the same, and nothing of them is left in memory */
void *arena_take(struct arena *a, size_t n, size_t each) MUST_CHECK; /* zeroed, 16-aligned */
/* Not zeroed: for large blocks that are written whole at once. */
void *arena_take_raw(struct arena *a, size_t n, size_t each) MUST_CHECK;
char *arena_copy(struct arena *a, const void *p, size_t n) MUST_CHECK; /* n bytes and a NUL */
size_t arena_used(const struct arena *a);

/* Arrays: mem_grow keeps the first `n_old` elements. All take element counts, not bytes. */
void *mem_take(size_t n, size_t each) MUST_CHECK; /* zeroed */
/* The new part is not zeroed. On NULL the old array is still there. */
void *mem_grow(void *p, size_t n_old, size_t n_new, size_t each) MUST_CHECK;
void mem_drop(void *p); /* NULL is fine */

/* What is dropped stays with the process for whoever takes next, up to so many bytes each time it
 * would have been given back; once, before there are threads. */
void mem_hold(size_t bytes);

void *pages_take(size_t bytes) MUST_CHECK;
/* As many as before and more, by moving them, not their bytes. On NULL the old ones are there. */
void *pages_grow(void *p, size_t bytes, size_t to_bytes) MUST_CHECK;
void pages_drop(void *p, size_t bytes);

/*
 * Make the k-th allocation from now fail (1 = the next), once or from then on; 0 switches it off.
 * For tests: run the same act with k = 1, 2, ... until it passes.
 */
void mem_fail_at(uint64_t k, bool from_then_on);
uint64_t mem_calls(void); /* allocations since the last mem_fail_at(); 0 before the first */

/*
 * VEC(type): a growable array that owns its memory. Set to zero to begin.
 *   struct { T *v; size_t n, cap; }
 */
#define VEC(T) \
	struct { \
		T *v; \
		size_t n, cap; \
	}
MUST_CHECK enum err vec_reserve_(void **v, size_t n, size_t *cap, size_t want, size_t each);
#define vec_reserve(x, want) \
	vec_reserve_((void **)&(x)->v, (x)->n, &(x)->cap, (want), sizeof(*(x)->v))
/* Push; evaluates to enum err. */
#define vec_push(x, item) \
	(((x)->n < (x)->cap || vec_reserve((x), (x)->n + 1) == OK) \
		 ? ((x)->v[(x)->n++] = (item), OK) \
		 : ERR_MEMORY)
#define vec_drop(x) (mem_drop((x)->v), (x)->v = NULL, (x)->n = (x)->cap = 0)
#endif
