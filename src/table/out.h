/*
 * out.h - where a result goes, for whatever writes one; and the Excel writer, for src/table alone.
 *
 * table_sink carries any text (a graph, say), open -> append and flow -> settle -> close, which
 * settles what is not; end is safe after all of them, and on a sink set to zero.
 *
 * A regular file is written as PATH.part beside the real place (links are followed first) and
 * renamed at the end; standard output, pipes and devices are written directly.
 */
#ifndef TABLE_OUT_H
#define TABLE_OUT_H
#include <limits.h>

#include "base/base.h"
#include "base/file.h"
#include "base/text.h"
#include "table/table.h"

enum { TABLE_PART_BYTES = PATH_MAX + 8 };

struct table_place {
	char path[PATH_MAX];         /* the real one, or "-" */
	char part[TABLE_PART_BYTES]; /* what is written; path itself when direct */
	bool direct;
};
MUST_CHECK enum err table_place_find(const char *path, struct table_place *ret, struct fault *f);
/* Open its part, with the rights of what stands in the place; ERR_EXISTS while another run does. */
MUST_CHECK enum err table_place_open(const struct table_place *p, struct file **ret,
				     struct fault *f);
MUST_CHECK enum err table_place_publish(const struct table_place *p, struct fault *f);
void table_place_abandon(const struct table_place *p);

/* Bytes on their way to a place. Append to `text`; call table_sink_flow() now and then. */
struct table_sink {
	struct table_place place;
	struct file *file;
	struct buf text;
	bool settled;
};
MUST_CHECK enum err table_sink_open(const char *path, struct table_sink *s, struct fault *f);
MUST_CHECK enum err table_sink_flow(struct table_sink *s, struct fault *f);
/* All that can go wrong with a disk goes wrong here: of several results each is settled first. */
MUST_CHECK enum err table_sink_settle(struct table_sink *s, struct fault *f);
MUST_CHECK enum err table_sink_close(struct table_sink *s, struct fault *f); /* publishes */
void table_sink_end(struct table_sink *s); /* gives up; nothing after a close */

/* out_xlsx.c: the text of every cell as CSV would have it, numbers told apart by `type`. */
struct xlsx_out;
MUST_CHECK enum err xlsx_out_open(const char *path, const struct table_out_options *o,
				  struct xlsx_out **ret, struct fault *f);
MUST_CHECK enum err xlsx_out_row(struct xlsx_out *x, const struct str *texts, struct fault *f);
MUST_CHECK enum err xlsx_out_settle(struct xlsx_out *x, struct fault *f);
MUST_CHECK enum err xlsx_out_close(struct xlsx_out *x, struct fault *f);
void xlsx_out_end(struct xlsx_out **x);
#endif
