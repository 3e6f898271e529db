#!/bin/bash
# assets.sh - the packer: the same folder gives the same bytes, and C that compiles.
. "$OUTPOST_SOURCE/test/support/shell.sh"

pack() {
	bash "$OUTPOST_SOURCE/tools/assets.sh" "$PWD/dist" "$PWD/packed" http_toy >out 2>err
}

mkdir -p dist/assets
echo '<p>page</p>' >dist/index.html
echo 'code' >dist/assets/index-AbCd_12-.js
echo 'map' >dist/assets/index-AbCd_12-.js.map
echo 'plain' >dist/assets/index.js

says 'a folder becomes a table sorted by path, with types, and maps are left out'
n_checks=$((n_checks + 1))
pack || fail "does not pack: $(cat err)"
grep -o '^{ "[^"]*", "[^"]*"' packed/http_toy.c >names
is names <<'END'
{ "/assets/index-AbCd_12-.js", "text/javascript; charset=utf-8"
{ "/assets/index.js", "text/javascript; charset=utf-8"
{ "/index.html", "text/html; charset=utf-8"
END

says 'a name with a hash in it may be kept for ever, any other may not'
grep -oE '[0-9]+, (true|false)' packed/http_toy.c >kept
is kept <<'END'
5, true
6, false
12, false
END

says 'the same folder, touched later, gives the same bytes'
cat packed/http_toy.c packed/*.gz >first
touch -d 2001-01-01 dist/index.html dist/assets/*
pack || fail "does not pack: $(cat err)"
cat packed/http_toy.c packed/*.gz >second
n_checks=$((n_checks + 1))
cmp -s first second || fail 'the second packing differs'

says 'what comes out is C'
n_checks=$((n_checks + 1))
gcc -std=gnu11 -Wall -Wextra -Werror -I "$OUTPOST_SOURCE/src" -c packed/http_toy.c -o toy.o 2>err ||
	fail "does not compile: $(cat err)"

says 'a name that could break out of the table is refused'
n_checks=$((n_checks + 1))
echo x >'dist/a"b.js'
if pack; then fail 'was packed'; fi
has err 'no name for an asset'
