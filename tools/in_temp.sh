#!/bin/sh
# in_temp.sh COMMAND... - run a command in an empty folder of its own, which is gone afterwards.
set -u
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1
TMPDIR=$dir "$@"
