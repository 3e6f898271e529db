#!/bin/sh
# named.sh - two people known to have met, with or without a time.
. "$OUTPOST_SOURCE/test/support/shell.sh"

printf 'person,from,to\nA,100,500\n' >c.csv
cat >v.csv <<'V'
person,place,from,to
B,y,110,120
E,y,110,120
Z,q,0,700
V

says 'without times it is one encounter of overlap 0, counts at any minimum, and opens the next'
printf 'a,b\nA,B\n' >n.csv
run 0 trace --visits v.csv --cases c.csv --named n.csv --generations 2 --encounters e.csv
is out <<R
$header
A,B,1,A,close,1,0,,,,window,
A,E,2,B,secondary,1,10,110,120,y,window,
R
is e.csv <<'R'
case,generation,via,contact,place,from,to,overlap_s,rule
A,1,A,B,,,,0,window
A,2,B,E,y,110,120,10,window
R
run 0 trace --visits v.csv --cases c.csv --named n.csv --min-overlap 60
has out 'A,B,1,A,close,1,0,,,,window,'

says 'a,b equals b,a; a,a is refused; an empty one is refused'
printf 'a,b\nB,A\nA,B\nA,A\n,A\nA,\n' >n2.csv
run 1 trace --visits v.csv --cases c.csv --named n2.csv --refused r.csv
last err 'named: 5 in = 1 accepted + 3 refused + 1 duplicate'
has out 'A,B,1,A,close,1,0,,,,window,'
has r.csv 'named,3,4,'

says 'with times it counts if it meets the window, clipped to it'
cat >n3.csv <<'N'
b,a,from,to
A,C,90,150
A,D,500,600
F,A,450,
G,A,0,100
N
run 0 trace --visits v.csv --cases c.csv --named n3.csv
is out <<R
$header
A,C,1,A,close,1,50,100,150,,window,
A,F,1,A,close,1,50,450,500,,window,
R

says 'an open end, and a window without one, end at the greatest time of the visits'
printf 'person,from,to\nA,100,\n' >open.csv
run 0 trace --visits v.csv --cases open.csv --named n3.csv
has out 'A,F,1,A,close,1,250,450,700,,window,'

says 'reversed and zero times, and a to without a from, are refused'
printf 'a,b,from,to\nA,C,5,5\nA,C,6,5\nA,C,,5\nA,C,x,\n' >n4.csv
run 1 trace --visits v.csv --cases c.csv --named n4.csv
last err 'named: 4 in = 0 accepted + 4 refused + 0 duplicate'

says 'visits and named contacts add up in one row'
printf 'a,b\nA,M\n' >n5.csv
printf 'person,place,from,to\nA,x,100,200\nM,x,150,300\n' >v5.csv
run 0 trace --visits v5.csv --cases c.csv --named n5.csv
is out <<R
$header
A,M,1,A,close,2,50,150,200,x,window,
R

says 'rows with other times are other rows; an equal one is a duplicate'
printf 'a,b,from,to,kind\nA,M,110,120,meal\nM,A,110,120,meal\nA,M,130,140,meal\n' >n6.csv
run 0 trace --visits v.csv --cases c.csv --named n6.csv
has err 'named: 3 in = 2 accepted + 0 refused + 1 duplicate'
has out 'A,M,1,A,close,2,20,110,140,,window,'

says 'with a profile the rule of a named contact is called named'
printf 'person,onset\nA,2021-07-22\n' >o.csv
run 0 trace --visits v.csv --cases o.csv --named n.csv --profile covid19.cn.2020-05
has out 'A,B,1,A,close,1,0,,,,named,covid19.cn.2020-05@1'

says 'a infected b is a fact for chains, dated or not, without visits and without cases'
cat >i.csv <<'N'
a,b,kind,from,to
P,Q,infected,,
Q,R,infected,100,200
Q,S,met,100,200
N
run 0 chains --named i.csv --format csv
is out <<'R'
from,to,given,against_time,class,encounters,overlap_s,first_exposure,last_exposure,places
P,Q,1,0,,0,0,,,
Q,R,1,0,,0,0,1970-01-01T08:01:40+08:00,1970-01-01T08:03:20+08:00,
R
run 0 chains --named i.csv
has out '"id":"P"'
lacks out '"id":"S"'
run 0 chains --named i.csv --format dot
has out 'digraph'
run 0 chains --named i.csv --format graphml
has out '<graphml'

says 'chains of cases come from their visits'
printf 'person,from,to\nA,100,500\nM,100,500\n' >cm.csv
run 0 chains --visits v5.csv --cases cm.csv --format csv
has out 'from,to,given'

says 'the same named contact is one of trace as well'
run 0 trace --visits v.csv --cases c.csv --named i.csv
has err 'named: 3 in = 3 accepted + 0 refused + 0 duplicate'
