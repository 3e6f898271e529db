/*
 * template.h - the body of a webhook: a text of the house's own with ${fields} in it.
 *
 *     {"mobile": "${to}", "content": "${text}", "no": "${message}"}
 *
 * What is put in is escaped as the content type wants it: inside the quotes of JSON, in a form, in
 * XML; plain text takes it as it is. "$$" is a dollar sign; any other "$" is a mistake, told when
 * the house starts.
 *
 * Life:     template_read -> template_fill any number of times -> template_end.
 * Shapes:   at most TEMPLATE_BYTES_MAX; a field may come any number of times.
 * Threads:  read-only after template_read.
 * Errors:   ERR_SYNTAX with the line: a field that there is not, one that does not end; ERR_TYPE a
 *           content type whose escapes nobody knows; ERR_ENCODING, ERR_TOO_LARGE.
 */
#ifndef LOOP_TEMPLATE_H
#define LOOP_TEMPLATE_H
#include "base/base.h"
#include "base/text.h"

enum { TEMPLATE_BYTES_MAX = 64 << 10 };

enum template_field {
	TEMPLATE_TO,       /* a telephone number */
	TEMPLATE_TEXT,     /* all lines of the message */
	TEMPLATE_SUBJECT,  /* its one-line summary */
	TEMPLATE_COUNT,    /* how many notices */
	TEMPLATE_URGENT,   /* yes, no */
	TEMPLATE_MESSAGE,  /* the id that is the same in all tries */
	TEMPLATE_TASK,     /* of the first notice: the number of its task */
	TEMPLATE_KIND,     /* and its kind, */
	TEMPLATE_AREA,     /* its place, */
	TEMPLATE_DEADLINE, /* by when; may be empty */
	TEMPLATE_LINK,     /* where to read on; may be empty */
	TEMPLATE_LANGUAGE, /* zh, en */
	TEMPLATE_FIELD_N
};
const char *template_field_word(enum template_field f);

struct template;
/* `type`: a content type, parameters and all. */
MUST_CHECK enum err template_read(struct str text, const char *type, struct template **ret,
				  struct fault *f);
void template_end(struct template **t); /* for CLEANUP() */
bool template_has(const struct template *t, enum template_field f);
void template_fill(const struct template *t, const struct str value[TEMPLATE_FIELD_N],
		   struct buf *out);
#endif
