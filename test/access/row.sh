#!/bin/bash
# row.sh - a route that leaves out who may does not compile.
set -eu

compile() {
	cat >row.c <<-EOF
		#include "access/access.h"
		static enum err run(struct call *c, struct tx *tx, struct fault *f)
		{
			(void)c, (void)tx, (void)f;
			return OK;
		}
		const struct route row[];
		const struct route row[] = { { ROUTE($1) } };
	EOF
	gcc -std=gnu11 -D_GNU_SOURCE -I"$OUTPOST_SOURCE/src" -fsyntax-only row.c 2>error
}

whole='HTTP_GET, "/x", run, CAP_SELF, REACH_ALL, WHY_DUTY, 0, AUDIT_NONE, "x", "x"'
compile "$whole" || { cat error; exit 1; }

for missing in CAP_SELF, REACH_ALL, WHY_DUTY, AUDIT_NONE, '"x", "x"'; do
	if compile "${whole/"$missing"/}"; then
		echo "a row without $missing compiles"
		exit 1
	fi
done
for nothing in CAP_SELF=CAP_NONE REACH_ALL=REACH_NONE WHY_DUTY=WHY_NONE; do
	if compile "${whole/${nothing%=*}/${nothing#*=}}"; then
		echo "a row with ${nothing#*=} compiles"
		exit 1
	fi
	grep -q 'negative' error || { cat error; exit 1; }
done
