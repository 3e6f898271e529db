/* memory.c - arenas, arrays, pages; and the countdown that makes them fail on purpose. */
#include "base/memory.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BASE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define BASE_ASAN 1
#endif
#ifdef BASE_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
enum { GAP_BYTES = 16 }; /* a poisoned gap, so that running over a block's end is seen */
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
enum { GAP_BYTES = 0 };
#endif

#include "base/ban.h"

enum {
	ALIGN_BYTES = 16,
	CHUNK_BYTES_FIRST = 64 * 1024,
	CHUNK_BYTES_MAX = 1024 * 1024,
	CHUNK_BYTES_KEPT = 768 * 1024 * 1024, /* at most, for the next job of an arena */
	ARENAS_HELD = 2,
	PAGE_BYTES = 4096,
	HUGE_BYTES = 2 << 20
};

/* ---- faults on purpose ---- */

static atomic_bool counting; /* false in production: then a strike is one read of a shared line */
static atomic_bool fails_on;
static atomic_uint_fast64_t fails_at, calls;

void mem_fail_at(uint64_t k, bool from_then_on)
{
	atomic_store(&fails_at, 0);
	atomic_store(&calls, 0);
	atomic_store(&fails_on, from_then_on);
	atomic_store(&fails_at, k);
	atomic_store(&counting, true);
}

uint64_t mem_calls(void)
{
	return atomic_load(&calls);
}

static bool strike(void)
{
	uint64_t n, k;

	if (!atomic_load_explicit(&counting, memory_order_relaxed))
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	k = atomic_load(&fails_at);
	return k != 0 && (n == k || (n > k && atomic_load(&fails_on)));
}

static bool times(size_t n, size_t each, size_t *ret)
{
	return !__builtin_mul_overflow(n, each, ret);
}

/* ---- arrays ---- */

/* Large arrays are read at random: ask for huge pages where the array covers whole ones. */
static void *advised(void *p, size_t bytes)
{
	uintptr_t from = ((uintptr_t)p + HUGE_BYTES - 1) & ~(uintptr_t)(HUGE_BYTES - 1);
	uintptr_t to = ((uintptr_t)p + bytes) & ~(uintptr_t)(HUGE_BYTES - 1);

	if (p && bytes >= 2 * HUGE_BYTES && from < to)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
	return p;
}

void *mem_take(size_t n, size_t each)
{
	size_t bytes;

	if (!times(n, each, &bytes) || strike())
		return NULL;
	/* NULL always means failure, never "nothing asked". */
	return advised(calloc(bytes ? bytes : 1, 1), bytes);
}

void *mem_grow(void *p, size_t n_old, size_t n_new, size_t each)
{
	size_t bytes;

	assert(n_new >= n_old);
	assert(p || n_old == 0);
	if (!times(n_new, each, &bytes) || strike())
		return NULL;
	return advised(realloc(p, bytes ? bytes : 1), bytes);
}

void mem_drop(void *p)
{
	free(p);
}

enum err vec_reserve_(void **v, size_t n, size_t *cap, size_t want, size_t each)
{
	void *old, *grown;
	size_t to = *cap;

	assert(n <= *cap);
	if (want <= *cap)
		return OK;
	to = to > SIZE_MAX / 2 ? want : max_size(max_size(want, to + to / 2), 8);
	/* `v` is really a T **: going through memcpy keeps the aliasing rules. */
	memcpy(&old, v, sizeof old);
	grown = mem_grow(old, n, to, each);
	if (!grown)
		return ERR_MEMORY;
	memcpy(v, &grown, sizeof grown);
	*cap = to;
	return OK;
}

/* Without these glibc asks the kernel for each large block, and that clears it page by page. */
void mem_hold(size_t bytes)
{
	bool held = mallopt(M_MMAP_THRESHOLD, (int)bytes) &&
		    mallopt(M_TRIM_THRESHOLD, (int)bytes) && mallopt(M_ARENA_MAX, ARENAS_HELD);

	ignore(held ? OK : ERR_BUG); /* it is as before then */
}

/* ---- arena ---- */

/* Bytes past `dirty` have never been handed out and are zero, so a take clears only up to there. */
struct chunk {
	struct chunk *next;
	size_t bytes, used; /* of the room after this header */
	size_t dirty;       /* the most that was ever used */
	_Alignas(ALIGN_BYTES) unsigned char room[];
};

struct arena {
	size_t budget, used; /* bytes handed out, each block rounded up to ALIGN_BYTES */
	size_t chunk_bytes;  /* of the next chunk */
	struct chunk *first; /* the one that is filled; the others are full or hold one block */
};

enum err arena_new(size_t budget_bytes, struct arena **ret)
{
	struct arena *a = mem_take(1, sizeof *a);

	if (!a)
		return ERR_MEMORY;
	a->budget = budget_bytes;
	a->chunk_bytes = CHUNK_BYTES_FIRST;
	*ret = a;
	return OK;
}

static void chunks_free(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		UNPOISON(c->room, c->bytes);
		free(c);
		c = next;
	}
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	chunks_free(a->first);
	free(a);
}

void arena_end(struct arena **a)
{
	arena_free(*a);
	*a = NULL;
}

void arena_clear(struct arena *a)
{
	struct chunk *keep = a->first;

	/* A job that filled several chunks is likely to be followed by one as large. */
	if (keep && keep->next) {
		a->chunk_bytes = max_size(a->chunk_bytes, min_size(a->used * 2, CHUNK_BYTES_KEPT));
		chunks_free(keep);
		a->first = keep = NULL;
	}
	a->used = 0;
	if (!keep)
		return;
	keep->dirty = max_size(keep->dirty, keep->used);
	keep->used = 0;
	POISON(keep->room, keep->bytes);
}

void arena_wipe(struct arena *a)
{
	for (struct chunk *c = a->first; c; c = c->next) {
		UNPOISON(c->room, c->bytes);
		explicit_bzero(c->room, max_size(c->dirty, c->used));
	}
	arena_clear(a);
	if (a->first)
		a->first->dirty = 0;
}

static struct chunk *chunk_new(size_t bytes)
{
	struct chunk *c;

	if (bytes > SIZE_MAX - sizeof *c)
		return NULL;
	c = advised(calloc(1, sizeof *c + bytes), sizeof *c + bytes);
	if (!c)
		return NULL;
	c->bytes = bytes;
	POISON(c->room, bytes);
	return c;
}

/* The chunk in which `bytes` more will fit, or NULL. */
static struct chunk *chunk_for(struct arena *a, size_t bytes)
{
	struct chunk *c = a->first;
	size_t want;

	if (c && c->bytes - c->used >= bytes)
		return c;
	if (c && bytes > a->chunk_bytes / 2) {
		/* A large block gets a chunk of its own behind the one that is still filling. */
		struct chunk *own = chunk_new(bytes);

		if (own) {
			own->next = c->next;
			c->next = own;
		}
		return own;
	}
	want = max_size(bytes, min_size(a->chunk_bytes, a->budget - a->used + GAP_BYTES));
	c = chunk_new(want);
	if (!c)
		return NULL;
	a->chunk_bytes = min_size(a->chunk_bytes * 2, CHUNK_BYTES_MAX);
	c->next = a->first;
	a->first = c;
	return c;
}

/* A block, and how many bytes at its start may not be zero. */
static void *take_block(struct arena *a, size_t n, size_t each, size_t *ret_dirty)
{
	size_t bytes, whole;
	struct chunk *c;
	void *p;

	if (!times(n, each, &bytes) || bytes > SIZE_MAX - ALIGN_BYTES - GAP_BYTES || strike())
		return NULL;
	whole = (max_size(bytes, 1) + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
	if (whole > a->budget - a->used)
		return NULL;
	c = chunk_for(a, whole + GAP_BYTES);
	if (!c)
		return NULL;
	p = c->room + c->used;
	*ret_dirty = c->dirty > c->used ? min_size(c->dirty - c->used, bytes) : 0;
	c->used += whole + GAP_BYTES;
	a->used += whole;
	UNPOISON(p, bytes);
	return p;
}

void *arena_take(struct arena *a, size_t n, size_t each)
{
	size_t dirty;
	void *p = take_block(a, n, each, &dirty);

	return p && dirty ? memset(p, 0, dirty) : p;
}

void *arena_take_raw(struct arena *a, size_t n, size_t each)
{
	size_t dirty;

	return take_block(a, n, each, &dirty);
}

char *arena_copy(struct arena *a, const void *p, size_t n)
{
	char *copy = n < SIZE_MAX ? arena_take(a, n + 1, 1) : NULL;

	if (copy && n)
		memcpy(copy, p, n); /* the NUL is there: blocks come zeroed */
	return copy;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}

/* ---- pages ---- */

static bool pages_round(size_t bytes, size_t *ret)
{
	if (bytes == 0 || bytes > SIZE_MAX - 2 * HUGE_BYTES)
		return false;
	size_t page = bytes >= HUGE_BYTES ? HUGE_BYTES : PAGE_BYTES;
	*ret = (bytes + page - 1) / page * page;
	return true;
}

void *pages_take(size_t bytes)
{
	size_t whole;
	void *p;

	if (!pages_round(bytes, &whole) || strike())
		return NULL;
	/* Large areas begin and end where huge pages do. */
	size_t extra = whole >= HUGE_BYTES ? HUGE_BYTES : 0;
	p = mmap(NULL, whole + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (extra) {
		size_t before = -(uintptr_t)p & (HUGE_BYTES - 1);
		if (before)
			munmap(p, before);
		p = (char *)p + before;
		if (extra > before)
			munmap((char *)p + whole, extra - before);
	}
	/* Advice only: a kernel without huge pages says no, and the pages serve all the same. */
	(void)madvise(p, whole, MADV_HUGEPAGE);
	return p;
}

void *pages_grow(void *p, size_t bytes, size_t to_bytes)
{
	size_t whole, to_whole;

	assert(to_bytes >= bytes);
	if (!p)
		return pages_take(to_bytes);
	if (!pages_round(bytes, &whole) || !pages_round(to_bytes, &to_whole) || strike())
		return NULL;
	p = mremap(p, whole, to_whole, MREMAP_MAYMOVE); /* the advice goes with them */
	return p == MAP_FAILED ? NULL : p;
}

void pages_drop(void *p, size_t bytes)
{
	size_t whole;

	if (p && pages_round(bytes, &whole))
		munmap(p, whole);
}
