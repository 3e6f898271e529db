#!/bin/sh
# man.sh - the manual page is made from the tables of verbs, options and settings: nothing is
# missing in it, and what sets manual pages has no complaint.
. "$OUTPOST_SOURCE/test/support/shell.sh"

says 'every verb is in it, with every option'
run 0 help --man
cp out en.1
tr -d '\\' <en.1 >plain
run 0 help
sed -n 's/^  \([a-z]*\) .*/\1/p' out >verbs
[ "$(wc -l <verbs)" -ge 20 ] || fail 'help lists the verbs'
while read -r verb; do
	has plain ".SS outpost $verb"
	sed -n "/^\.SS outpost $verb\$/,/^\.S[SH] /p" plain >part
	run 0 "$verb" --help
	sed -n 's/^  \(--[a-z-]*\).*/\1/p' out >options
	[ -s options ] || fail "$verb has options"
	while read -r option; do
		has part "fB${option}fR"
	done <options
done <verbs

says 'and every setting of outpost.ini'
run 0 init house
sed -n 's/^;* *\([a-z_]*\) = .*/\1/p' house/outpost.ini >keys
[ "$(wc -l <keys)" -ge 20 ] || fail 'outpost.ini has its keys'
while read -r key; do
	has plain "fB${key}fR"
done <keys

says 'the Chinese one is as long'
run 0 help --man --lang zh
cp out zh.1
has zh.1 '退'
[ "$(grep -c '^\.' en.1)" -eq "$(grep -c '^\.' zh.1)" ] || fail 'as many requests in both'

says 'groff sets both without a warning'
for page in en.1 zh.1; do
	if command -v groff >/dev/null; then
		groff -Tutf8 -man -ww -b -z -K utf8 $page >warnings 2>&1
		is warnings </dev/null
	fi
	if command -v man >/dev/null; then
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l $page >set.txt 2>warnings
		is warnings </dev/null
		has set.txt 'outpost verify DIR'
	fi
done
