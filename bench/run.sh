#!/usr/bin/env bash
# run.sh [1m|10m|100m] [--peers LIST] [--rounds N] [--strict] - measure ours against the others.
#
# LIST is any of postgres,sqlite,duckdb with commas, or none. Everything is measured in this one
# run; answers are compared by number of rows, hash and sums, and if they differ there is no
# report. Ours and the baseline take turns for N rounds (3); each peer runs once, between them.
# --strict refuses to start on a busy machine. Result: build/bench/RESULTS.md and results.json.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD

size=1m peers='' rounds=3 strict=false
bin=${OUTPOST_BENCH_BIN:-$top/build/bench}
pg_bin=${PG_BIN:-/usr/lib/postgresql/15/bin}

usage() {
	sed -n '2,8s/^# \{0,1\}//p' "$top/bench/run.sh" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	1m | 10m | 100m) size=$1 ;;
	--peers) peers=${2:?} && shift ;;
	--rounds) rounds=${2:?} && shift ;;
	--strict) strict=true ;;
	*) usage ;;
	esac
	shift
done

# Persons, sha256 of the data, published answers (rows hash) of the first generation of 1,000
# cases and of the second of the first n; how far to take ours and the peers; which peers.
case $size in
1m)
	persons=15000 sha=8c38c06cf4b5aff89f3fc5483653c9f1ff40b5048e19bc51f073fa07644333ad
	expect_q1='241584 adb02e1b' expect_q2='1006682 10f8ee8b' second=100
	all=postgres,sqlite,duckdb
	gate='1000000 60 100000 10000'
	;;
10m)
	persons=148300 sha=bb078efc39b943553965ea7badaa858f8acf0401c4b425a8b2423c2313165264
	expect_q1='401669 2818dfa6' expect_q2='4956080 cb9b5f58' second=100
	all=postgres,sqlite,duckdb
	gate='10000000 60 1000000 100000'
	;;
100m)
	persons=1483000 sha=''
	expect_q1='1158544 fcd7c966' expect_q2='13882577 52ace47a' second=50
	all=postgres,duckdb
	gate='' # it has its own sizes, and they are done with at 10m
	;;
esac
peers=${peers:-$all}
peer_second=20

data=$top/build/bench-data/$size
out=$top/build/bench/out
prefix=$data/v
figures=$out/figures.tsv

say() {
	printf 'bench: %s\n' "$*" >&2
}

die() {
	say "$*"
	exit 1
}

wants() {
	case ,$peers, in
	*,"$1",*) return 0 ;;
	*) return 1 ;;
	esac
}

keep() { # KEY VALUE: a fact about this run
	printf 'run\t%s\t%s\n' "$1" "$2" >>"$figures"
}

measure() { # COMMAND ...: run it and keep its figures
	say "$(basename "$1") ${2:-}"
	"$@" >>"$figures"
}

make_data() {
	mkdir -p "$data"
	if [ ! -e "$data/complete" ]; then
		say "making the visits of $persons persons"
		"$bin/gen_visits" "$persons" 42 "$prefix" --csv >&2
		if [ -n "$sha" ]; then
			echo "$sha  $prefix.bin" | sha256sum --check --quiet ||
				die "the visits are not those that were published"
		fi
		touch "$data/complete"
	fi
}

describe_machine() {
	keep size "$size"
	keep visits "$(($(stat -c %s "$prefix.bin") / 16))"
	keep date "$(date -u +%Y-%m-%dT%H:%MZ)"
	keep commit "$(git rev-parse --short HEAD 2>/dev/null || echo none)$(
		[ -z "$(git status --porcelain 2>/dev/null)" ] || echo ' with changes')"
	keep processor "$(lscpu | awk -F': *' '/^Model name/ { print $2; exit }')"
	keep cores "$(nproc)"
	keep memory "$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)"
	keep kernel "$(uname -sr)"
	keep compiler "$(sed -n 's/^CMAKE_C_COMPILER:[^=]*=//p' "$bin/CMakeCache.txt" |
		while read -r cc; do "$cc" --version | head -n 1; done) $(
		sed -n 's/^OUTPOST_OPTIMIZE:[^=]*=//p' "$bin/CMakeCache.txt")"
	keep expect_q1 "$expect_q1"
	keep expect_q2 "$second $expect_q2"
	keep rounds "$rounds"
}

check_load() {
	load_before=$(cut -d' ' -f1-3 /proc/loadavg)
	keep load_before "$load_before"
	if awk '{ exit !($1 > 1.5) }' /proc/loadavg; then
		say "the machine is busy (load $load_before): the ratios will be rough"
		! $strict || die "not measured"
	fi
}

# ---- ours and the baseline -----------------------------------------------------------------

seal_ours() {
	rm -rf "$out/segments" "$out/sealed"
	measure "$bin/bench_timed" engine seal "$bin/outpost" seal --visits "$prefix.visits.csv" \
		--out "$out/sealed"
	printf 'figure\tengine\tsealed_bytes\t%s\n' \
		"$(find "$out/sealed" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')" \
		>>"$figures"
	measure "$bin/bench_engine" build "$prefix" "$out/segments"
}

# The command line on the sealed folder must list as many contacts as the library.
trace_ours() {
	measure "$bin/bench_timed" engine trace_cli "$bin/outpost" trace --segments "$out/sealed" \
		--cases "$prefix.cases.csv" --min-overlap 15 --out "$out/contacts.csv"
	printf 'figure\tengine\ttrace_cli_rows\t%s\n' "$(($(wc -l <"$out/contacts.csv") - 1))" \
		>>"$figures"
	rm -f "$out/contacts.csv"
}

open_ours() {
	local file
	for file in "$out"/segments/*.seg; do # out of the page cache
		dd if="$file" iflag=nocache count=0 status=none
	done
	measure "$bin/bench_engine" first "$prefix" "$out/segments" first_answer_cold
	measure "$bin/bench_engine" first "$prefix" "$out/segments" first_answer
}

one_round() {
	measure "$bin/bench_engine" ask "$prefix" "$out/segments" --second "$second"
	measure "$bin/bench_baseline" "$prefix" --second "$second"
}

# ---- PostgreSQL: a cluster of our own, on a unix socket, stopped by its own pid ------------------

pg_home='' pg_socket=''

as_pg() { # initdb and the server refuse to be root
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

pg_stop() {
	if [ -n "$pg_home" ] && [ -e "$pg_home/data/postmaster.pid" ]; then
		as_pg "$pg_bin/pg_ctl" -D "$pg_home/data" -m fast -w stop >/dev/null || true
	fi
	[ -z "$pg_home" ] || rm -rf "$pg_home"
	[ -z "$pg_socket" ] || rm -rf "$pg_socket"
	pg_home='' pg_socket=''
}

pg_folder() { # PATTERN: a fresh folder that the server's user owns
	local folder
	folder=$(mktemp -d "$1")
	if [ "$(id -u)" -eq 0 ]; then
		chown postgres "$folder"
	fi
	echo "$folder"
}

pg_settings() {
	local kib
	kib=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
	cat <<-EOF
		listen_addresses = ''
		unix_socket_directories = '$pg_socket'
		shared_buffers = $((kib / 3))kB
		effective_cache_size = $((kib * 3 / 4))kB
		work_mem = 256MB
		maintenance_work_mem = 1GB
		max_wal_size = 8GB
		wal_level = minimal
		max_wal_senders = 0
		fsync = off
		full_page_writes = off
		autovacuum = off
		jit = off
		random_page_cost = 1.1
	EOF
}

pg_start() {
	# A socket's path may have 107 bytes at most, and this folder may lie deep.
	pg_socket=$(pg_folder /tmp/outpost-bench.XXXXXX)
	pg_home=$(pg_folder "$out/postgres.XXXXXX")
	if ! as_pg test -w "$pg_home"; then # the server's user cannot come here
		rm -rf "$pg_home"
		pg_home=$(pg_folder /var/tmp/outpost-bench.XXXXXX)
	fi
	as_pg "$pg_bin/initdb" -D "$pg_home/data" -U bench -A trust --no-sync -E UTF8 --locale=C \
		>/dev/null
	pg_settings | as_pg tee -a "$pg_home/data/postgresql.conf" >/dev/null
	as_pg "$pg_bin/pg_ctl" -D "$pg_home/data" -l "$pg_home/log" -w start >/dev/null ||
		die "PostgreSQL does not start"
	keep postgres_settings "$(pg_settings | grep -v -e listen -e socket | tr -d "'" |
		awk '{ printf "%s%s", n++ ? "; " : "", $0 }')"
}

run_postgres() {
	[ -x "$pg_bin/initdb" ] || die "no PostgreSQL in $pg_bin (PG_BIN=...)"
	pg_start
	measure "$bin/bench_postgres" "host=$pg_socket user=bench dbname=postgres" "$prefix" \
		--second "$peer_second" --passes 1
	pg_stop
}

# ---- the others --------------------------------------------------------------------------------

run_sqlite() {
	measure "$bin/bench_sqlite" "$out/sqlite.db" "$prefix" --second "$peer_second" --passes 1
	rm -f "$out/sqlite.db"
}

run_duckdb() {
	if [ ! -d bench/node_modules/@duckdb ]; then
		(cd bench && npm ci --no-audit --no-fund >&2)
	fi
	measure node "$top/bench/duckdb.mjs" "$out/duckdb.db" "$prefix" --second "$peer_second" \
		--passes 1
	rm -f "$out/duckdb.db" "$out/duckdb.db.wal"
}

# ---- a gate at work: visits through trail and server, people through the vault -------------------

run_gate() { # VISITS CASES KNOWN BROUGHT
	measure "$bin/bench_trail" "$prefix" "$out/trail" 1000000
	measure "$bin/bench_vault" "$out/vault" "$3" "$4"
	measure "$bin/bench_intake" "$bin/outpost" "$prefix" "$out/gate" "$@"
	rm -rf "$out/trail" "$out/vault" "$out/gate"
}

# ---- all together ------------------------------------------------------------------------------

[ -x "$bin/bench_engine" ] || die "no programs in $bin: make bench builds them"
trap pg_stop EXIT
rm -rf "$out"
mkdir -p "$out"
make_data
describe_machine
check_load
seal_ours
trace_ours
open_ours
one_round
for peer in postgres sqlite duckdb; do
	if wants "$peer"; then
		"run_$peer"
	fi
done
for ((round = 2; round <= rounds; round++)); do
	one_round
done
# shellcheck disable=SC2086
[ -z "$gate" ] || run_gate $gate
keep load_after "$(cut -d' ' -f1-3 /proc/loadavg)"

results=$top/build/bench/RESULTS.md
awk -f bench/report.awk -f bench/gate.awk -v json="$top/build/bench/results.json" \
	"$figures" >"$results.new" ||
	die "no report; the figures are in $figures"
mv "$results.new" "$results"
rm -rf "$out/segments" "$out/sealed"
cat "$results"
