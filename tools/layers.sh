#!/bin/sh
# layers.sh - the arrows between rooms, checked. Silent and 0 when all is well.
#
#  1 an include looks to its own room or down (src/LAYERS, with its deny lines)
#  2 a foreign header stays in the room that is its home
#  3 a global symbol begins with a word of its room: the room's name, the name of a file of the
#    room, or a struct, enum or union that a header of the room declares (S_verb)
#  4 only base takes memory, opens files and asks the clock
#  5 every header compiles alone
#
# 3 and 4 read the objects under build/, so build first. Exceptions, each with its reason, are in
# layers.except; its first line says how many there may be, and that number may only fall.
set -u
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
build=${OUTPOST_BUILD:-build}
except=tools/layers.except
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Every check writes lines of: file TAB symbol-or-include TAB what is wrong.

# shellcheck disable=SC2016  # $ is awk's
check_includes() {
	find src -name '*.[chS]' | sort | xargs awk -v OFS='\t' '
	BEGIN {
		home["jansson.h"] = "base profile" # profile names all faults of a tree
		home["microhttpd.h"] = home["zlib.h"] = "http"
		home["gnutls/gnutls.h"] = home["gnutls/abstract.h"] = "http"
		home["zip.h"] = home["expat.h"] = home["xlsxwriter.h"] = "table"
		home["jpeglib.h"] = home["jerror.h"] = home["png.h"] = "exhibit"
		home["ini.h"] = "serve"
		home["curl/"] = "loop"
		home["zstd.h"] = "serve trail"
		home["xxhash.h"] = home["iconv.h"] = "base"
		home["sodium.h"] = home["openssl/"] = "crypt"
		home["sqlite3.h"] = home["libpq-fe.h"] = "db"
		while ((getline line < "src/LAYERS") > 0) {
			n = split(line, w, " ")
			if (n == 0 || w[1] ~ /^#/)
				continue
			if (w[1] != "deny")
				height[w[1]] = ++top
			for (i = 3; w[1] == "deny" && i <= n; i++)
				denied[w[2], w[i]] = 1
		}
	}
	FNR == 1 {
		room = FILENAME
		sub(/^src\//, "", room)
		sub(/\/[^\/]*$/, "", room)
		if (!(room in height))
			print FILENAME, room, FILENAME ": " room " is not in src/LAYERS"
	}
	/^[ \t]*#[ \t]*include[ \t]*"/ {
		split($0, w, "\"")
		other = w[2]
		sub(/\/[^\/]*$/, "", other)
		at = FILENAME ":" FNR ": "
		if (!(other in height))
			print FILENAME, w[2], at "\"" w[2] "\" is not room/file.h"
		else if (height[other] > height[room])
			print FILENAME, w[2], at room " may not look up at " other
		else if ((room, other) in denied)
			print FILENAME, w[2], at room " may not see " other " (deny in src/LAYERS)"
	}
	/^[ \t]*#[ \t]*include[ \t]*</ {
		name = $0
		sub(/^[^<]*</, "", name)
		sub(/>.*/, "", name)
		family = name # openssl/evp.h is one of the family openssl/
		sub(/\/.*/, "/", family)
		if (!(family in home))
			family = name
		if (family in home && !index(" " home[family] " ", " " room " "))
			print FILENAME, name,
				FILENAME ":" FNR ": <" name "> belongs to " home[family]
	}'
}

# One object a source file that is there; an old object of a file that is gone is passed over.
objects() {
	find src -name '*.[cS]' | while read -r source; do
		for object in "$build"/CMakeFiles/*.dir/"$source".o; do
			if [ -f "$object" ]; then
				echo "$object"
			else
				printf '%s\tbuild\t%s: has no object under %s; build first\n' \
					"$source" "$source" "$build" >>"$work/found"
			fi
		done
	done
}

# The names that rooms have to give: "room word" a line.
# shellcheck disable=SC2016  # $ is awk's
words() {
	find src -name '*.[chS]' | sort | xargs awk '
	FNR == 1 {
		room = file = FILENAME
		sub(/^src\//, "", room)
		sub(/\/[^\/]*$/, "", room)
		sub(/.*\//, "", file)
		sub(/[._].*/, "", file)
		last = room
		sub(/.*\//, "", last)
		print room, last
		print room, file
	}
	FILENAME ~ /\.h$/ && /^(struct|enum|union) [a-z0-9_]+ ?[;{]/ {
		sub(/[;{]$/, "", $2)
		print room, $2
	}'
}

check_symbols() {
	words | sort -u >"$work/words"
	objects >"$work/objects"
	[ -s "$work/objects" ] || return
	xargs nm -gPA <"$work/objects" | awk -v OFS='\t' -v words="$work/words" '
	BEGIN {
		while ((getline line < words) > 0) {
			split(line, w, " ")
			known[w[1], w[2]] = 1
		}
		n = split("malloc calloc realloc reallocarray free strdup strndup asprintf " \
			"vasprintf getline getdelim aligned_alloc posix_memalign mmap munmap " \
			"open openat creat read pread write pwrite fopen freopen fdopen fclose " \
			"fread rename unlink remove mkdir rmdir opendir scandir fsync fdatasync " \
			"ftruncate truncate clock_gettime gettimeofday time", w, " ")
		for (i = 1; i <= n; i++)
			hidden[w[i]] = 1
	}
	{
		source = room = $1
		sub(/^.*\.dir\//, "", source)
		sub(/\.o:$/, "", source)
		room = source
		sub(/^src\//, "", room)
		sub(/\/[^\/]*$/, "", room)
		symbol = $2
	}
	$3 == "U" && room != "base" {
		plain = symbol # open64, __open_2 and __read_chk are open and read in disguise
		sub(/^__/, "", plain)
		sub(/(64)?(_chk|_2)?$/, "", plain)
		if (plain in hidden)
			print source, symbol, source ": calls " plain " behind the back of base"
	}
	$3 ~ /^[TDBRCVW]$/ && $4 != "" && symbol != "main" {
		# Try a, a_b, a_b_c ... of a_b_c_d: file words hold no _, names of structs may.
		prefix = ""
		fits = (room, symbol) in known
		for (i = split(symbol, w, "_"); i > 1; i--) {
			prefix = w[1]
			for (k = 2; k < i; k++)
				prefix = prefix "_" w[k]
			fits = fits || (room, prefix) in known
		}
		if (!fits)
			print source, symbol, source ": " symbol " begins with no word of its room"
	}'
}

# shellcheck disable=SC2016  # the inner shell expands it
check_headers() {
	find src -name '*.h' -print0 | xargs -0 -r -P 2 -n 8 sh -c '
		for header; do
			why=$(gcc -std=gnu11 -D_GNU_SOURCE -Isrc -Wall -Wextra -fsyntax-only -x c \
				-include "$header" /dev/null 2>&1)
			[ -z "$why" ] || printf "%s\talone\t%s: does not stand alone: %s\n" \
				"$header" "$header" \
				"$(printf "%s\n" "$why" | grep -m 1 -E "error|warning")"
		done' sh
}

: >"$work/found"
check_headers >"$work/headers" &
check_includes >>"$work/found"
check_symbols >>"$work/found"
wait
sort "$work/headers" >>"$work/found"

awk -F '\t' -v except="$except" '
BEGIN {
	may = 0
	while ((getline line < except) > 0) {
		if (line ~ /^(#|$)/)
			continue
		if (!counted++) {
			may = line + 0
			continue
		}
		if (split(line, w, " ") < 3) {
			print except ": no reason given: " line
			bad = 1
		}
		n++
		file[n] = w[1]
		symbol[n] = w[2]
	}
	if (n > may) {
		printf "%s: %d exceptions, only %d are allowed\n", except, n, may
		bad = 1
	}
}
# A symbol in the list may end in *, for a family that one reason covers.
function covers(pattern, name) {
	if (pattern ~ /\*$/)
		return index(name, substr(pattern, 1, length(pattern) - 1)) == 1
	return pattern == name
}
{
	excused = 0
	for (i = 1; i <= n; i++)
		if ($1 == file[i] && covers(symbol[i], $2))
			used[i] = excused = 1
	if (!excused) {
		print $3
		bad = 1
	}
}
END {
	for (i = 1; i <= n; i++)
		if (!used[i]) {
			print except ": no longer needed: " file[i] " " symbol[i]
			bad = 1
		}
	exit bad
}' "$work/found"
