#!/bin/sh
# accounts.sh - every row in is accepted, refused or a duplicate, and the run says so.
. "$OUTPOST_SOURCE/test/support/shell.sh"

says 'a duplicate equals an earlier accepted row in every known column after reading'
cat >v.csv <<'V'
person,place,from,to,seat,note
A,x,100,200,1,first
A,x,1970-01-01T00:01:40Z,200,1,the same instant
A,x,100,200,2,another seat
A,x,100,,1,still there
A,x,100,,1,still there again
A,x,100,201,1,another end
B,x,150,160,,
V
printf 'person,from,to\nA,0,1000\n' >c.csv
run 0 trace --visits v.csv --cases c.csv
has err 'visits: 7 in = 5 accepted + 0 refused + 2 duplicate'
last err 'cases: 1 in = 1 accepted + 0 refused + 0 duplicate'

says 'the account of a given file is there, in the order visits, cases, named, and no other'
printf 'a,b\nA,Z\n' >n.csv
run 0 trace --visits v.csv --cases c.csv --named n.csv
tail -n 3 err >account
is account <<'R'
visits: 7 in = 5 accepted + 0 refused + 2 duplicate
cases: 1 in = 1 accepted + 0 refused + 0 duplicate
named: 1 in = 1 accepted + 0 refused + 0 duplicate
R
lacks out 'accepted'

says 'several visits files are counted together, and a row of one may repeat a row of another'
printf 'person,place,from,to\nA,x,100,200\n' >one.csv
printf 'person,place,from,to\nB,x,100,200\nA,x,100,200\n' >two.csv
run 0 trace --visits one.csv --visits two.csv --cases c.csv
has err 'visits: 3 in = 2 accepted + 0 refused + 1 duplicate'
has out 'A,B,1,A,close,1,100,100,200,x,window,'

says 'visits may come from standard input'
"$OUTPOST" trace --visits - --cases c.csv <two.csv >out 2>err || fail 'exit code'
has err 'visits: 2 in = 2 accepted + 0 refused + 0 duplicate'

says 'a case again with equal values is a duplicate, with other values it is refused'
cat >cc.csv <<'C'
case,person,from,to
k1,A,0,1000
k1,A,0,1000
k1,A,0,999
,A,0,1000
A,A,0,1000
k1,B,0,1000
C
run 1 trace --visits one.csv --cases cc.csv
last err 'cases: 6 in = 2 accepted + 2 refused + 2 duplicate'

says 'a kind that differs from the first of its place is refused'
cat >k.csv <<'V'
person,place,from,to,kind
A,x,100,200,office
B,x,100,200,
C,x,100,200,office
D,x,100,200,Office
E,y,100,200,
F,y,100,200,office
V
run 1 trace --visits k.csv --cases c.csv --refused r.csv
has err 'visits: 6 in = 3 accepted + 3 refused + 0 duplicate'
is out <<R
$header
A,C,1,A,close,1,100,100,200,x,window,
R

says 'refused rows go to --refused with number, reason in both languages, and the row itself'
has r.csv 'visits,2,3,'
has r.csv 'visits,4,5,'
has r.csv 'visits,6,7,'
has r.csv 'kind differs'
has r.csv 'kind 与'
has r.csv '"D,x,100,200,Office"'

says 'one thread and two give the same answer, account and refused rows'
cp out two_out
tail -n 2 err >two_err
cp r.csv two_r.csv
run 1 trace --visits k.csv --cases c.csv --refused r.csv --threads 1
tail -n 2 err >one_err
same out two_out
same one_err two_err
same r.csv two_r.csv

says 'the kind that counts is that of the first accepted row'
printf 'person,place,from,to,kind\nA,x,2,1,ship\nA,x,100,200,office\nB,x,100,200,office\n' >k2.csv
run 1 trace --visits k2.csv --cases c.csv
has err 'visits: 3 in = 2 accepted + 1 refused + 0 duplicate'

says 'a header alone is a file of no rows'
printf 'person,place,from,to\n' >none.csv
run 0 trace --visits none.csv --cases c.csv
is out <<R
$header
R
has err 'visits: 0 in = 0 accepted + 0 refused + 0 duplicate'

says 'a file cut at any byte gives counts that add up, or a refusal'
printf 'person,place,from,to\nA,x,100,200\n"B",x,150,300\nC,"y",1,2\n' >whole.csv
bytes=$(wc -c <whole.csv)
i=0
while [ "$i" -le "$bytes" ]; do
	head -c "$i" whole.csv >cut.csv
	"$OUTPOST" trace --visits cut.csv --cases c.csv >out 2>err
	code=$?
	n_checks=$((n_checks + 1))
	if [ "$code" -gt 2 ]; then
		fail "cut at $i: exit code $code"
	elif [ "$code" -lt 2 ]; then
		awk '/^visits: / { ok = $2 == $5 + $8 + $11 } END { exit !ok }' err ||
			fail "cut at $i: $(grep '^visits' err)"
	fi
	i=$((i + 1))
done
