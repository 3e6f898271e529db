/*
 * lists.h - many ids in one cell: sorted by bytes, each once, joined by '|'.
 */
#ifndef CLI_LISTS_H
#define CLI_LISTS_H
#include "base/base.h"
#include "base/text.h"

/* For qsort over struct str. */
int lists_by_bytes(const void *a, const void *b);
/* Replace out by the joined texts, which are sorted already; '|' and '\' become \| and \\. */
void lists_join(const struct str *sorted, size_t n, struct buf *out);
#endif
