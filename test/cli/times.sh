#!/bin/sh
# times.sh - how times are read and written.
. "$OUTPOST_SOURCE/test/support/shell.sh"

cat >v.csv <<'V'
person,place,from,to
A,x,2021-07-22T10:00+08:00,2021-07-22T11:00+08:00
B,x,2021-07-22T10:30,2021-07-22 11:30:00
C,x,1626922800,1626924000
D,x,2021-07-22T02:10Z,2021-07-22T02:20Z
V

says 'offsets, Z, local times and seconds mean the same instants; touching ends do not meet'
printf 'person,from,to\nA,2021-07-22,2021-07-23\n' >c.csv
run 0 trace --visits v.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,1,1800,2021-07-22T10:30:00+08:00,2021-07-22T11:00:00+08:00,x,window,
A,D,1,A,close,1,600,2021-07-22T10:10:00+08:00,2021-07-22T10:20:00+08:00,x,window,
R

says 'an integer as the first time of the cases makes all times of the result integers'
printf 'person,from,to\nA,1626883200,2021-07-23\n' >c.csv
run 0 trace --visits v.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,1,1800,1626921000,1626922800,x,window,
A,D,1,A,close,1,600,1626919800,1626920400,x,window,
R

says 'the first time is the first in the order of the columns of the file'
printf 'to,person,from\n2021-07-23,A,1626883200\n' >c.csv
run 0 trace --visits v.csv --cases c.csv
has out 'A,B,1,A,close,1,1800,2021-07-22T10:30:00+08:00,2021-07-22T11:00:00+08:00,x,window,'

says 'the first time is the first that can be read, in a refused row too'
printf 'person,from,to\nA,5,4\nA,2021-07-22,2021-07-23\n' >c.csv
run 1 trace --visits v.csv --cases c.csv
has out '1626921000,1626922800'
printf 'person,from,to\nA,soon,2021-07-23\nA,2021-07-22,2021-07-23\n' >c.csv
run 1 trace --visits v.csv --cases c.csv
has out '2021-07-22T10:30:00+08:00'

says '--tz says where local times and bare dates lie, and how times are written'
printf 'person,from,to\nA,2021-07-22,2021-07-23\n' >c.csv
printf 'person,place,from,to\nA,x,2021-07-22T00:00,2021-07-22T01:00\n' >u.csv
printf 'B,x,2021-07-22T00:30Z,2021-07-22T02:00Z\n' >>u.csv
run 0 trace --visits u.csv --cases c.csv --tz UTC
is out <<R
$header
A,B,1,A,close,1,1800,2021-07-22T00:30:00+00:00,2021-07-22T01:00:00+00:00,x,window,
R
run 0 trace --visits u.csv --cases c.csv
is out <<R
$header
R

says 'a window is half-open: what begins at its end is outside, what ends at its start too'
cat >w.csv <<'V'
person,place,from,to
A,x,100,200
B,x,100,200
V
printf 'person,from,to\nA,200,300\n' >c.csv
run 0 trace --visits w.csv --cases c.csv
is out <<R
$header
R
printf 'person,from,to\nA,0,100\n' >c.csv
run 0 trace --visits w.csv --cases c.csv
is out <<R
$header
R
printf 'person,from,to\nA,199,300\n' >c.csv
run 0 trace --visits w.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,1,1,199,200,x,window,
R

says 'an empty to means still there: until the greatest time of the visits'
cat >o.csv <<'V'
person,place,from,to
A,x,100,
B,x,150,
C,y,100,500
V
printf 'person,from,to\nA,0,\n' >c.csv
run 0 trace --visits o.csv --cases c.csv
is out <<R
$header
A,B,1,A,close,1,350,150,500,x,window,
R

says 'reversed and zero-length intervals are refused, in visits and in windows'
cat >r.csv <<'V'
person,place,from,to
A,x,100,200
B,x,200,100
C,x,150,150
D,x,150,160
V
printf 'person,from,to\nA,0,300\nB,5,5\n' >c.csv
run 1 trace --visits r.csv --cases c.csv
is out <<R
$header
A,D,1,A,close,1,10,150,160,x,window,
R
has err 'visits: 4 in = 2 accepted + 2 refused + 0 duplicate'
last err 'cases: 2 in = 1 accepted + 1 refused + 0 duplicate'

says 'no such date, hour or second, a fraction of a second and words are no times'
cat >b.csv <<'V'
person,place,from,to
A,x,2021-02-29,2021-03-01
A,x,2021-07-22T24:01,2021-07-23
A,x,2021-07-22T10:00:60,2021-07-23
A,x,2021-07-22T10:00:00.5,2021-07-23
A,x,yesterday,2021-07-23
A,x,1.5,2021-07-23
A,x, 100,200
A,x,,200
A,x,22/07/2021,2021-07-23
A,x,2021-07-22T24:00,2021-07-24
V
printf 'person,from,to\nA,0,300\n' >c.csv
run 1 trace --visits b.csv --cases c.csv
has err 'visits: 10 in = 1 accepted + 9 refused + 0 duplicate'

says 'a bare date of onset or positive opens the window at local midnight, days before it'
cat >p.csv <<'V'
person,place,from,to,kind
A,x,2021-07-19T23:00,2021-07-20T01:00,家庭
B,x,2021-07-19T23:30,2021-07-20T00:30,家庭
V
printf 'person,onset\nA,2021-07-22\n' >c.csv
run 0 trace --visits p.csv --cases c.csv --profile covid19.cn.2020-05
has out 'A,B,1,A,close,1,1800,2021-07-20T00:00:00+08:00,2021-07-20T00:30:00+08:00,x,household,'
printf 'person,positive\nA,2021-07-22T18:30\n' >c.csv
run 0 trace --visits p.csv --cases c.csv --profile covid19.cn.2020-05
has out 'A,B,1,A,close,1,1800,2021-07-20T00:00:00+08:00'

says 'a bare date of isolation is the end of that day, an instant is that instant'
cat >i.csv <<'V'
person,place,from,to,kind
A,x,2021-07-22T20:00,2021-07-23T08:00,家庭
B,x,2021-07-22T20:00,2021-07-23T08:00,家庭
V
printf 'person,onset,isolated\nA,2021-07-22,2021-07-22\n' >c.csv
run 0 trace --visits i.csv --cases c.csv --profile covid19.cn.2020-05
has out 'A,B,1,A,close,1,14400,2021-07-22T20:00:00+08:00,2021-07-23T00:00:00+08:00'
printf 'person,onset,isolated\nA,2021-07-22,2021-07-22T21:00\n' >c.csv
run 0 trace --visits i.csv --cases c.csv --profile covid19.cn.2020-05
has out 'A,B,1,A,close,1,3600,2021-07-22T20:00:00+08:00,2021-07-22T21:00:00+08:00'
