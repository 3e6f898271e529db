#!/bin/sh
# encodings.sh - bytes of text: UTF-8, GB18030, byte order marks, line ends, delimiters, quotes.
. "$OUTPOST_SOURCE/test/support/shell.sh"

printf 'person,from,to\n张三,0,1000\n' >c.csv
cat >want.csv <<R
$header
张三,李四,1,张三,close,1,50,150,200,礼堂,window,
R

says 'UTF-8 is read as it is'
printf 'person,place,from,to\n张三,礼堂,100,200\n李四,礼堂,150,300\n' >u.csv
run 0 trace --visits u.csv --cases c.csv
same out want.csv

says 'a byte order mark and CR LF are fine'
printf '\357\273\277person,place,from,to\r\n张三,礼堂,100,200\r\n李四,礼堂,150,300\r\n' >b.csv
run 0 trace --visits b.csv --cases c.csv
same out want.csv
lacks err 'columns nobody knows'

says 'GB18030 is recognised by the first record with a byte over 127'
iconv -f UTF-8 -t GB18030 u.csv >g.csv
run 0 trace --visits g.csv --cases c.csv
same out want.csv

says 'each file has its own encoding'
iconv -f UTF-8 -t GB18030 c.csv >cg.csv
run 0 trace --visits u.csv --cases cg.csv
same out want.csv

says 'ASCII rows before decide nothing'
{ printf 'person,place,from,to\nA,y,1,2\n'; tail -n +2 g.csv; } >g2.csv
run 0 trace --visits g2.csv --cases c.csv
same out want.csv

says 'a later record that is invalid in the encoding of the file is refused'
{ cat u.csv; printf '\325\305\310\375,x,1,2\n'; } >bad.csv
run 1 trace --visits bad.csv --cases c.csv
same out want.csv
has err 'visits: 3 in = 2 accepted + 1 refused + 0 duplicate'

says 'semicolons, tabs and bars part fields as commas do'
for d in ';' '|' '\t'; do
	sed "s/,/$d/g" u.csv >d.csv
	run 0 trace --visits d.csv --cases c.csv
	same out want.csv
done

says 'quotes hold delimiters, doubled quotes and line ends, in and out'
cat >q.csv <<'V'
person,place,from,to
A,"the ""big"" hall, east",100,200
"B
b","the ""big"" hall, east",150,300
V
printf 'person,from,to\nA,0,1000\n' >ca.csv
run 0 trace --visits q.csv --cases ca.csv
is out <<R
$header
A,"B
b",1,A,close,1,50,150,200,"the ""big"" hall, east",window,
R

says 'ids are compared byte for byte and never trimmed'
printf 'person,place,from,to\nA,x,100,200\nB,x ,100,200\na,x,100,200\n' >t.csv
run 0 trace --visits t.csv --cases ca.csv
is out <<R
$header
A,a,1,A,close,1,100,100,200,x,window,
R

says 'an empty person or place is refused; a blank is an id'
printf 'person,place,from,to\n,x,100,200\nB,,100,200\n ,x,100,200\nA,x,100,200\n' >e.csv
run 1 trace --visits e.csv --cases ca.csv
has err 'visits: 4 in = 2 accepted + 2 refused + 0 duplicate'
is out <<R
$header
A," ",1,A,close,1,100,100,200,x,window,
R

says 'columns stand in any order; unknown ones are named on standard error and ignored'
printf 'to,colour,place,person,from,重量\n200,red,x,A,100,1\n300,,x,B,150,2\n' >o.csv
run 0 trace --visits o.csv --cases ca.csv
is out <<R
$header
A,B,1,A,close,1,50,150,200,x,window,
R
has err 'colour'
has err '重量'

says 'an empty line is no row'
printf 'person,place,from,to\n\nA,x,100,200\n\n\nB,x,100,200\n\n' >l.csv
run 0 trace --visits l.csv --cases ca.csv
has err 'visits: 2 in = 2 accepted + 0 refused + 0 duplicate'

says 'a row with a field too many or too few, a stray quote and an open quote are refused'
printf 'person,place,from,to\nA,x,100,200\nB,x,100\nC,x,100,200,\nD"d,x,100,200\n' >s.csv
printf '"E,x,100,200\n' >>s.csv
run 1 trace --visits s.csv --cases ca.csv
has err 'visits: 5 in = 1 accepted + 4 refused + 0 duplicate'
