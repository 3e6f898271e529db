#!/bin/sh
# assets.sh FOLDER OUT NAME - pack a folder into OUT/NAME.c, which defines `http_assets NAME`.
#
# Each file is gzipped beside it; the table holds path, type, SHA-256 of the content, size, and
# whether its name changes with its content: /assets/name-HASH.ext, as Vite writes it. The same
# folder gives the same bytes, whenever and wherever it is packed.
set -eu
export LC_ALL=C
folder=$1
out=$2
name=$3

type_of() {
	case $1 in
	*.html) echo 'text/html; charset=utf-8' ;;
	*.js | *.mjs) echo 'text/javascript; charset=utf-8' ;;
	*.css) echo 'text/css; charset=utf-8' ;;
	*.json | *.geojson) echo application/json ;;
	*.webmanifest) echo application/manifest+json ;;
	*.svg) echo image/svg+xml ;;
	*.png) echo image/png ;;
	*.jpg) echo image/jpeg ;;
	*.ico) echo image/x-icon ;;
	*.woff2) echo font/woff2 ;;
	*.txt) echo 'text/plain; charset=utf-8' ;;
	*) echo application/octet-stream ;;
	esac
}

mkdir -p "$out"
rm -f "$out/$name".*.gz
table=$out/$name.table
data=$out/$name.data
: >"$table"
: >"$data"
n=0
find "$folder" -type f ! -name '*.map' | sed "s|^$folder||" | sort >"$out/$name.list"
while IFS= read -r path; do
	case $path in
	*[!A-Za-z0-9._/-]*)
		echo "assets.sh: no name for an asset: $path" >&2
		exit 1
		;;
	esac
	gzip -9nc "$folder$path" >"$out/$name.$n.gz"
	forever=false
	if printf '%s\n' "$path" | grep -Eq '^/assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+$'; then
		forever=true
	fi
	tag=$(sha256sum <"$folder$path" | cut -c 1-32)
	cat >>"$data" <<-END
		extern const unsigned char ${name}_$n[] HIDDEN, ${name}_${n}_end[] HIDDEN;
		__asm__(".pushsection .rodata\n.global ${name}_$n, ${name}_${n}_end\n"
			"${name}_$n:\n.incbin \"$out/$name.$n.gz\"\n"
			"${name}_${n}_end:\n.popsection\n");
	END
	cat >>"$table" <<-END
		{ "$path", "$(type_of "$path")", "$tag", ${name}_$n, ${name}_${n}_end,
		  $(wc -c <"$folder$path"), $forever },
	END
	n=$((n + 1))
done <"$out/$name.list"

{
	echo "/* Packed by tools/assets.sh from $n files. */"
	echo '#include "http/asset.h"'
	echo '#define HIDDEN __attribute__((visibility("hidden")))'
	cat "$data"
	echo 'static const struct http_asset packed[] = {'
	cat "$table"
	echo '};'
	echo "const struct http_assets $name = { packed, ARRAY_LEN(packed) };"
} >"$out/$name.c.new"
mv "$out/$name.c.new" "$out/$name.c"
rm -f "$table" "$data"
