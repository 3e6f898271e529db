#!/bin/sh
# long.sh flow YEARS [FIRST_SEED] - a long run of the simulator of tasks, as a row of
# quality/LEDGER.csv: date, commit, what, seed range, cycles, result. Build first.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" != flow ] || [ $# -lt 2 ]; then
	sed -n '2,3s/^# //p' "$0" >&2
	exit 2
fi
years=$2
first=${3:-1}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
result="well"
OUTPOST_SOURCE=$PWD OUTPOST_FLOW_YEARS=$years OUTPOST_FLOW_FROM=$first \
	"${OUTPOST_BUILD:-build}/test_flow_sim" >"$log" 2>&1 || result=FAILED
awk -v date="$(date -u +%Y-%m-%d)" -v first="$first" -v years="$years" -v result="$result" \
	-v commit="$(git rev-parse --short HEAD)" '
	/ worlds, .* virtual years, / { worlds = $1; years = $3; events = $6 }
	/ crashes, .* mischief/ { gsub(/,/, ""); faults = $0 }
	END {
		printf "%s,%s,flow simulator (virtual years),%d-%d,%d,%s",
			date, commit, first, first + worlds - (worlds > 0), years, result
		print (events ? ": " events " events" : "") (faults ? " with " faults : "")
	}' "$log" >>quality/LEDGER.csv
tail -n 1 quality/LEDGER.csv
if [ "$result" != well ]; then
	cat "$log"
	exit 1
fi
