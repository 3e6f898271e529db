#!/bin/sh
# kill.sh - a sealing that is killed at any moment leaves the old state or the new one.
. "$OUTPOST_SOURCE/test/support/shell.sh"

town() { # ROWS WHO: visits in which WHO stands
	awk -v n="$1" -v who="$2" 'BEGIN {
		print "person,place,from,to"
		for (i = 0; i < n; i++) {
			from = 1626883200 + (i * 7919) % 1209600
			printf "%s%d,x%d,%d,%d\n", who, i % 997, i % 13, from, from + 3000
		}
	}'
}
town 2000 old >old.csv
town 120000 new >new.csv
printf 'person,from,to\nold1,2021-07-22,2021-08-25\nnew1,2021-07-22,2021-08-25\n' >c.csv
run 0 trace --visits old.csv --cases c.csv
cp out old
run 0 trace --visits new.csv --cases c.csv
cp out new
if [ "$(wc -l <old)" -lt 3 ] || [ "$(wc -l <new)" -lt 3 ]; then
	fail 'the answers are too small to prove anything'
fi

says 'whenever it is killed, the folder answers as before or as after'
t0=$(date +%s%N)
run 0 seal --visits new.csv --out timed
step=$((($(date +%s%N) - t0) / 20000000 + 1)) # ms: the last of 24 comes after the end
n_old=0
n_new=0
i=0
while [ "$i" -lt 24 ]; do
	if [ $((i % 6)) -eq 0 ]; then
		run 0 seal --visits old.csv --out d
	fi
	"$OUTPOST" seal --visits new.csv --out d >/dev/null 2>&1 &
	pid=$!
	sleep "$(printf '%d.%03d' $((i * step / 1000)) $((i * step % 1000)))"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	run 0 trace --segments d --cases c.csv
	if cmp -s out old; then
		n_old=$((n_old + 1))
	elif cmp -s out new; then
		n_new=$((n_new + 1))
	else
		fail "after $((i * step)) ms it is neither"
	fi
	lacks err 'not in its manifest'
	i=$((i + 1))
done
echo "$n_old times the old state, $n_new times the new one"

says 'the next sealing removes what killed ones left'
run 0 seal --visits old.csv --out d
listed=$(grep -c '^[a-z-]*[.0-9a-z-]*\.\(names\|visits\) ' d/MANIFEST)
[ "$(find d -type f | wc -l)" -eq $((listed + 1)) ] || fail "$(ls d)"

says 'a folder that only ever saw killed runs can be sealed'
mkdir f
: >f/persons.g000001.names
: >f/day-2021-07-22.g000001.visits
: >f/spill-1
: >f/MANIFEST.new
run 2 trace --segments f --cases c.csv
run 0 seal --visits old.csv --out f
run 0 trace --segments f --cases c.csv
same out old
[ ! -e f/spill-1 ] || fail 'spill-1 is still there'
