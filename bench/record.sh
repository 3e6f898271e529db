#!/usr/bin/env bash
# record.sh [ROWS] - lists and imports of a noun on both databases; SQLite's own .import beside it.
#
# ROWS (1000000) fill the table for the lists, in any order and then county by county. The import
# is of 100,000 rows into an empty database: with every check, its search tokens and its ledger
# entry, against .import of the same rows into the same table with the same indexes. Lines as in
# run.sh on stdout. Databases are made below SCRATCH (a folder of its own below /tmp) and dropped.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=${OUTPOST_BENCH_BIN:-$top/build/bench}/bench_record
rows=${1:-1000000}
scratch=${SCRATCH:-$(mktemp -d /tmp/outpost-bench.XXXXXX)}
. "$top/bench/cluster.sh"
trap cluster_finish EXIT

lists() { # NAME URL
	for order in mixed batches; do
		echo "run	database	$1, $rows rows, $order"
		"$bin" "$2-$order" fill "$rows" $order
		"$bin" "$2-$order" ask 200
	done
}

plain_import() { # FILE: into the same table and indexes, as SQLite does it by itself
	sed '/^--/d' "$top/schema/0005_organisation.sql" >"$scratch/table.sql"
	local from to
	from=$(date +%s%N)
	sqlite3 -batch "$scratch/plain.db" \
		'PRAGMA journal_mode=WAL;' 'PRAGMA synchronous=FULL;' ".read $scratch/table.sql" \
		".import --csv $1 organisations" >/dev/null
	to=$(date +%s%N)
	echo "figure	sqlite	import_s	$(((to - from) / 1000000))e-3"
}

echo "run	database	import of 100000 rows"
"$bin" "sqlite:$scratch/made" write 100000 "$scratch/people.csv" "$scratch/plain.csv"
"$bin" "sqlite:$scratch/import" import "$scratch/people.csv"
plain_import "$scratch/plain.csv"
cluster_start
"$bin" "$(cluster_url import)" import "$scratch/people.csv"

lists SQLite "sqlite:$scratch/lists"
for order in mixed batches; do
	echo "run	database	PostgreSQL, $rows rows, $order"
	url=$(cluster_url "lists_$order")
	"$bin" "$url" fill "$rows" $order
	cluster_analyze "lists_$order"
	"$bin" "$url" ask 200
done
