#!/bin/sh
# coverage.sh - run the tests in the cov preset and print how much of each source file they ran.
set -eu
cd "$(dirname "$0")/.."
tools/build.sh cov
find build/cov -name '*.gcda' -delete
ctest --preset cov || echo "some tests failed; the figures below are without them"
# A file that no test ever linked has no .gcda; its .gcno alone counts as nothing run.
find build/cov/CMakeFiles -path '*/src/*' -name '*.gcno' | sort | xargs gcov -n 2>/dev/null | awk '
	/^File / {
		file = $2
		gsub(/\047/, "", file)
	}
	/^Lines executed:/ && file ~ /^src\/.*\.c$/ {
		split($0, w, /[:% ]+/)
		share = w[3] / 100
		lines = w[5]
		printf "%6.1f %%  %5d  %s\n", 100 * share, lines, file
		all += lines
		ran += share * lines
		file = ""
	}
	END { if (all) printf "%6.1f %%  %5d  all of src\n", 100 * ran / all, all }'
