#!/bin/sh
# build.sh PRESET [TARGET...] - the console, then configure if needed, then build.
# Says nothing about what is well.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift

tools/console.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" >"$log" 2>&1; then
	cat "$log"
	exit 1
fi
cmake --build --preset "$preset" -j "${JOBS:-2}" ${1:+--target "$@"}
