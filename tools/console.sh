#!/bin/sh
# console.sh [build|deps] - build the console into build/console/dist, if its sources changed.
#
# deps also fetches what only its tests need. Without npm or its registry a page that says so takes
# the console's place, so that the program still builds; the next run tries again.
set -eu
cd "$(dirname "$0")/.."
want=${1:-build}
out=build/console
mkdir -p $out

exec 9>$out/lock
flock 9

sum() {
	find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64
}
lock=$(sum console/package.json console/package-lock.json)
sources=$(sum console/package.json console/package-lock.json console/index.html \
	console/vite.config.js console/sizes.js console/public console/src)
there=$(cat console/node_modules/.outpost 2>/dev/null || true)

if [ "$want" = build ] && [ "$(cat $out/stamp 2>/dev/null)" = "$sources" ]; then
	exit 0
fi

stub() {
	rm -f $out/stamp
	echo "console: $1; a page that says so takes its place" >&2
	rm -rf $out/dist
	mkdir -p $out/dist
	cp src/http/stub/index.html $out/dist/
	exit 0
}

# "build" is enough to build; "deps" is that and what the tests need.
if [ "$there" != "deps $lock" ] && { [ "$want" = deps ] || [ "$there" != "build $lock" ]; }; then
	command -v npm >/dev/null || stub "there is no npm"
	omit=--omit=dev
	[ "$want" = build ] || omit=--include=dev
	if ! (cd console && npm ci $omit --no-audit --no-fund --fetch-retries=1 \
		--loglevel=error >../$out/npm.log 2>&1); then
		[ "$want" = build ] || { cat $out/npm.log >&2; exit 1; }
		stub "npm ci failed, see $out/npm.log"
	fi
	echo "$want $lock" >console/node_modules/.outpost
fi
[ "$want" = build ] || exit 0

if ! (cd console && node_modules/.bin/vite build --logLevel warn); then
	echo "console: does not build" >&2
	exit 1
fi
echo "$sources" >$out/stamp
