# cluster.sh - a PostgreSQL of one's own below $scratch, on a unix socket; to be sourced.
# shellcheck shell=bash disable=SC2154  # scratch is the caller's

pg_bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
pg=$scratch/pg

as_pg() { # the server refuses to be root
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

cluster_finish() {
	if [ -e "$pg/data/postmaster.pid" ]; then
		as_pg "$pg_bin/pg_ctl" -D "$pg/data" -m fast -w stop >/dev/null || true
	fi
	rm -rf "$scratch"
}

cluster_start() {
	mkdir -p "$pg"
	chmod 711 "$scratch"
	[ "$(id -u)" -ne 0 ] || chown postgres "$pg"
	as_pg "$pg_bin/initdb" -D "$pg/data" -U postgres -A trust -E UTF8 --no-locale >/dev/null
	as_pg "$pg_bin/pg_ctl" -D "$pg/data" -w -l "$pg/log" -o \
		"-c listen_addresses='' -c unix_socket_directories='$pg' -c shared_buffers=512MB" \
		start >/dev/null
}

cluster_url() { # NAME: a new database
	as_pg "$pg_bin/createdb" -h "$pg" -U postgres "$1"
	echo "postgresql:///$1?host=$pg&user=postgres"
}

cluster_analyze() { # NAME
	as_pg "$pg_bin/psql" -q -h "$pg" -U postgres -d "$1" -c 'VACUUM ANALYZE'
}
