#!/usr/bin/env bash
# loop.sh [TASKS [THINGS]] - the loop on both databases: lists, a tick, bulk, campaigns.
#
# TASKS (1000000) are open, one in five late; a campaign is over THINGS (500000). Lines as in run.sh
# on stdout. Databases are made below SCRATCH (a folder of its own below /tmp) and dropped: ten
# minutes on a quiet machine, and 12 GB of disk.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
bin=${OUTPOST_BENCH_BIN:-$top/build/bench}
tasks=${1:-1000000}
things=${2:-500000}
scratch=${SCRATCH:-$(mktemp -d /tmp/outpost-loop.XXXXXX)}
. "$top/bench/cluster.sh"
trap cluster_finish EXIT

loop() { # NAME URL [COMMAND: after filling]
	echo "run	database	$1, $tasks open tasks"
	"$bin/bench_loop" "$2" fill "$tasks"
	"${@:3}"
	"$bin/bench_loop" "$2" start
	"$bin/bench_loop" "$2" board 300
	"$bin/bench_loop" "$2" tick 10000
	"$bin/bench_loop" "$2" many 10000
}

campaign() { # NAME URL [COMMAND: after filling]
	echo "run	database	$1, a campaign over $things"
	"$bin/bench_campaign" "$2" fill "$things"
	"${@:3}"
	"$bin/bench_campaign" "$2" start
	"$bin/bench_campaign" "$2" ask 300
}

loop SQLite "sqlite:$scratch/loop" true
rm -rf "$scratch/loop"
campaign SQLite "sqlite:$scratch/campaign" true
rm -rf "$scratch/campaign"
cluster_start
loop PostgreSQL "$(cluster_url loop)" cluster_analyze loop
campaign PostgreSQL "$(cluster_url campaign)" cluster_analyze campaign
