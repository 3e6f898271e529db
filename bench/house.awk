# house.awk - the figures of house.sh as Markdown on stdout. Lines as in report.awk.

BEGIN { FS = "\t" }

$1 == "run" && $2 == "database" {
	where = $3
	next
}
$1 == "run" { run[$2] = $3 }
$1 == "figure" && $2 == "record" && $3 ~ /_p99$/ {
	sub(/, .*, /, ", ", where)
	if (!(where in worst))
		lists[++n_lists] = where
	if ($4 + 0 > worst[where] + 0) {
		worst[where] = $4
		worst_of[where] = $3
	}
}
$1 == "figure" && ($2 == "loop" || $2 == "campaign") && $3 ~ /_ms$/ {
	goal = $3 == "tick_ms"                         ? 2000 \
	     : $3 == "many_ms"                         ? 5000 \
	     : $3 == "start_ms" && $2 == "campaign"    ? 30000 \
	     : $3 == "board_city_p99_ms" || $3 ~ /^coverage_.*_p99_ms$/ ? 20 : 0
	if (goal)
		motion[++n_motion] = $3 "\t" where "\t" $4 "\t" goal
}
$1 == "figure" {
	v[$2, $3] = $4
	if ($2 == "record" && $3 == "import_s")
		imports[++n_imports] = $4
	if (!($2 SUBSEP $3 in least) || $4 + 0 < least[$2, $3] + 0)
		least[$2, $3] = $4
	if ($4 + 0 > most[$2, $3] + 0)
		most[$2, $3] = $4
}

function row(what, is, beside, result, goal, reached) {
	printf "| %s | %s | %s | %s | %s | %s |\n", what, is, beside, result, goal,
		reached ? "yes" : "**no**"
}

END {
	printf "# Bench of the house\n\n%s, commit %s, %s. Load before %s, after %s.", run["date"],
		run["commit"], run["processor"], run["load_before"], run["load_after"]
	if (run["load_before"] + 0 > 1.5)
		printf " **The machine was busy: not to be quoted.**"
	print "\n\n| figure | ours | beside | result | goal | reached |"
	print "| --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= n_lists; i++)
		row("first 50 of " run["rows"] ", worst p99 (" worst_of[lists[i]] "), " lists[i],
			worst[lists[i]] " ms", "", "", "≤ 20 ms", worst[lists[i]] <= 20)
	for (i = 1; i <= n_motion; i++) {
		split(motion[i], part, "\t")
		row("`" part[1] "`, " part[2], part[3] " ms", "", "", "≤ " part[4] " ms",
			part[3] + 0 <= part[4])
	}
	r = v["sqlite", "import_s"] / imports[1]
	row("import of 100,000 rows, all checks, SQLite", imports[1] " s",
		v["sqlite", "import_s"] + 0 " s (.import)", sprintf("%.2f", r), "≥ 0.15", r >= 0.15)
	row("durable writes, 64 clients, one commit a request beside",
		v["db", "write_grouped_per_s"] " /s", v["db", "write_single_per_s"] " /s",
		v["db", "write_ratio"] " ×", "≥ 10 ×", v["db", "write_ratio"] >= 10)
	row("GET through session, route and database, libmicrohttpd's constant beside",
		v["house", "get_s"] " /s", v["libmicrohttpd", "house_get_s"] " /s",
		v["house", "get_ratio"], "≥ 0.4", v["house", "get_ratio"] >= 0.4)
	row(v["http", "streams"] " idle streams", v["http", "stream_kib"] " KiB each", "", "",
		"≤ 32 KiB", v["http", "stream_kib"] <= 32)
	row("start to first answer, " v["house", "database_mib"] " MiB",
		least["house", "start_ms"] "–" most["house", "start_ms"] " ms", "", "", "≤ 500 ms",
		most["house", "start_ms"] <= 500)
	row("console first load, gzip", v["house", "first_load_kb"] " KB", "", "", "≤ 300 KB",
		v["house", "first_load_kb"] <= 300)
	row("`outpost verify`, entries a second", v["ledger", "verify_per_s"], "", "",
		"≥ 1,000,000", v["ledger", "verify_per_s"] >= 1e6)
}
