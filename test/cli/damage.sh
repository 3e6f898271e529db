#!/bin/sh
# damage.sh - whatever is altered in a folder of segments, there is a sentence and no result.
. "$OUTPOST_SOURCE/test/support/shell.sh"

awk 'BEGIN {
	print "person,place,from,to,kind"
	for (i = 0; i < 300; i++) {
		from = 1626883200 + i * 500
		printf "p%d,x%d,%d,%d,k\n", i % 23, i % 5, from, from + 30000
	}
}' >v.csv
printf 'person,from,to\np1,2021-07-22,2021-07-25\n' >c.csv
run 0 seal --visits v.csv --out good
run 0 trace --segments good --cases c.csv
cp out answer
[ "$(wc -l <answer)" -gt 3 ] || fail 'the answer is too small to prove anything'

refused() {
	n_checks=$((n_checks + 1))
	rm -f o.csv
	"$OUTPOST" trace --segments bad --cases c.csv >out 2>err
	code=$?
	"$OUTPOST" trace --segments bad --cases c.csv --out o.csv >/dev/null 2>&1
	code2=$?
	if [ "$code" -ne 2 ] || [ "$code2" -ne 2 ] || [ -s out ] || [ -e o.csv ]; then
		fail "$1: exit codes $code and $code2, $(wc -c <out) bytes on standard output"
	fi
	grep -q "$2" err || fail "$1: $2 is not named: $(cat err)"
	[ ! -e o.csv.part ] || fail "$1: o.csv.part was left behind"
}

flip() { # FILE OFFSET: turn one bit
	byte=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
	bit=$((1 << ($2 % 8)))
	# shellcheck disable=SC2059  # the format is the byte
	printf "$(printf '\\%03o' $((byte ^ bit)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

for path in good/*; do
	name=${path##*/}
	bytes=$(wc -c <"$path")
	# shellcheck disable=SC2018,SC2019
	says "one altered bit in $name is found"
	for i in 0 1 2 3 4 5 6 7 8 9 10 11 12; do
		rm -rf bad
		cp -r good bad
		flip "bad/$name" $((bytes * i / 13 + i % 3))
		refused "bit at $((bytes * i / 13 + i % 3)) of $name" "$name"
	done
	rm -rf bad
	cp -r good bad
	flip "bad/$name" $((bytes - 1))
	refused "last byte of $name" "$name"

	says "$name cut short, lengthened, empty or missing is refused"
	for n in 0 1 7 $((bytes / 2)) $((bytes - 1)); do
		rm -rf bad
		cp -r good bad
		head -c "$n" "$path" >"bad/$name"
		refused "$name cut to $n bytes" "$name"
	done
	rm -rf bad
	cp -r good bad
	printf 'x' >>"bad/$name"
	refused "$name with a byte more" "$name"
	rm -rf bad
	cp -r good bad
	rm "bad/$name"
	refused "$name missing" "$name"
done

says 'another version is said to be one'
rm -rf bad
cp -r good bad
sed 's/^outpost shelf 1$/outpost shelf 2/' good/MANIFEST >bad/MANIFEST
refused 'version 2' MANIFEST
has err 'version 2'

says 'files of two folders cannot be mixed'
sed 's/p1,/p2,/' v.csv >w.csv
run 0 seal --visits w.csv --out other
rm -rf bad
cp -r good bad
cp other/persons.* bad/
refused 'names of another folder' 'persons'

says 'what cannot be taken back is written when every byte was checked, however much it is'
awk 'BEGIN {
	print "person,place,from,to"
	for (i = 0; i < 200; i++)
		printf "somebody-with-a-rather-long-name-%d,hall,1626883200,1626890000\n", i
}' >hall.csv
awk -F, 'NR == 1 { print "person,from,to" } NR > 1 && NR < 102 { print $1 ",0,1700000000" }' \
	hall.csv >many.csv
run 0 seal --visits hall.csv --out bighall
run 0 trace --segments bighall --cases many.csv
[ "$(wc -c <out)" -gt 2000000 ] || fail 'the answer fits into a buffer'
flip "$(echo bighall/place-kinds.*)" 1
run 2 trace --segments bighall --cases many.csv --out -
[ ! -s out ] || fail "$(wc -c <out) bytes on standard output"
run 2 trace --segments bighall --cases many.csv --out o.csv --encounters /dev/stdout
[ ! -s out ] || fail "$(wc -c <out) bytes of proof on standard output"
absent o.csv

says 'the untouched folder still answers'
run 0 trace --segments good --cases c.csv
same out answer
