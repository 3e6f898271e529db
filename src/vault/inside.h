/*
 * inside.h - the vault's loop, which answers who comes to its socket. For process.c alone.
 *
 * One thread and one frame at a time, in turn, so that a long list of one does not keep others out
 * for longer than a frame takes. Who sends what is no frame is cut off.
 */
#ifndef VAULT_INSIDE_H
#define VAULT_INSIDE_H
#include <sys/types.h>

#include "base/base.h"

struct store;

struct loop_options {
	int listening;
	int lifeline; /* when it closes, the loop ends */
	uid_t peer;   /* who may come, besides root */
};
void loop_run(struct store *s, const struct loop_options *o);
#endif
