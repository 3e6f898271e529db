# shellcheck shell=sh
# shell.sh - sentences about the program, for the tests in test/cli. Sourced, never run.
#
#   says 'touching ends are no encounter'     what the checks that follow are about
#   run 0 trace --visits v.csv ...            the program, and the exit code it must have
#   is out <<'EOF' ... EOF                    the whole of a file; out and err are the program's
#   has err 'words' / lacks err 'words'       part of a file
#   last err 'line'                           its last line
#   absent FILE                               it must not be there
#   skip                                      nothing here to try it on
# The first three failures are shown with their sentence; the exit code says whether any was.
set -u
: "${OUTPOST:?the program under test}"
LANG=C
LC_ALL=
LC_MESSAGES=
export LANG LC_ALL LC_MESSAGES
sentence='nothing said yet'
n_checks=0
n_failed=0

says() {
	sentence=$1
}

fail() {
	n_failed=$((n_failed + 1))
	printf 'not so: %s\n  %s\n' "$sentence" "$1"
	if [ "$n_failed" -ge 3 ]; then
		exit 1
	fi
}

run() {
	want=$1
	shift
	n_checks=$((n_checks + 1))
	"$OUTPOST" "$@" >out 2>err
	got=$?
	if [ "$got" -ne "$want" ]; then
		fail "exit code $got and not $want: outpost $*"
		sed 's/^/  err: /' err
	fi
}

is() {
	n_checks=$((n_checks + 1))
	cat >want
	if ! cmp -s want "$1"; then
		fail "$1 differs (- wanted, + found)"
		diff -u want "$1" | tail -n +3
	fi
}

has() {
	n_checks=$((n_checks + 1))
	grep -qF -- "$2" "$1" || {
		fail "$1 does not say: $2"
		sed 's/^/  | /' "$1"
	}
}

lacks() {
	n_checks=$((n_checks + 1))
	if grep -qF -- "$2" "$1"; then
		fail "$1 says: $2"
	fi
}

last() {
	n_checks=$((n_checks + 1))
	if [ "$(tail -n 1 "$1")" != "$2" ]; then
		fail "the last line of $1 is not: $2"
		sed 's/^/  | /' "$1"
	fi
}

absent() {
	n_checks=$((n_checks + 1))
	if [ -e "$1" ]; then
		fail "there is a file $1"
	fi
}

same() {
	n_checks=$((n_checks + 1))
	if ! cmp -s "$1" "$2"; then
		fail "$1 and $2 differ"
		diff -u "$1" "$2" | tail -n +3 | head -20
	fi
}

# There is nothing here to try it on.
skip() {
	trap - EXIT
	exit 77
}

finish() {
	status=$?
	if [ "$status" -ne 0 ] || [ "$n_failed" -ne 0 ]; then
		exit 1
	fi
	echo "$n_checks checks"
}
trap finish EXIT

header='case,contact,generation,via,class,encounters,overlap_s'
header=$header',first_exposure,last_exposure,places,rule,profile'
