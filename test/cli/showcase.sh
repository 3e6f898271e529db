#!/bin/sh
# showcase.sh - the demonstration and the figures of the machine run through, and say what they are.
. "$OUTPOST_SOURCE/test/support/shell.sh"

says 'the demonstration says that it is synthetic, and where its files lie'
run 0 demo --out town/one
has err 'SYNTHETIC'
has err '合成'
has out 'SYNTHETIC'
has out 'Generation 1'
has out 'Generation 2'
has out '云梦山歌大剧院'
has err 'cases: 1 in = 1 accepted + 0 refused + 0 duplicate'
for f in visits.csv cases.csv contacts.csv encounters.csv chain.dot chain.graphml; do
	has out "town/one/$f"
	[ -s "town/one/$f" ] || fail "$f is empty"
done

says 'the same seed is the same town, another seed another'
run 0 demo --out two --seed 42 --lang zh
has out '第 2 代'
same two/contacts.csv town/one/contacts.csv
run 0 demo --out three --seed 43
cmp -s three/visits.csv two/visits.csv && fail 'seed 43 is seed 42'

says 'the figures come as text and as JSON'
run 0 bench trace --rows 20000
has out 'p50'
has out 'bytes a visit'
run 0 bench trace --rows 20000 --json
has out '"kernel":"'
has out '"bytes_per_visit":'
