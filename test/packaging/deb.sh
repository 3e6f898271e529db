#!/bin/bash
# deb.sh - the Debian package: made twice it is the same, and installed for real, in a copy of this
# system that is thrown away, it makes a house, serves it, and leaves it alone when it goes; another
# copy is started with a systemd of its own, whose unit serves a house with all that it forbids.
. "$OUTPOST_SOURCE/test/support/shell.sh"

command -v dpkg-shlibdeps >/dev/null || skip
case $(ldd "$OUTPOST") in
*libasan* | *libtsan* | *libubsan*) skip ;; # nobody ships that
esac

says 'the same program gives the same package'
SOURCE_DATE_EPOCH=1790000000
export SOURCE_DATE_EPOCH
deb=$("$OUTPOST_SOURCE/tools/deb.sh" "$OUTPOST" one)
"$OUTPOST_SOURCE/tools/deb.sh" "$OUTPOST" two >/dev/null
same "$deb" "two/${deb##*/}"

says 'it is called as the program calls itself, and says what it needs'
[ "outpost $(dpkg-deb -f "$deb" Version)" = "$("$OUTPOST" version)" ] || fail 'the version'
dpkg-deb -f "$deb" Depends >depends
for library in libc6 libsqlite3-0 libpq5 libsodium23 libssl3 libmicrohttpd12 tzdata; do
	has depends "$library"
done
dpkg-deb -x "$deb" root
(cd root && md5sum -c --quiet) < <(dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./md5sums) ||
	fail 'the sums of its files'

says 'nothing in it tells where it was built'
grep -rqF "$OUTPOST_SOURCE" root && fail "$OUTPOST_SOURCE stands in it"

says 'the unit leaves the server what it needs and no more'
unit=root/usr/lib/systemd/system/outpost.service
for line in User=outpost ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes \
	NoNewPrivileges=yes MemoryDenyWriteExecute=yes CapabilityBoundingSet= \
	'SystemCallFilter=@system-service seccomp' StateDirectory=outpost LimitCORE=0 \
	'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX'; do
	grep -qxF "$line" $unit || fail "the unit has no line $line"
done
if command -v systemd-analyze >/dev/null; then
	systemd-analyze security --offline=yes --threshold=20 $unit >exposed ||
		fail "$(tail -n 1 exposed)"
fi

inside() { # what is done in the copy of the system
	set -e
	dpkg -i "/deb/${deb##*/}"
	[ "$(outpost version)" = "$("$OUTPOST" version)" ]
	[ "$(stat -c '%U %a' /var/lib/outpost)" = 'outpost 750' ]
	zcat /usr/share/man/man1/outpost.1.gz | grep -q '^.SS outpost serve'
	if command -v systemd-analyze >/dev/null; then
		systemd-analyze verify --man=no /usr/lib/systemd/system/outpost.service
	fi
	house=/var/lib/outpost/house
	as='setpriv --reuid outpost --regid outpost --init-groups'
	$as outpost init $house
	exec 3< <(exec $as outpost serve $house --listen 127.0.0.1:0)
	server=$!
	read -r url <&3
	exec 4<>"/dev/tcp/127.0.0.1/${url##*:}"
	printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&4
	grep -q '"status":"ok"' <&4
	$as outpost verify $house --alive
	kill -TERM "$server"
	wait "$server"
	$as outpost fsck $house
	dpkg -i "/deb/${deb##*/}" # once more, as an upgrade does
	dpkg -r outpost
	[ ! -e /usr/bin/outpost ]
	dpkg -P outpost
	[ -s $house/outpost.sqlite ]
	[ "$(stat -c %U $house/outpost.sqlite)" = outpost ]
}

says 'installed, it serves a house; removed and purged, it leaves the house alone'
apart() { # a copy of the system, and in it what stands above
	set -e
	mkdir over
	mount -t tmpfs tmpfs over
	mkdir over/upper over/work over/root
	mount -t overlay overlay -o lowerdir=/,upperdir=over/upper,workdir=over/work over/root
	mkdir over/root/deb
	cp "$deb" over/root/deb
	mount --rbind /proc over/root/proc
	mount --rbind /dev over/root/dev
	chroot over/root /bin/bash -c "$(declare -f inside); inside"
}
export deb
overlays() {
	set -e
	mkdir -p try
	mount -t tmpfs tmpfs try
	mkdir try/upper try/work try/root
	mount -t overlay overlay -o lowerdir=/,upperdir=try/upper,workdir=try/work try/root
}
if [ "$(id -u)" -ne 0 ] || ! unshare -m bash -c "$(declare -f overlays); overlays" 2>/dev/null; then
	echo 'not as root, or without overlays: nothing was installed'
	exit
fi
if ! unshare -m bash -c "$(declare -f inside apart); apart" >install.log 2>&1; then
	fail 'installing'
	tail -n 20 install.log
fi
n_checks=$((n_checks + 1))

says 'under systemd, with all that its unit forbids, it serves, reloads, comes back and ends'
booted() { # what the one unit of the copy does, in a bash that ends the copy
	set -eE
	trap 'systemctl exit 1' ERR
	dpkg -i "/deb/${deb##*/}"
	runuser -u outpost -- outpost init $house
	systemctl daemon-reload
	systemctl start outpost
	came 1
	systemctl reload outpost
	runuser -u outpost -- outpost verify $house --alive
	systemctl kill -s KILL --kill-who=main outpost
	came 2
	runuser -u outpost -- outpost verify $house
	systemctl stop outpost
	[ "$(systemctl show outpost -p Result --value)" = success ]
	systemctl exit 42
}
came() { # its address stands in the journal so many times, and names are told
	local url
	url=$(timeout 60 journalctl -f --no-tail -o cat -u outpost | grep -m "$1" ^http:// |
		tail -n 1)
	exec 4<>"/dev/tcp/127.0.0.1/${url##*:}"
	printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&4
	grep '"status":"ok","names":"ok"' <&4
}
boots() { # SCRIPT: what is done in a copy of the system that a systemd of its own has started
	set -e
	overlays
	units=try/root/etc/systemd/system
	mkdir -p try/root/deb $units/outpost.service.d
	cp "$deb" try/root/deb
	cp root/usr/lib/systemd/system/outpost.service try/root/deb/unit
	printf '%s\n' "$1" >try/root/deb/script
	printf '%s\n' '[Service]' RestartSec=0 >$units/outpost.service.d/at-once.conf
	printf '%s\n' '[Service]' Type=oneshot StandardOutput=file:/deb/said StandardError=inherit \
		"ExecStart=/bin/bash /deb/script" >$units/try.service
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 120 systemd-nspawn -q -D try/root --register=no \
		--keep-unit --private-network -b -- --unit=try.service </dev/null >boot.log 2>&1 ||
		ended=$?
	cat try/root/deb/said
	return "${ended:-0}"
}
boot() {
	unshare -m bash -c "$(declare -f overlays boots); boots \"\$1\"" - "$1" >said 2>&1
}
# What the unit forbids can be forbidden here at all: nothing is started in its place.
boot "sed -e 's,^ExecStart=.*,ExecStart=/bin/true,' -e '/^User=/d' -e '/^Group=/d' \\
	-e '/^Condition/d' /deb/unit >/etc/systemd/system/nothing.service
systemctl daemon-reload
systemctl start nothing && systemctl exit 42
systemctl exit 1"
if [ $? -ne 42 ]; then
	echo 'no systemd of its own can be started here: its unit was not'
	exit
fi
house=/var/lib/outpost/house
boot "deb=$deb house=$house; $(declare -f booted came); booted"
if [ $? -ne 42 ]; then
	fail 'under systemd'
	tail -n 20 said
fi
n_checks=$((n_checks + 1))
