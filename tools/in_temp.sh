#!/bin/sh
# in_temp.sh COMMAND... - run a command in an empty folder of its own, which is gone afterwards.
#
# The folder is in memory where there is plenty of it: nothing here has to outlive the machine, and
# the disks that fail in a test are its own. TMPDIR names another place. One that was killed could
# not clean up: the next one does.
set -u

plenty() { # 4 GiB of /dev/shm, as much memory besides, and programs may be run from there
	df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $4 >= 4194304 { ok = 1 } END { exit !ok }' &&
		awk '$1 == "MemAvailable:" { exit $2 < 8388608 }' /proc/meminfo &&
		awk '$2 == "/dev/shm" && $4 ~ /noexec/ { exit 1 }' /proc/mounts
}

if [ -z "${TMPDIR:-}" ] && plenty; then
	TMPDIR=/dev/shm
	export TMPDIR
fi
for left in "${TMPDIR:-/tmp}"/outpost.*.??????; do
	pid=${left#*/outpost.}
	[ ! -d "$left" ] || [ -e "/proc/${pid%%.*}" ] || rm -rf "$left"
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/outpost.$$.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM
cd "$dir" || exit 1
TMPDIR=$dir "$@"
