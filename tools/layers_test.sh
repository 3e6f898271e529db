#!/bin/sh
# layers_test.sh - does layers.sh see what it is there to see? Each kind of fault is planted in a
# toy tree of three rooms and must be reported; the clean tree must be silent.
set -u
tools=$(cd "$(dirname "$0")" && pwd) || exit 1
toy=$(mktemp -d) || exit 1
trap 'rm -rf "$toy"' EXIT
cd "$toy" || exit 1
unset OUTPOST_BUILD
failed=0

# The clean tree: the ground, a room on it, and a second one that may not see the first.
fresh() {
	rm -rf src build tools
	mkdir -p tools src/base src/engine/trace src/cli
	cp "$tools/layers.sh" tools/
	echo 0 >tools/layers.except
	printf 'base\nengine/trace\ncli\ndeny cli engine/trace\n' >src/LAYERS
	cat >src/base/base.h <<-'END'
		struct flat_map { int n; };
		int flat_map_count(const struct flat_map *m);
		void *base_take(unsigned long n);
	END
	cat >src/base/base.c <<-'END'
		#include "base/base.h"
		#include <stdlib.h>
		int flat_map_count(const struct flat_map *m) { return m->n; }
		void *base_take(unsigned long n) { return malloc(n); }
	END
	cat >src/engine/trace/kernel_wide.c <<-'END'
		#include "base/base.h"
		int trace_count(const struct flat_map *m);
		int kernel_count(const struct flat_map *m);
		int trace_count(const struct flat_map *m) { return flat_map_count(m); }
		int kernel_count(const struct flat_map *m) { return trace_count(m); }
	END
	echo 'int main(void) { return 0; }' >src/cli/main.c
}

build() {
	find src -name '*.c' | while read -r source; do
		object=build/CMakeFiles/room.dir/$source.o
		mkdir -p "${object%/*}"
		gcc -D_GNU_SOURCE -Isrc -O1 -c "$source" -o "$object" || exit 1
	done
}

expect() { # NAME REGULAR-EXPRESSION
	build
	said=$(tools/layers.sh 2>&1) && {
		echo "$1: passed, should have failed"
		failed=1
	}
	lines=$(printf "%s\n" "$said" | wc -l)
	if [ "$lines" -ne 1 ] || ! printf "%s" "$said" | grep -Eq "$2"; then
		printf '%s: wanted one line like "%s", got:\n%s\n' "$1" "$2" "$said"
		failed=1
	fi
}

expect_silence() { # NAME
	build
	said=$(tools/layers.sh 2>&1)
	status=$?
	if [ $status -ne 0 ] || [ -n "$said" ]; then
		printf '%s: wanted silence, got %d and:\n%s\n' "$1" "$status" "$said"
		failed=1
	fi
}

fresh
expect_silence "the clean tree"

echo 'int trace_up(void);' >src/engine/trace/trace.h
echo '#include "engine/trace/trace.h"' >>src/base/base.c
expect "an include upwards" '^src/base/base.c:5: base may not look up at engine/trace$'

fresh
echo 'int trace_up(void);' >src/engine/trace/trace.h
echo '#include "engine/trace/trace.h"' >>src/cli/main.c
expect "a denied include" '^src/cli/main.c:2: cli may not see engine/trace'

fresh
echo 'int trace_near(void);' >src/engine/trace/near.h
echo '#include "near.h"' >>src/engine/trace/kernel_wide.c
expect "an include without its room" 'kernel_wide.c:6: "near.h" is not room/file.h$'

fresh
mkdir src/attic
echo 'int attic_x;' >src/attic/attic.c
expect "a room nobody wrote down" '^src/attic/attic.c: attic is not in src/LAYERS$'

fresh
echo '#include <xxhash.h>' >>src/engine/trace/kernel_wide.c
expect "a foreign header away from home" 'kernel_wide.c:6: <xxhash.h> belongs to base$'

fresh
echo '#include <openssl/evp.h>' >>src/engine/trace/kernel_wide.c
expect "one of a family of headers away from home" \
	'kernel_wide.c:6: <openssl/evp.h> belongs to crypt$'

fresh
echo 'int helper; ' >>src/engine/trace/kernel_wide.c
expect "a stray symbol" '^src/engine/trace/kernel_wide.c: helper begins with no word'

fresh
cat >>src/cli/main.c <<-'END'
	#include <stdlib.h>
	void *cli_x(void);
	void *cli_x(void) { return malloc(1); }
END
expect "memory behind base" '^src/cli/main.c: calls malloc behind'

fresh
cat >>src/cli/main.c <<-'END'
	#include <fcntl.h>
	int cli_x(const char *path);
	int cli_x(const char *path) { return open64(path, O_RDONLY); }
END
expect "a file opened behind base" '^src/cli/main.c: calls open behind'

fresh
echo 'int trace_x(struct nowhere s);' >src/engine/trace/trace.h
expect "a header that leans on others" '^src/engine/trace/trace.h: does not stand alone: .*nowhere'

fresh
build
echo 'int cli_new;' >src/cli/new.c
rm -rf build/CMakeFiles/room.dir/src/cli
said=$(tools/layers.sh 2>&1)
case $said in
*"build first"*) ;;
*) echo "an unbuilt file: not noticed"; failed=1 ;;
esac

fresh
echo 'int helper;' >>src/engine/trace/kernel_wide.c
printf '1\nsrc/engine/trace/kernel_wide.c help* an exception with a reason\n' >tools/layers.except
expect_silence "an exception"
sed -i s/^1/0/ tools/layers.except
expect "one exception too many" 'layers.except: 1 exceptions, only 0 are allowed$'
printf '1\nsrc/engine/trace/kernel_wide.c help*\n' >tools/layers.except
expect "an exception without a reason" 'no reason given'

fresh
printf '1\nsrc/cli/main.c helper once needed\n' >tools/layers.except
expect "an exception that nothing needs" 'no longer needed: src/cli/main.c helper$'

[ $failed -eq 0 ] && echo "layers.sh sees all that was planted"
exit $failed
