#!/bin/sh
# segments.sh - sealed segments answer as the files do.
. "$OUTPOST_SOURCE/test/support/shell.sh"

# Three nights in shared rooms, stays over midnight, an open end, late rows, duplicates.
awk 'BEGIN {
	print "person,place,from,to,kind,seat,role"
	for (i = 0; i < 400; i++) {
		p = (i * 7919) % 37; q = (i * 104729) % 11
		from = 1626883200 + (i * 1299709) % 259200; to = from + 600 + (i * 15485863) % 40000
		row = sprintf("p%d,place|%d,%d,%s,k%d,%s,%s", p, q, from,
			i % 50 == 3 ? "" : to, q % 3, i % 5 == 0 ? i % 7 "A" : "",
			i % 9 == 0 ? "crew" : "")
		print row
		if (i % 40 == 0)
			print row
	}
}' >v.csv
cat >c.csv <<'C'
case,person,from,to
1,p1,2021-07-22,2021-07-25
2,p2,2021-07-22T18:00,
3,nobody,2021-07-22,2021-07-25
4,p30,2021-07-22T23:59:59,2021-07-23T00:00:01
C
printf 'a,b,from,to\np1,stranger,,\np2,p9,2021-07-23,2021-07-23T01:00\n' >n.csv

says 'sealing says what it did and gives the account'
run 0 seal --visits v.csv --out d
last err 'visits: 410 in = 400 accepted + 0 refused + 10 duplicate'
[ ! -s out ] || fail 'something on standard output'

says 'the same question over segments has the same answer and proof, to the last byte'
for words in '' '--generations 3' '--min-overlap 15 --lag 10' '--named n.csv --generations 2' \
	'--profile measles --generations 2'; do
	# shellcheck disable=SC2086
	run 0 trace --visits v.csv --cases c.csv --encounters e1.csv $words
	cp out from_csv
	# shellcheck disable=SC2086
	run 0 trace --segments d --cases c.csv --encounters e2.csv $words
	same out from_csv
	same e1.csv e2.csv
	lacks err 'visits:'
	[ "$(wc -l <out)" -gt 10 ] || fail 'the answer is too small to prove anything'
done

says 'the order of the rows is no matter'
{ head -n 1 v.csv; tail -n +2 v.csv | sort -r; } >shuffled.csv
run 0 seal --visits shuffled.csv --out d2
run 0 trace --segments d --cases c.csv --generations 2
cp out a
run 0 trace --segments d2 --cases c.csv --generations 2
same out a

says 'sources and chains read segments too'
run 0 sources --visits v.csv --cases c.csv
cp out a
run 0 sources --segments d --cases c.csv
same out a
run 0 chains --visits v.csv --cases c.csv
cp out a
run 0 chains --segments d --cases c.csv
same out a

says 'a file that the manifest does not list is named on standard error and ignored'
run 0 trace --segments d --cases c.csv
cp out a
echo note >d/notes.txt
run 0 trace --segments d --cases c.csv
same out a
has err 'notes.txt'

says 'sealing again replaces what was there, and leaves no old files'
printf 'person,place,from,to\np1,new,1626883200,1626886800\nq,new,1626883200,1626886800\n' >new.csv
run 0 seal --visits new.csv --out d
run 0 trace --segments d --cases c.csv
is out <<R
$header
1,q,1,p1,close,1,3600,2021-07-22T00:00:00+08:00,2021-07-22T01:00:00+08:00,new,window,
R
[ "$(find d -name 'day-*' | wc -l)" -eq 1 ] || fail 'old days are still there'
[ -e d/notes.txt ] || fail 'a foreign file was removed'

says 'rows refused while sealing give exit code 1 and are reported'
printf 'person,place,from,to\np1,new,5,1\nq,new,1626883200,1626886800\n' >bad.csv
run 1 seal --visits bad.csv --out d3 --refused r.csv
last err 'visits: 2 in = 1 accepted + 1 refused + 0 duplicate'
has r.csv 'visits,1,2,'

says 'no visits at all can be sealed and asked'
printf 'person,place,from,to\n' >none.csv
run 0 seal --visits none.csv --out d4
run 0 trace --segments d4 --cases c.csv
is out <<R
$header
R

says 'a folder that holds something else is refused and left alone'
mkdir other
echo mine >other/file
run 2 seal --visits v.csv --out other
has err 'file'
[ "$(ls other)" = file ] || fail 'something was written there'
mkdir other2
echo mine >other2/MANIFEST
run 2 seal --visits v.csv --out other2
[ "$(ls other2)" = MANIFEST ] || fail 'something was written there'

says 'a folder that is none, is empty or is a file holds no segments'
mkdir empty
run 2 trace --segments empty --cases c.csv
run 2 trace --segments nowhere --cases c.csv
run 2 trace --segments v.csv --cases c.csv
run 2 seal --visits v.csv --out v.csv

says 'input that cannot be read leaves the old state'
run 2 seal --visits v.csv --visits missing.csv --out d
run 0 trace --segments d --cases c.csv
has out '1,q,1,p1'
[ "$(find d -name '*.g000001.*' -o -name '*.g000003.*' -o -name 'spill-*' | wc -l)" -eq 0 ] ||
	fail 'files of the failed run are still there'

says 'the zone of the visits is kept; --tz speaks of cases and results'
run 0 seal --visits new.csv --out utc --tz UTC
run 0 trace --segments utc --cases c.csv
has out '2021-07-22T00:00:00+08:00'

says 'while one seals, another is kept out and told who is at work'
mkfifo slow
"$OUTPOST" seal --visits slow --out shared >/dev/null 2>&1 &
first=$!
exec 3>slow
echo 'person,place,from,to' >&3
while [ ! -s shared/LOCK ]; do
	kill -0 "$first" || fail 'the first one is gone'
done
run 2 seal --visits v.csv --out shared
has err "process $first on host"
has err "进程 $first"
exec 3>&-
wait "$first" || fail 'the first one failed'
[ ! -e shared/LOCK ] || fail 'the lock is still there'
run 0 seal --visits v.csv --out shared
