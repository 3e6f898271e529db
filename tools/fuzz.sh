#!/bin/sh
# fuzz.sh SECONDS [TARGET...] - run each fuzz target that long, two at a time.
#
# It starts from fuzz/corpus/<target> and fuzz/found/<target>. What it learns on the way stays
# under build/; what breaks a target is written to fuzz/found/<target>, to be replayed ever after.
set -eu
cd "$(dirname "$0")/.."

if [ "$1" = --one ]; then
	seconds=$2
	name=$3
	learnt=build/fuzz/learnt/$name
	log=build/fuzz/$name.log
	mkdir -p "$learnt" "fuzz/found/$name" "fuzz/corpus/$name"
	set -- "$learnt" "fuzz/corpus/$name" "fuzz/found/$name"
	[ ! -f "fuzz/$name.dict" ] || set -- "-dict=fuzz/$name.dict" "$@"
	status=0
	"build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="fuzz/found/$name/" "$@" >"$log" 2>&1 ||
		status=1
	# git keeps no empty folders, and neither do we
	rmdir "fuzz/found/$name" "fuzz/corpus/$name" 2>/dev/null || true
	[ $status -eq 0 ] || tail -n 60 "$log"
	awk -v name="$name" -v status="$status" '
		/^stat::number_of_executed_units/ { runs = $2 }
		/ cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
		END { printf "fuzz %s: %d runs, %d edges, %s\n", name, runs, cov,
			status ? "BROKEN" : "well" }' "$log"
	exit $status
fi

seconds=$1
shift
tools/build.sh fuzz
if [ $# -gt 0 ]; then
	printf "%s\n" "$@"
else
	find fuzz -maxdepth 1 -name "*.c" | sed "s|.*/||; s|[.]c\$||" | sort
fi | xargs -r -P 2 -n 1 tools/fuzz.sh --one "$seconds"
