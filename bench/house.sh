#!/usr/bin/env bash
# house.sh [ROWS] - the figures of the house: lists, imports, durable writes, requests, start, loop.
#
# ROWS (1000000) are those of the lists. Databases of its own are made in a folder below /tmp, or
# below SCRATCH, and dropped. Result: build/bench/HOUSE.md, and the lines it was made of in
# build/bench/out/house.tsv. PostgreSQL is a cluster of its own on a unix socket (record.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD
bin=${OUTPOST_BENCH_BIN:-$top/build/bench}
rows=${1:-1000000}
out=$top/build/bench/out
figures=$out/house.tsv
scratch=$(mktemp -d "${SCRATCH:-/tmp}/outpost-house.XXXXXX")
server=''

finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$scratch"
}
trap finish EXIT

say() { printf 'bench: %s\n' "$*" >&2; }
keep() { printf 'run\t%s\t%s\n' "$1" "$2" >>"$figures"; }
figure() { printf 'figure\t%s\t%s\t%s\n' "$@" >>"$figures"; }
measure() {
	say "$(basename "$1") ${*:2}"
	"$@" >>"$figures"
}

make_house() {
	house=$scratch/house
	"$bin/outpost" init "$house" --set house.area=43 --set session.idle_min=480 >/dev/null 2>&1
	printf '%s\n' code,name 43,湖南省 4308,张家界市 430802,永定区 >"$scratch/areas.csv"
	"$bin/outpost" area import "$house" "$scratch/areas.csv" >/dev/null 2>&1
}

# From exec to the first answer, on a database of a gigabyte; the file is in the page cache.
measure_start() {
	local from url
	measure "$bin/bench_record" "sqlite:$house" fill "$((rows * 7 / 10))" words
	figure house database_mib "$(($(stat -c %s "$house/outpost.sqlite") >> 20))"
	mkfifo "$scratch/url"
	for _ in 1 2 3; do
		from=$(date +%s%N)
		"$bin/outpost" serve "$house" --listen 127.0.0.1:0 \
			>"$scratch/url" 2>"$scratch/log" &
		server=$!
		read -r url <"$scratch/url"
		curl -sf "$url/healthz" >/dev/null
		figure house start_ms "$((($(date +%s%N) - from) / 1000000))"
		[ -n "${first_load:-}" ] || measure_first_load "$url"
		kill "$server"
		wait "$server" || true
		server=''
	done
}

# What a browser asks for before a page's own chunk: the page and all that it names.
measure_first_load() { # URL
	local bytes=0 n path
	for path in / $(curl -sf "$1/" | grep -oE '(src|href)="/[^"]+"' | cut -d'"' -f2); do
		n=$(curl -sf -H 'Accept-Encoding: gzip' -o /dev/null -w '%{size_download}' \
			"$1$path")
		bytes=$((bytes + n))
	done
	first_load=$bytes
	figure house first_load_kb "$((bytes / 1000))"
}

[ -x "$bin/bench_house" ] || {
	say "no programs in $bin: make bench builds them"
	exit 1
}
mkdir -p "$out"
: >"$figures"
keep date "$(date -u +%Y-%m-%dT%H:%MZ)"
keep commit "$(git rev-parse --short HEAD 2>/dev/null || echo none)"
keep processor "$(lscpu | awk -F': *' '/^Model name/ { print $2; exit }')"
keep rows "$rows"
keep load_before "$(cut -d' ' -f1-3 /proc/loadavg)"
chmod 711 "$scratch"
mkdir "$scratch/record"
make_house
measure "$bin/bench_http"
measure "$bin/bench_house" "$house" 430802000000000
measure "$bin/bench_db" "$scratch/writes"
measure "$bin/bench_ledger" "sqlite:$scratch/ledger"
measure_start
rm -rf "$house"
SCRATCH=$scratch/record measure "$top/bench/record.sh" "$rows"
mkdir "$scratch/loop"
SCRATCH=$scratch/loop measure "$top/bench/loop.sh" "$rows" "$((rows / 2))"
keep load_after "$(cut -d' ' -f1-3 /proc/loadavg)"
awk -f bench/house.awk "$figures" >"$top/build/bench/HOUSE.md"
cat "$top/build/bench/HOUSE.md"
