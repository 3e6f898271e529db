#!/bin/sh
# deb.sh PROGRAM FOLDER - a Debian package of a program that was built, in FOLDER; says its name.
#
# Version and manual page are the program's own, what it depends on is read off its libraries. The
# same program at the same SOURCE_DATE_EPOCH (that of the last commit, unless it is set) gives the
# same bytes.
set -eu
program=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
cd "$(dirname "$0")/.."
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
	SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 0)
fi
DPKG_DEB_THREADS_MAX=1 # how many threads there are is to be seen in the bytes
export SOURCE_DATE_EPOCH DPKG_DEB_THREADS_MAX
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
doc=$root/usr/share/doc/outpost
install -d "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib/systemd/system" "$doc/reference" \
	"$root/usr/share/man/man1" "$root/usr/share/man/zh_CN/man1"

strip --strip-unneeded -R .comment -R .note -o "$root/usr/bin/outpost" "$program"
chmod 755 "$root/usr/bin/outpost"
install -m 644 packaging/outpost.service "$root/usr/lib/systemd/system/"
"$program" help --man --lang en | gzip -9n >"$root/usr/share/man/man1/outpost.1.gz"
"$program" help --man --lang zh | gzip -9n >"$root/usr/share/man/zh_CN/man1/outpost.1.gz"
install -m 644 packaging/copyright packaging/README.Debian NOTICE README.md README.zh-CN.md \
	SECURITY.md "$doc/"
install -m 644 docs/reference/*.md "$doc/reference/"
gzip -9n <CHANGELOG.md >"$doc/CHANGELOG.md.gz"

version=$("$program" version | sed 's/^outpost //')
gzip -9n >"$doc/changelog.gz" <<END
outpost ($version) unstable; urgency=medium

  * What changed stands in CHANGELOG.md.gz.

 -- $(sed -n 's/^Maintainer: //p' packaging/control.in)  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
mkdir "$work/debian"
printf 'Source: outpost\nPackage: outpost\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/outpost 2>/dev/null |
	sed -n 's/^shlibs:Depends=//p')
size=$(du -sk --apparent-size "$root/usr" | cut -f1)
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" \
	-e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" packaging/control.in \
	>"$root/DEBIAN/control"
install -m 755 packaging/postinst packaging/prerm packaging/postrm "$root/DEBIAN/"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"

find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "$out" >/dev/null
echo "$out/outpost_${version}_$(dpkg --print-architecture).deb"
