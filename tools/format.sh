#!/bin/sh
# format.sh [--write] - hold the C files against .clang-format; with --write, mend them.
#
# A struct, enum or short function that its author wrote on one line stays there: such lines are
# shielded from clang-format by marks that are taken away again afterwards.
set -eu
cd "$(dirname "$0")/.."

shield() {
	awk '
	/^[ \t]*((static|typedef|extern|const) )*(struct|enum|union)( [a-z0-9_]+)? ?[{].*[}].*;/ ||
	/^[a-z].*\) [{] .*[}]$/ {
		print "/* clang-format off */"
		print
		print "/* clang-format on */"
		next
	}
	{ print }' "$1"
}

unshield() {
	awk '!/^[ \t]*\/\* clang-format (off|on) \*\/$/'
}

if [ "${1:-}" = --each ]; then
	mode=$2
	shift 2
	status=0
	mine=$(mktemp)
	trap 'rm -f "$mine"' EXIT
	for file; do
		shield "$file" | clang-format-14 --assume-filename="$file" | unshield >"$mine"
		if cmp -s "$file" "$mine"; then
			continue
		elif [ "$mode" = write ]; then
			cat "$mine" >"$file"
		else
			diff -u --label "$file" --label "make format" "$file" "$mine" || status=1
		fi
	done
	exit $status
fi

mode="check"
[ "${1:-}" != --write ] || mode="write"
find src test fuzz bench -name node_modules -prune -o -name '*.[ch]' -print0 |
	xargs -0 -r -P 2 -n 8 tools/format.sh --each $mode
