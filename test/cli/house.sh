#!/bin/bash
# house.sh - the verbs on a house, as somebody else's scripts use them.
. "$OUTPOST_SOURCE/test/support/shell.sh"

serve() { # starts a server on folder $1; sets pid and url
	exec 3< <(exec "$OUTPOST" serve "$1" --listen 127.0.0.1:0 2>>serve.err)
	pid=$!
	read -r url <&3
}

ask() { # ask PATH: the first line of the answer
	local port=${url##*:}
	exec 4<>"/dev/tcp/127.0.0.1/$port"
	printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" "$port" >&4
	cat <&4 >answer
	exec 4<&- 4>&-
	head -n 1 answer
}

says 'init makes a house, and tells the first account on two lines'
run 0 init house --set house.area=43 --set house.demo=yes
[ "$(wc -l <out)" -eq 2 ] || fail 'two lines on standard output'
[ "$(sed -n 1p out)" = admin ] || fail 'the first is the login name'
has err 'backup.key'
has err 'outpost user add house'
cp out admin

says 'a password is kept at its full cost'
grep -rqaF '$argon2id$v=19$m=65536,t=3,p=1$' house || fail 'it is cheaper, or not there'

says 'what is there is not built over'
run 2 init house
has err 'house'

says 'a setting that does not exist, or is out of bounds, makes no house'
run 2 init other --set house.nam=x
run 2 init other --set session.idle_min=0
run 2 init other --set house.area=99999
run 2 init other --db postgresql://nobody@127.0.0.1:1/x
lacks err '??'
run 2 init other --suite none
run 2 init
absent other
absent other.new

says 'check, verify and fsck say that all is well'
run 0 check house
run 0 verify house
has err 'whole'
run 0 fsck house
run 2 check nowhere
has err 'outpost init'

says 'areas come from files, and every row has its place in the account'
printf 'code,name\n43,湖南省\n4308,张家界市\n430802,永定区\n430802001001,无乡之村\n4x,坏\n' >a.csv
run 1 area import house a.csv --dry-run
has err 'areas: 5 in = 3 accepted + 2 refused + 0 duplicate'
run 1 area import house a.csv
run 1 area import house a.csv
has err 'areas: 5 in = 0 accepted + 2 refused + 3 duplicate'
run 2 area import house nothing.csv
run 2 area house
run 2 area import house a.csv --from yesterday

says 'outlines of areas come from GeoJSON, and each has its place in the account'
ring='"geometry":{"type":"Polygon","coordinates":[[[110,29],[111,29],[111,30],[110,29]]]}'
cat >map.json <<END
{"type":"FeatureCollection","features":[
{"type":"Feature","id":"430802",$ring},
{"type":"Feature","properties":{"name":"张家界"},$ring},
{"type":"Feature","properties":{"name":"没有的市"},$ring}]}
END
run 1 area boundary house map.json --source 测绘院 --under 43 --dry-run
has err 'map.json row 3: there is no area of this code or name'
has err 'areas: 3 in = 2 accepted + 1 refused + 0 duplicate'
run 1 area boundary house map.json --source 测绘院 --review '湘S(2026)001号' --under 43
run 2 area boundary house map.json --under 43
run 2 area boundary house a.csv --source 测绘院
run 2 area outline house map.json --source 测绘院

says 'accounts are made at the command line, and no one gets two admin roles'
run 0 user add house lead --roles area_lead --name 测试
run 2 user add house lead --roles area_lead
run 2 user add house both --roles system_admin,auditor
run 2 user add house none --roles king
run 2 user add house none --roles lab --under 430803
has err 'there is no area 430803'
run 2 user add house none

says 'rows of a noun come from a file: each has its place in the account, the ledger its entry'
printf '单位,area,kind\n合成·甲,430802,other\n坏,430802,x\n合成·乙,,school\n' >o.csv
echo '{"单位":"name"}' >map.json
run 1 import house organisations o.csv --map map.json --area 430802 --dry-run
has err 'rows: 3 in = 2 accepted + 1 refused + 0 duplicate'
[ ! -s out ] || fail 'a dry run has no receipt'
run 1 import house organisation o.csv --map map.json --area 430802 --refused bad.csv
has err 'rows: 3 in = 2 accepted + 1 refused + 0 duplicate'
grep -q '^OPR1-' out || fail 'the receipt is printed'
has bad.csv '坏,430802,x'
lacks bad.csv '合成'
run 1 import house organisations o.csv --area 430802 --json
has err '"rows":{"in":3,"accepted":0,"refused":1,"duplicate":2}'
has err '{"row":3,"field":'
run 2 import house hats o.csv
has err 'organisations'
run 2 import house organisations nothing.csv
run 2 import house organisations
run 2 import house organisations o.csv --area here
run 2 import house organisations o.csv --refused ./o.csv
run 2 import house organisations o.csv --refused house/keys/bad.csv
absent house/keys/bad.csv
: >nothing.csv
run 2 import house organisations nothing.csv --lang en
has err '"nothing.csv" is empty'
rm nothing.csv

says 'and go into one: CSV on standard output, Excel with --out, only an area if asked'
run 0 export house organisations
has out '合成·甲'
run 0 export house organisations --area 430822 --lang en
has out 'Unified social credit code'
lacks out '合成'
run 2 export house organisations --format xlsx
run 2 export house organisations --format pdf
run 2 export house organisations --area 11
run 2 export house organisations --out house/outpost.ini
has house/outpost.ini '[house]'
run 0 export house organisations --format xlsx --out o.xlsx --json
last err '{"rows":2,"exit":0}'
run 0 import house organisations o.xlsx
has err 'rows: 2 in = 0 accepted + 0 refused + 2 duplicate'

says 'what a row refers to is told by name, and by id where a name is shared'
printf '姓名,职务,工作电话,机构,area\n甲某,科员,119,合成·甲,430802\n乙某,科员,120,无此机构,430802\n' >n.csv
run 1 import house officers n.csv --dry-run
has err 'rows: 2 in = 1 accepted + 1 refused + 0 duplicate'
run 1 import house officers n.csv --refused bad.csv --lang en
has err 'row 3: Organisation: no row that you may read has this name'
has bad.csv '没有叫这个名称的'
printf '单位,area,kind\n合成·甲,430822,other\n' >o.csv
run 0 import house organisations o.csv
printf '姓名,职务,工作电话,机构,area\n丙某,科员,121,合成·甲,430802\n' >n.csv
run 1 import house officers n.csv --lang en
has err '2 rows have this name: give the id instead'
run 0 export house officers --out n.csv
run 0 import house officers n.csv
has err 'rows: 1 in = 0 accepted + 0 refused + 1 duplicate'

says 'serve tells its address, answers, and ends with 0 when told to'
serve house
case $url in
http://127.0.0.1:*) ;;
*) fail "an address on the first line, not: $url" ;;
esac
[ "$(ask /healthz | cut -d' ' -f2)" = 200 ] || fail 'healthz answers 200'
[ "$(ask /metrics | cut -d' ' -f2)" = 200 ] || fail 'metrics answers 200'
[ "$(ask /api/v1/openapi.json | cut -d' ' -f2)" = 200 ] || fail 'the API page answers 200'
[ "$(ask /api/v1/organisations | cut -d' ' -f2)" = 401 ] || fail 'a stranger gets a 401'
grep -q '"message_zh"' answer || fail 'and a sentence in both languages'

says 'beside a server at work, too'
printf 'name,area,kind\n合成·丙,430802,other\n' >p.csv
run 0 import house organisations p.csv
run 0 export house organisations
has out '合成·丙'
run 0 verify house --alive
run 0 fsck house

says 'its certificate can be renewed, and SIGHUP does not end it'
cp house/tls/server.pem old.pem
run 0 init house --renew --json
has err '"until":"'
cmp -s old.pem house/tls/server.pem && fail 'it is another one'
absent house/keys/server.new
kill -HUP $pid
[ "$(ask /healthz | cut -d' ' -f2)" = 200 ] || fail 'it still answers'

says 'SIGTERM ends it with 0'
kill -TERM $pid
wait $pid
code=$?
[ $code -eq 0 ] || fail "SIGTERM ends it with $code and not 0"
has serve.err 'the certificate has not changed' # over loopback there is none in use

says 'the signed heads cover what happened, and a changed ledger is told'
run 0 verify house
has err '0 entries under no head yet'
run 0 fsck house --json
has err '{"verdict":"whole",'
has err '"receipts_lost":0,'
cp house/heads/heads kept
run 0 verify house --against kept
run 5 verify house --fingerprint 0000000000000000000000000000000000000000
run 2 verify house --fingerprint 0000
has err '40 hexadecimal digits'

says 'a backup becomes the same house; without its key it is noise'
run 0 backup house b.bak
run 2 backup house b.bak
run 2 restore b.bak house
run 2 restore b.bak second --keys nowhere
run 0 restore b.bak second
run 0 fsck second
run 2 restore a.csv third
head -c 1000 b.bak >cut.bak
run 2 restore cut.bak third
absent third

says 'a restore that would go back behind what was signed needs two administrators'
mkdir copies
run 0 init town --set house.area=43 --set house.demo=yes --set "ledger.copies=$PWD/copies"
for who in system:system_admin second:system_admin security:security_admin; do
	run 0 user add town "${who%:*}" --roles "${who#*:}"
	sed -n 2p out >"pass.${who%:*}"
done
serve town
run 0 backup town town.bak
run 1 area import town a.csv --under 43
kill -TERM $pid
wait $pid
cp town/heads/heads heads.late
said() { # the password of each, and no code
	for who; do
		cat "pass.$who"
		echo
	done
}
run 2 restore town.bak town2
has err '--approve'
absent town2
absent town2.new
run 2 restore town.bak town2 --approve system,second < <(said system second)
has err 'different offices'
run 2 restore town.bak town2 --approve system,security < <(said system system)
absent town2.new
run 0 restore town.bak town2 --approve system,security --json < <(said system security)
grep -q '"entries_given_up":[1-9]' err || fail 'it says how many entries were given up'
run 0 fsck town2 --json
has err '"restores":1'
run 0 verify town2 --against heads.late
serve town2
[ "$(ask /healthz | cut -d' ' -f2)" = 200 ] || fail 'it serves'
kill -TERM $pid
wait $pid
run 0 verify town2 --against heads.late
has err 'approved by two people'

says 'what was kept elsewhere is asked, too, and another history is never gone over'
rm -r copies/*
run 2 restore town.bak town3 --against heads.late
has err '--approve'
run 2 restore town.bak town3 --against house/heads/heads
has err 'another history'
