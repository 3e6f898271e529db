#!/bin/sh
# loop.sh - the loop in three browsers on the real server: raised at the county, accepted and proved
# at the cell on a phone, also without a network, checked at the township; another climbs before
# their eyes, by a clock that the walk moves (test/support/clocked.c). Pictures in
# build/console/loop.
. "$OUTPOST_SOURCE/test/console/node.sh.in"
need_console
need_browser

"$OUTPOST" init house --set house.demo=yes --set house.area=43 \
	--set session.idle_min=1440 >/dev/null 2>&1
printf '%s\n' code,name 43,湖南省 4308,张家界市 430802,永定区 430802001,永定街道 \
	430802001001,大庸桥社区 430802001001001,第一网格 >areas.csv
"$OUTPOST" area import house areas.csv 2>/dev/null

accounts=
account() { # NAME ROLE AREA
	"$OUTPOST" user add house "$1" --roles "$2" --under "$3" --name "合成·$1" >one
	accounts="$accounts${accounts:+,}$(printf '"%s":{"login":"%s","password":"%s"}' "$1" \
		"$(sed -n 1p one)" "$(sed -n 2p one)")"
}
account keeper area_lead 43
account county area_lead 430802
account township duty_officer 430802001
account cell grid_worker 430802001001
account system system_admin 43

head -c 8 /dev/zero >clock
OUTPOST_TEST_CLOCK=$PWD/clock
export OUTPOST_TEST_CLOCK
mkfifo first
"$OUTPOST_BUILD/outpost_clocked" serve house --listen 127.0.0.1:0 >first 2>serve.log &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
exec 3<first
read -r OUTPOST_URL <&3
OUTPOST_ACCOUNTS="{$accounts}"
export OUTPOST_URL OUTPOST_ACCOUNTS
node_test loop.test.mjs

kill -TERM "$server"
wait "$server"
