#!/bin/sh
# cppcheck.sh - a third opinion on src. Silent and 0 when all is well.
set -eu
cd "$(dirname "$0")/.."
# comparePointers: the two symbols around .incbin are the ends of one thing, which C cannot say.
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr -j 2 \
	--error-exitcode=1 --suppress=missingIncludeSystem \
	--suppress='comparePointers:src/profile/*' -D_GNU_SOURCE -D__x86_64__=1 -I src src
