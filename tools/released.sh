#!/bin/sh
# released.sh LAST - the rows of a small house as INSERT statements, as far as step LAST of the
# schema goes: the golden that test/serve/released.c brings to the newest schema. Once a release,
#     tools/released.sh 9 >test/serve/released/0009.dump
# and never again: what a released program wrote is what later ones must read. Needs sqlite3, curl.
set -eu
last=$1
outpost=$(realpath build/outpost)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >areas.csv <<'CSV'
code,name,aliases
43,湖南省,
4308,张家界市,大庸
430802,永定区,
430822,桑植县,
CSV
cat >organisations.csv <<'CSV'
area,name,kind
430802,合成·甲,government
430822,合成·乙,health
430802,合成·丙,school
430802,合成·丙,school
CSV
{
	"$outpost" init house --set house.area=43 --set house.demo=yes
	"$outpost" area import house areas.csv
	"$outpost" import house organisations organisations.csv
	"$outpost" user add house lead --roles area_lead
} >said 2>&1
password=$(tail -n 1 said)
mkfifo first
"$outpost" serve house --listen 127.0.0.1:0 >first 2>/dev/null &
server=$!
read -r url <first

ask() { # METHOD PATH BODY
	curl -s -b jar -c jar -X "$1" -H "Idempotency-Key: $1-$2" -H 'If-Match: "1"' \
		-d "$3" "$url/api/v1/$2"
}
id() {
	sed 's/.*"item":{"id":"\([0-9]*\)".*/\1/'
}
ask POST session "{\"login\":\"lead\",\"password\":\"$password\"}" >/dev/null
office=$(ask POST organisations '{"area":"430802000000000","name":"合成·丁","kind":"other"}' | id)
ask PATCH "organisations/$office" '{"duty_phone":"0744-1234567"}' >/dev/null
officer=$(ask POST officers '{"area":"430802000000000","name":"合成·甲","post":"区长",
	"phone":"0744-7654321"}' | id)
ask POST duties "{\"area\":\"430802000000000\",\"sector\":\"fire\",\"party\":\"territory\",
	\"officer\":\"$officer\"}" >/dev/null
ask POST watches "{\"area\":\"430802000000000\",\"office\":\"$office\",\"officer\":\"$officer\",
	\"role\":\"leader\",\"starts_at\":\"2026-11-26T08:00:00+08:00\",
	\"ends_at\":\"2026-11-26T20:00:00+08:00\"}" >/dev/null
imported=$(curl -s -b jar "$url/api/v1/organisations?q=%E5%90%88%E6%88%90%C2%B7%E7%94%B2" |
	sed 's/.*"items":\[{"id":"\([0-9]*\)".*/\1/')
ask PATCH "organisations/$imported" '{"short_name":"改过的"}' >/dev/null
kill -TERM "$server"
wait "$server"

sqlite3 house/outpost.sqlite '.dump --data-only' | awk -v last="$last" '
/^INSERT INTO schema_step VALUES\(/ {
	split($0, part, /[(,]/)
	if (part[2] + 0 > last)
		next
}
/^INSERT INTO session / { next }
/^INSERT INTO / { print }'
