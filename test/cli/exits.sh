#!/bin/sh
# exits.sh - 0 all good, 1 rows refused, 2 usage or unreadable input; and nothing written then.
. "$OUTPOST_SOURCE/test/support/shell.sh"

printf 'person,place,from,to\nA,x,1,9\nB,x,1,9\n' >v.csv
printf 'person,from,to\nA,0,10\n' >c.csv

says 'help and version are answers: exit code 0, on standard output'
for words in --help help -h version --version 'trace --help' 'seal --help' 'sources --help' \
	'chains --help' 'profiles --help' 'bench --help' 'demo --help' 'init --help' \
	'serve --help' 'check --help' 'verify --help' 'fsck --help' 'user --help' 'area --help' \
	'expiry --help' 'import --help' 'export --help' 'backup --help' 'restore --help'; do
	# shellcheck disable=SC2086  # words are words
	run 0 $words
	[ -s out ] || fail "nothing on standard output: $words"
	[ ! -s err ] || fail "something on standard error: $words"
done

says 'the help of a verb lists its options, in the language asked for'
run 0 trace --help --lang en
for option in --visits --segments --cases --named --profile --generations --out --format \
	--encounters --refused --json --min-overlap --lag --pre-days --tz --sheet; do
	has out "$option"
done
run 0 trace --help --lang zh
has out '用法'
LANG=zh_CN.UTF-8 run 0 --help
has out '用法'

says 'no verb, a word nobody knows, an unknown or shortened option: 2'
run 2
run 2 fly
run 2 trace --vists v.csv --cases c.csv
run 2 trace --vis v.csv --cases c.csv
run 2 trace --visits v.csv --cases c.csv more
run 2 trace --visits
run 2 trace --visits v.csv --cases c.csv --json=yes
run 2 trace --visits v.csv --cases c.csv --cases c.csv
run 2 trace --visits v.csv --cases c.csv --lang fr
has err '--help'

says 'what must be given is asked for'
run 2 trace --visits v.csv
has err '--cases'
run 2 trace --cases c.csv
has err '--visits'
run 2 trace --visits v.csv --segments d --cases c.csv
run 2 seal --visits v.csv
run 2 seal --out d
run 2 sources --visits v.csv
run 2 chains
run 2 bench
run 2 bench fly
absent d

says '--name=value is --name value, and -- ends the options'
run 0 trace --visits=v.csv --cases=c.csv
run 0 trace --visits v.csv --cases c.csv --
run 2 trace --visits v.csv --cases c.csv -- --json

says 'numbers out of range are refused'
for words in '--min-overlap -1' '--min-overlap x' '--lag 1.5' '--lag' '--generations -1' \
	'--pre-days -1' '--min-overlap 99999999999999999999'; do
	# shellcheck disable=SC2086
	run 2 trace --visits v.csv --cases c.csv $words
done

says 'and so are overrides that no profile takes, before anything is read'
for words in '--pre-days 366' '--lag 527041' '--min-overlap 527041'; do
	# shellcheck disable=SC2086
	run 2 trace --visits none.csv --cases c.csv --profile measles $words
	has err "${words% *} needs a whole number from 0 to"
done

says 'a file that cannot be read: 2, with a sentence in both languages, and nothing written'
echo before >o.csv
run 2 trace --visits none.csv --cases c.csv --out o.csv --refused r.csv --encounters e.csv
has err 'none.csv'
run 2 trace --visits v.csv --cases none.csv --out o.csv --refused r.csv --encounters e.csv
run 2 trace --visits v.csv --cases c.csv --named none.csv --out o.csv --refused r.csv
run 2 trace --visits . --cases c.csv --out o.csv
: >empty.csv
run 2 trace --visits empty.csv --cases c.csv --out o.csv
[ ! -s out ] || fail 'something on standard output'
is o.csv <<'R'
before
R
absent r.csv
absent e.csv
absent o.csv.part

says 'a missing column is named'
printf 'person,place,from\nA,x,1\n' >m.csv
run 2 trace --visits m.csv --cases c.csv
has err 'to'
printf 'persona,from,to\nA,0,10\n' >mc.csv
run 2 trace --visits v.csv --cases mc.csv
has err 'person'
printf 'person,isolated\nA,5\n' >mw.csv
run 2 trace --visits v.csv --cases mw.csv
has err 'onset'
printf 'a,c\nA,B\n' >mn.csv
run 2 trace --visits v.csv --cases c.csv --named mn.csv

says 'onset without a profile needs --profile; a row without any window is refused'
printf 'person,onset\nA,5\n' >on.csv
run 2 trace --visits v.csv --cases on.csv
has err '--profile'
printf 'person,from,to,onset\nA,0,10,\nB,,,\nC,,,5\nD,,10,\n' >mix.csv
run 1 trace --visits v.csv --cases mix.csv
last err 'cases: 4 in = 1 accepted + 3 refused + 0 duplicate'
run 2 trace --visits v.csv --cases c.csv --pre-days 3

says 'a profile nobody knows, a file that is none, a zone that is none: 2'
run 2 trace --visits v.csv --cases c.csv --profile covid20
run 2 trace --visits v.csv --cases c.csv --profile none.json
echo '{' >bad.json
run 2 trace --visits v.csv --cases c.csv --profile bad.json
run 2 trace --visits v.csv --cases c.csv --tz Mars/Olympus

says 'an unknown format is refused; xlsx needs --out; two results cannot be one file'
run 2 trace --visits v.csv --cases c.csv --format yaml
run 2 trace --visits v.csv --cases c.csv --format xlsx
run 2 trace --visits v.csv --cases c.csv --out z.csv --encounters z.csv
absent z.csv

says 'a result is never written over what it was made from'
cp v.csv vv.csv
ln -s vv.csv link.csv
for out in --out --encounters --refused; do
	run 2 trace --visits vv.csv --cases c.csv $out ./vv.csv
	has err '--visits and'
	run 2 trace --visits vv.csv --cases c.csv $out link.csv
	run 2 trace --visits vv.csv --cases c.csv $out c.csv
	has err '--cases and'
done
run 2 seal --visits vv.csv --out d --refused vv.csv
run 2 sources --visits vv.csv --cases c.csv --out vv.csv
run 2 chains --visits vv.csv --cases c.csv --out vv.csv
same v.csv vv.csv
run 0 trace --visits v.csv --cases c.csv --out /dev/null --encounters /dev/null

says 'however a path is spelled, and also while it is but a part'
run 2 trace --visits v.csv --cases c.csv --out z.csv --encounters ./z.csv
has err '--out and --encounters'
run 2 trace --visits v.csv --cases c.csv --out z.csv --encounters z.csv.part
run 2 trace --visits v.csv --cases c.csv --out z.csv.part --refused ../"${PWD##*/}"/z.csv
absent z.csv
absent z.csv.part
mv vv.csv vv.csv.part
run 2 trace --visits vv.csv.part --cases c.csv --out vv.csv
has err '--visits and --out'
same v.csv vv.csv.part
cat >pp.json <<'J'
{"id":"x","version":1,"label":{"zh":"x","en":"x"},"sources":["x"],"valid_from":null,
"valid_to":null,"anchors":[{"at":"onset","pre_days":2,"post_days":5}],"until_isolation":false,
"lag_min":0,"min_overlap_min":0,"rules":[{"id":"r","kinds":["*"],"class":"close"}],"tag":"L"}
J
run 0 trace --visits v.csv --cases c.csv --profile 'pp.json#x' --out z.csv
rm z.csv
run 2 trace --visits v.csv --cases c.csv --profile 'pp.json#x' --out pp.json
has err '--profile and --out'
run 0 profiles pp.json

says 'nothing is written into a folder of sealed visits'
run 0 seal --visits v.csv --out sealed
run 2 trace --segments sealed --cases c.csv --out sealed/MANIFEST
has err '--segments'
run 2 seal --visits v.csv --out sealed --refused sealed/r.csv
run 0 trace --segments sealed --cases c.csv
absent sealed/r.csv

says 'standard output takes one result; it is no file, and not the standard input'
run 2 trace --visits v.csv --cases c.csv --encounters -
run 2 trace --visits v.csv --cases c.csv --out - --refused /dev/stdout
[ ! -s out ] || fail 'something on standard output'
run 2 trace --visits - --cases - </dev/null
has err 'standard input (-) can be one input only'
"$OUTPOST" trace --visits v.csv --cases - --out - <c.csv >out 2>err || fail "$(cat err)"
has out 'A,B,1,A'
echo before >log.csv
"$OUTPOST" trace --visits v.csv --cases c.csv --out /dev/stdout >>log.csv 2>err || fail "$(cat err)"
has log.csv 'before'
has log.csv 'A,B,1,A'

says 'of several results none is there if one cannot be written'
printf 'person,place,from,to\nA,x,1,9\nB,x,1,9\nC,x,9,1\n' >r1.csv
echo before >r.csv
for verb in trace sources; do
	run 2 $verb --visits r1.csv --cases c.csv --out /dev/full --refused r.csv --encounters e.csv
	absent e.csv
	absent e.csv.part
done
run 2 chains --visits r1.csv --cases c.csv --out /dev/full --refused r.csv
is r.csv <<'R'
before
R
absent r.csv.part

says 'refused rows: the work is done, exit code 1'
run 1 trace --visits r1.csv --cases c.csv --out o.csv
[ ! -s out ] || fail 'something on standard output'
is o.csv <<R
$header
A,B,1,A,close,1,8,1,9,x,window,
R
absent o.csv.part

says 'a device and standard output are written straight'
run 0 trace --visits v.csv --cases c.csv --out /dev/null
[ -c /dev/null ] || fail '/dev/null is gone'
run 0 trace --visits v.csv --cases c.csv --out -
has out 'A,B,1,A'

says 'profiles are listed and shown; a file of them is checked, every fault said'
run 0 profiles
has out 'covid19.cn.delta-2021'
run 0 profiles measles
has out '120'
run 0 profiles covid19.cn.ed9
has out 'follow-up of close: central 7 days (tests on day 1, 2, 3, 5, 7), then home 3 days'
run 0 profiles covid19.cn.ed9 --lang zh
has out '随访 close：集中隔离 7 天'
run 0 profiles covid19.cn.ed9 --json
has out '"follow_up":{"close":{"phases":[{"where":"central","days":7,"test_days":[1,2,3,5,7]}'
run 0 profiles cholera
run 2 profiles nothing
printf '{"profiles":[{"id":"x"}]}' >p.json
run 2 profiles p.json
