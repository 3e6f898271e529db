#!/bin/sh
# json.sh - --json shapes the account, --format the result.
. "$OUTPOST_SOURCE/test/support/shell.sh"

printf 'person,place,from,to\nA,x,100,200\nB,x,150,300\nC,x,9,1\n' >v.csv
printf 'person,from,to\nA,0,1000\n' >c.csv
printf 'a,b\nA,B\n' >n.csv

says 'the account is one object on the last line, with the exit code'
run 1 trace --visits v.csv --cases c.csv --json
visits='{"visits":{"in":3,"accepted":2,"refused":1,"duplicate":0}'
cases='"cases":{"in":1,"accepted":1,"refused":0,"duplicate":0}'
named='"named":{"in":1,"accepted":1,"refused":0,"duplicate":0}'
last err "$visits,$cases,"'"profile":"","overrides":{},"exit":1}'
lacks err 'visits: 3 in'
is out <<R
$header
A,B,1,A,close,1,50,150,200,x,window,
R

says 'named contacts and overrides are in it when they were given'
run 1 trace --visits v.csv --cases c.csv --named n.csv --lag 5 --min-overlap 0 --json
overrides='"overrides":{"min_overlap":0,"lag":5}'
last err "$visits,$cases,$named,"'"profile":"",'"$overrides,"'"exit":1}'

says 'a failure is an object too'
run 2 trace --visits none.csv --cases c.csv --json
tail -n 1 err >line
has line '{"error":{"code":"absent","message_zh":'
has line '"exit":2}'

says '--format json writes the rows as objects with the names of the columns'
run 1 trace --visits v.csv --cases c.csv --format json
tr -d ' \n' <out >flat
{
	printf '[{"case":"A","contact":"B","generation":1,"via":"A","class":"close",'
	printf '"encounters":1,"overlap_s":50,"first_exposure":150,"last_exposure":200,'
	printf '"places":"x","rule":"window","profile":""}]'
} >want
same flat want

says '--format xlsx can be read again'
run 1 trace --visits v.csv --cases c.csv --format xlsx --out o.xlsx
head -c 2 o.xlsx >magic
printf 'PK' >want
same magic want

says 'xlsx is read as CSV is'
run 2 trace --visits o.xlsx --cases c.csv
has err 'person'
