# Short words for long commands; what they do is in CMakePresets.json, cmake/ and tools/.
JOBS ?= 2
SECONDS ?= 60

.PHONY: all run test check full bench fuzz cov deb format bless clean deps deps-test
.NOTPARALLEL:

all: deps
	tools/build.sh dev

# The demo house on 127.0.0.1:8080 (LISTEN=ADDRESS:PORT for another).
run: deps
	tools/console.sh deps
	tools/console.sh
	tools/build.sh dev outpost
	tools/run.sh

# Both compilers, every test, and every test again under the sanitizers.
test: deps deps-test
	tools/test.sh dev clang:build asan

# The loop while writing: under 90 s.
check: deps deps-test
	tools/format.sh
	tools/tidy.sh
	tools/build.sh dev
	tools/layers.sh
	ctest --preset dev --progress
	@if test -d build/fuzz; then tools/fuzz.sh 5; fi

# What runs over night, on a disk and not in memory, and in full under the sanitizers.
full: deps deps-test
	OUTPOST_FULL=1 TMPDIR=/var/tmp tools/test.sh dev clang:build asan tsan
	tools/fuzz.sh 30
	@if command -v cppcheck >/dev/null; then tools/cppcheck.sh; fi

bench: deps
	tools/deps.sh deps/apt-bench.txt
	cd bench && npm ci --no-audit --no-fund
	tools/build.sh bench
	bench/run.sh
	bench/house.sh

fuzz: deps
	tools/fuzz.sh $(SECONDS)

cov: deps
	tools/coverage.sh

# The Debian package, in build/deb.
deb: deps
	tools/deps.sh deps/apt-deb.txt
	tools/build.sh dev outpost
	tools/deb.sh build/outpost build/deb

format:
	tools/format.sh --write

# Take over what a test wrote down, after looking at what changed (git diff shows it).
bless: deps deps-test
	tools/build.sh dev
	OUTPOST_BLESS=1 ctest --preset dev -R 'test_plans|test_nouns|test_agencies'

clean:
	rm -rf build

deps:
	@tools/deps.sh deps/apt.txt

deps-test:
	@tools/deps.sh deps/apt-test.txt
	@tools/deps.sh deps/apt-deb.txt
