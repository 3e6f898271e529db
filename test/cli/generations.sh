#!/bin/sh
# generations.sh - encounters, stays, lag, minimum, and who hangs on whom.
. "$OUTPOST_SOURCE/test/support/shell.sh"

printf 'person,from,to\nA,0,1000\n' >c.csv
cat >v.csv <<'V'
person,place,from,to
A,x,100,200
B,x,150,250
B,y,300,400
C,y,350,450
B,z,50,120
D,z,50,120
C,w,500,600
E,w,500,600
F,x,150,160
F,y,300,310
A,y,390,395
V

says 'without --generations there is one; the case is never its own contact'
run 0 trace --visits v.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,2,55,150,395,x|y,window,
A,C,1,A,close,1,5,390,395,y,window,
A,F,1,A,close,1,10,150,160,x,window,
R

sed '/^A,y/d' v.csv >v2.csv
says 'the second generation opens at the first exposure of the person it hangs on'
run 0 trace --visits v2.csv --cases c.csv --generations 2
is out <<R
$header
A,B,1,A,close,1,50,150,200,x,window,
A,F,1,A,close,1,10,150,160,x,window,
A,C,2,B,secondary,1,50,350,400,y,window,
R

says 'nobody stands in two generations of one case; three generations go on from the second'
run 0 trace --visits v2.csv --cases c.csv --generations 3
is out <<R
$header
A,B,1,A,close,1,50,150,200,x,window,
A,F,1,A,close,1,10,150,160,x,window,
A,C,2,B,secondary,1,50,350,400,y,window,
A,E,3,C,secondary,1,100,500,600,w,window,
R
cp out three

says 'there is no limit on the number of generations'
run 0 trace --visits v2.csv --cases c.csv --generations 99999999999
same out three
run 2 trace --visits v2.csv --cases c.csv --generations 0
run 2 trace --visits v2.csv --cases c.csv --generations two

says 'every generation ends with the window of the case'
printf 'person,from,to\nA,0,375\n' >c375.csv
run 0 trace --visits v2.csv --cases c375.csv --generations 3
is out <<R
$header
A,B,1,A,close,1,50,150,200,x,window,
A,F,1,A,close,1,10,150,160,x,window,
A,C,2,B,secondary,1,25,350,375,y,window,
R

says 'meeting two via-persons at once counts twice; via lists them by bytes'
cat >two.csv <<'V'
person,place,from,to
A,x,100,200
b2,x,100,200
b1,x,100,200
b1,y,300,400
b2,y,300,400
C,y,300,400
V
run 0 trace --visits two.csv --cases c.csv --generations 2 --encounters e.csv
is out <<R
$header
A,b1,1,A,close,1,100,100,200,x,window,
A,b2,1,A,close,1,100,100,200,x,window,
A,C,2,b1|b2,secondary,2,200,300,400,y,window,
R
says 'the proof has a row for each counted encounter, in the order of the result'
is e.csv <<'R'
case,generation,via,contact,place,from,to,overlap_s,rule
A,1,A,b1,x,100,200,100,window
A,1,A,b2,x,100,200,100,window
A,2,b1,C,y,300,400,100,window
A,2,b2,C,y,300,400,100,window
R

says 'visits of one person in one place that overlap or touch are one stay'
cat >s.csv <<'V'
person,place,from,to
A,x,100,200
A,x,200,300
A,x,120,130
B,x,150,250
V
run 0 trace --visits s.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,1,100,150,250,x,window,
R

says 'with another seat or role they are another stay, and each pair of stays is an encounter'
cat >s2.csv <<'V'
person,place,from,to,seat
A,x,100,200,1
A,x,200,300,2
B,x,150,250,
V
run 0 trace --visits s2.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,2,100,150,250,x,window,
R
sed 's/seat/role/' s2.csv >s3.csv
run 0 trace --visits s3.csv --cases c.csv
has out 'A,B,1,A,close,2,100,150,250,x,window,'

says 'a seat and a role are not one text: (a, bc) is not (ab, c)'
printf 'person,place,from,to,seat,role\nA,x,100,200,a,bc\nA,x,200,300,ab,c\nB,x,150,250,,\n' >s4.csv
run 0 trace --visits s4.csv --cases c.csv
has out 'A,B,1,A,close,2,100,150,250,x,window,'

says 'an encounter counts when its overlap reaches the minimum, each by itself'
cat >m.csv <<'V'
person,place,from,to
A,x,0,1000
B,x,100,159
C,x,100,160
D,x,100,130
D,x,200,259
V
run 0 trace --visits m.csv --cases c.csv --min-overlap 1
is out <<R
$header
A,C,1,A,close,1,60,100,160,x,window,
R
has err 'minimum overlap overridden: 1 min'
says 'a minimum of 0 is at least one second'
run 0 trace --visits m.csv --cases c.csv --min-overlap 0
has out 'A,D,1,A,close,2,89,100,259,x,window,'

says 'the stay is clipped to the window, then lengthened by the lag'
cat >l.csv <<'V'
person,place,from,to
A,x,100,200
B,x,250,300
C,x,200,220
V
run 0 trace --visits l.csv --cases c.csv --lag 1
is out <<R
$header
A,B,1,A,close,1,10,250,260,x,window,
A,C,1,A,close,1,20,200,220,x,window,
R
printf 'person,from,to\nA,0,150\n' >c150.csv
run 0 trace --visits l.csv --cases c150.csv --lag 1
is out <<R
$header
A,C,1,A,close,1,10,200,210,x,window,
R

says 'lengthened stays that overlap are merged again'
cat >ll.csv <<'V'
person,place,from,to
A,x,100,200
A,x,230,300
B,x,150,290
V
run 0 trace --visits ll.csv --cases c.csv --lag 1
is out <<R
$header
A,B,1,A,close,1,140,150,290,x,window,
R

says 'cases come in the order of the input, contacts by generation and then by bytes'
printf 'case,person,from,to\nz,A,0,1000\na,B,0,1000\nm,nobody,0,1000\n' >many.csv
printf 'person,place,from,to\nA,x,1,2\nB,x,1,2\nb,x,1,2\nBB,x,1,2\n' >mv.csv
run 0 trace --visits mv.csv --cases many.csv
is out <<R
$header
z,B,1,A,close,1,1,1,2,x,window,
z,BB,1,A,close,1,1,1,2,x,window,
z,b,1,A,close,1,1,1,2,x,window,
a,A,1,B,close,1,1,1,2,x,window,
a,BB,1,B,close,1,1,1,2,x,window,
a,b,1,B,close,1,1,1,2,x,window,
R

says 'with a profile, general contacts open no further generation, close ones do'
cat >g.csv <<'V'
person,place,from,to,kind
A,mall,2021-07-22T10:00,2021-07-22T11:00,public_place
B,mall,2021-07-22T10:00,2021-07-22T11:00,public_place
A,home,2021-07-22T20:00,2021-07-22T21:00,家庭
C,home,2021-07-22T20:00,2021-07-22T21:00,家庭
B,h2,2021-07-22T22:00,2021-07-22T23:00,家庭
D,h2,2021-07-22T22:00,2021-07-22T23:00,家庭
C,h3,2021-07-22T22:00,2021-07-22T23:00,家庭
E,h3,2021-07-22T22:00,2021-07-22T23:00,家庭
V
printf 'person,onset\nA,2021-07-22\n' >o.csv
run 0 trace --visits g.csv --cases o.csv --profile covid19.cn.2020-05 --generations 3
d=2021-07-22T
z=:00:00+08:00
p=covid19.cn.2020-05@1
is out <<R
$header
A,B,1,A,general,1,3600,${d}10$z,${d}11$z,mall,public-place,$p
A,C,1,A,close,1,3600,${d}20$z,${d}21$z,home,household,$p
A,E,2,C,secondary,1,3600,${d}22$z,${d}23$z,h3,household,$p
R

says 'overrides change what a profile says, and the profile column tells'
run 0 trace --visits g.csv --cases o.csv --profile covid19.cn.2020-05 --min-overlap 61
is out <<R
$header
R
run 0 trace --visits g.csv --cases o.csv --profile covid19.cn.2020-05 --lag 5
has out 'covid19.cn.2020-05@1 lag'
