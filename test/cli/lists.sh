#!/bin/sh
# lists.sh - via and places: sorted by bytes, joined by bars, bars and backslashes escaped.
. "$OUTPOST_SOURCE/test/support/shell.sh"

cat >v.csv <<'V'
person,place,from,to
A,p|1,100,200
B,p|1,100,200
A,p\2,300,400
B,p\2,300,400
A,p,500,600
B,p,500,600
A,p,700,800
B,p,700,800
V
printf 'person,from,to\nA,0,1000\n' >c.csv

says 'bars and backslashes inside an id are escaped in lists, each place stands once'
run 0 trace --visits v.csv --cases c.csv --encounters e.csv
is out <<R
$header
A,B,1,A,close,4,400,100,800,p|p\\\\2|p\\|1,window,
R

says 'outside lists ids stand raw'
is e.csv <<'R'
case,generation,via,contact,place,from,to,overlap_s,rule
A,1,A,B,p,500,600,100,window
A,1,A,B,p,700,800,100,window
A,1,A,B,p\2,300,400,100,window
A,1,A,B,p|1,100,200,100,window
R

says 'case and contact are no lists, via is one'
printf 'person,place,from,to\na|b,x,1,2\nc\\d,x,1,2\n' >w.csv
printf 'person,from,to\na|b,0,9\n' >cw.csv
run 0 trace --visits w.csv --cases cw.csv
is out <<R
$header
a|b,c\\d,1,a\\|b,close,1,1,1,2,x,window,
R
