#!/bin/sh
# questions.sh - sources and chains over visits.
. "$OUTPOST_SOURCE/test/support/shell.sh"

# Sixty people pass the station; three who fell ill were also in the cellar together.
awk 'BEGIN {
	print "person,place,from,to"
	for (i = 1; i <= 60; i++)
		printf "p%d,station,%d,%d\n", i, 1000 + i * 10, 3000 + i * 10
	for (i = 1; i <= 3; i++)
		printf "p%d,cellar,%d,9000\n", i, 7000 + i
	print "host,cellar,6000,9500"
	print "p1,alone,10000,10010"
}' >v.csv
printf 'person,from,to\np1,0,20000\np2,0,20000\np3,0,20000\n' >c.csv

says 'sources ranks the place that the cases share and the others do not'
run 0 sources --visits v.csv --cases c.csv --encounters e.csv
head -n 1 out >first
is first <<'R'
sort,rank,id,from,to,n_cases,cases,attendees,expected,score,visits,days,overlap_s,strong,own_case
R
has out 'place,1,cellar,,,3,p1|p2|p3,4,'
has out 'place,2,station,,,3,p1|p2|p3,60,'
has out 'place,3,alone,,,1,p1,,,0.0000,1,1,,,'
has out 'event,1,cellar,7001,9000,3,p1|p2|p3,4,'
says 'and the person whom all of them met'
has out 'person,'
grep -q '^person,[0-9]*,host,7001,9000,3,p1|p2|p3,,,,,,5994,0,$' out || fail "$(grep host out)"
says 'with the evidence of every row'
has e.csv 'sort,rank,case,person,place,from,to,rule'
has e.csv 'place,1,p2,p2,cellar,7002,9000,'
has e.csv 'event,1,p3,p3,cellar,7003,9000,'

says '--top keeps the first of each sort'
run 0 sources --visits v.csv --cases c.csv --top 1
[ "$(grep -c '^place,' out)" -eq 1 ] || fail "$(cat out)"
[ "$(grep -c '^event,' out)" -eq 1 ] || fail "$(cat out)"
[ "$(grep -c '^person,' out)" -eq 1 ] || fail "$(cat out)"

says 'onset and a profile with an incubation give the backward window'
printf 'person,onset\np1,1970-01-06\n' >on.csv
run 0 sources --visits v.csv --cases on.csv --profile measles --json
run 2 sources --visits v.csv --cases on.csv
has err '--profile'
printf 'person,positive\np1,1970-01-06\n' >pos.csv
run 1 sources --visits v.csv --cases pos.csv --profile measles
last err 'cases: 1 in = 0 accepted + 1 refused + 0 duplicate'

says 'chains: who may have infected whom, only forward in time'
cat >w.csv <<'V'
person,place,from,to
A,x,100,200
B,x,150,250
B,y,300,400
C,y,350,450
V
printf 'person,from,to\nA,0,220\nB,260,500\nC,460,600\n' >cc.csv
run 0 chains --visits w.csv --cases cc.csv --format csv
is out <<'R'
from,to,given,against_time,class,encounters,overlap_s,first_exposure,last_exposure,places
A,B,0,0,close,1,50,150,200,x
B,C,0,0,close,1,50,350,400,y
R
run 0 chains --visits w.csv --cases cc.csv
tr -d ' \n' <out >flat
has flat '"nodes":[{"id":"A"'
has flat '"id":"C"'

says 'nodes are the cases in their order, then people of given links alone, by bytes'
printf 'a,b,kind\nZ,A,infected\nB,Y,infected\n' >n.csv
run 0 chains --visits w.csv --cases cc.csv --named n.csv
grep -o '"id":"[A-Z]"' out | tr -d '\n' >ids
printf '"id":"A""id":"B""id":"C""id":"Y""id":"Z"' >want
same ids want

says 'a graph goes to --out whole or not at all'
run 0 chains --visits w.csv --cases cc.csv --format dot --out g.dot
[ ! -s out ] || fail 'something on standard output'
has g.dot 'digraph'
absent g.dot.part
run 2 chains --visits w.csv --cases none.csv --out g2.json
absent g2.json
run 2 chains --visits w.csv --cases cc.csv --format png
run 2 chains --cases cc.csv
