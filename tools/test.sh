#!/bin/sh
# test.sh PRESET[:build]... - build each preset and, unless ":build", run its tests.
#
# The last line is "N passed, N failed, N skipped", summed over all runs. A preset that does not
# build counts as one failure and does not keep the next one from being tried.
set -u
cd "$(dirname "$0")/.." || exit 1
failures=0
mkdir -p build
: >build/junit.list

for step; do
	preset=${step%:build}
	echo "== $step"
	if ! tools/build.sh "$preset"; then
		echo "$preset: does not build"
		failures=$((failures + 1))
		continue
	fi
	[ "$step" = "$preset" ] || continue
	junit=$PWD/build/junit-$preset.xml
	rm -f "$junit"
	ctest --preset "$preset" --output-junit "$junit"
	status=$?
	if [ -f "$junit" ]; then
		echo "$junit" >>build/junit.list
		# ctest can fail without a failed test (nothing to run, a program gone).
		grep -q '<testcase .*status="fail"' "$junit" && status=0
	fi
	[ $status -eq 0 ] || failures=$((failures + 1))
done

xargs cat <build/junit.list | awk -v failed="$failures" '
/<testcase / {
	if (/status="run"/)
		passed++
	else if (/status="(notrun|disabled)"/)
		skipped++
	else
		failed++
}
END {
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	exit failed > 0 || passed == 0
}'
