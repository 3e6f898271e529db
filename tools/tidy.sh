#!/bin/sh
# tidy.sh - sizes and small manners. Silent and 0 when all is well.
#
#  file     1000 lines at most; from 601 on its first comment says "Long because ..."
#  header   200 lines at most; up to 260 with "Long because ..."
#  function 70 lines between its braces' lines, both counted; data tables are none
#  line     100 columns at most, a tab up to the next multiple of 8, a character one column
#  ledger   an id in a matter of the ledger is written with LEDGER_ID
#  merge    no mark of a merge that was left half done
#  words    a note about work to do names its issue; nothing trails behind a line
#  room     has a README.md of at most 60 lines with the five headings
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C # awk sees bytes; a byte 80-bf continues a character and is no column

# shellcheck disable=SC2016  # $ is awk's
{
	find src test fuzz bench console tools cmake -name node_modules -prune -o -type f -print |
		grep -E '\.([chS]|sh|awk|js|mjs|vue|css|sql|cmake)$'
	printf '%s\n' CMakeLists.txt Makefile
} | sort | xargs awk '
function say(line, what) {
	print file (line ? ":" line : "") ": " what
	bad = 1
}
function finish() {
	if (file == "")
		return
	if (n > 1000)
		say(0, n " lines, 1000 is the end")
	else if (file ~ /\.h$/ && n > (because ? 260 : 200))
		say(0, n " lines in a header, " (because ? 260 : 200) " is the end")
	else if (n > 600 && !because)
		say(0, n " lines: say in the first comment \"Long because ...\", or split")
}
FNR == 1 {
	finish()
	file = FILENAME
	is_c = file ~ /\.[ch]$/
	n = because = opened = 0
	in_first_comment = 1
}
{ n = FNR }
in_first_comment && /Long because/ { because = 1 }
is_c && /\*\// { in_first_comment = 0 }
!is_c && FNR > 1 && !/^(#|\/\/|--| \*)/ { in_first_comment = 0 }

is_c && /^\{/ { opened = FNR }
is_c && /^\}/ {
	if (opened && FNR - opened + 1 > 70)
		say(opened, "a function of " FNR - opened + 1 " lines, 70 is the end")
	opened = 0
}

/[ \t\r]$/ { say(FNR, "trailing blank") }
file ~ /^src/ && /matter/ && /"[^"]*[\/-]%(lld|" PRId64)/ {
	say(FNR, "an id in a matter is written with LEDGER_ID")
}
/(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ && !/issue/ {
	say(FNR, "work to do names its issue")
}
length($0) > 60 || /\t/ { # shorter lines without a tab cannot be too long
	column = 0
	parts = split($0, part, "\t")
	for (i = 1; i <= parts; i++) {
		gsub(/[\200-\277]/, "", part[i])
		column += length(part[i])
		if (i < parts)
			column += 8 - column % 8
	}
	if (column > 100)
		say(FNR, column " columns, 100 is the end")
}
END {
	finish()
	exit bad
}'
status=$?

git grep -InE '^(<<<<<<<|>>>>>>>) ' 2>/dev/null && status=1

# shellcheck disable=SC2013  # a room is one word
for room in $(sed '/^#/d; /^deny/d' src/LAYERS); do
	[ -d "src/$room" ] || continue # a line laid out, a room not built yet
	readme=src/$room/README.md
	if [ ! -f "$readme" ]; then
		echo "$readme: is missing"
		status=1
		continue
	fi
	for heading in 'What this room is for' 'Enter here' 'What it must never know' \
		'Hard parts and why' 'How it is tested'; do
		grep -q "^##* $heading\$" "$readme" || {
			echo "$readme: no heading \"$heading\""
			status=1
		}
	done
	[ "$(wc -l <"$readme")" -le 60 ] || {
		echo "$readme: over 60 lines"
		status=1
	}
done
exit "$status"
