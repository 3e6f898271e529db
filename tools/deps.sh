#!/bin/sh
# deps.sh FILE - install those Debian packages of a list that are not there yet.
# A line is a package, or "package unless command". When nothing is missing, neither the network
# nor apt is touched.
set -eu

sed 's/#.*//' "$1" | {
	set --
	while read -r package unless command; do
		if [ -z "$package" ]; then
			continue
		fi
		if [ -z "$unless" ] || ! command -v "$command" >/dev/null; then
			set -- "$@" "$package"
		fi
	done

	# dpkg-query complains about names it never heard of; those are missing, too.
	there=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
	missing=
	for package; do
		case "
$there
" in
		*"
installed $package
"*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || exit 0

	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		as_root=sudo
		if ! command -v sudo >/dev/null; then
			echo "to be installed, but here is neither root nor sudo:$missing" >&2
			exit 1
		fi
	fi
	echo "installing:$missing"
	$as_root apt-get update -q
	# shellcheck disable=SC2086  # one word a package is what we want
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $missing </dev/null
}
