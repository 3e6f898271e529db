# report.awk - one run's figures as Markdown on stdout and, with -v json=FILE, as JSON. The section
# of the gate is in gate.awk.
#
# Lines:  run <TAB> key <TAB> value            a fact about the run
#         figure <TAB> system <TAB> name <TAB> value   several of one name: one for each round
#
# If two systems gave different answers it says which on stderr and exits with 1.

BEGIN { FS = "\t" }

$1 == "run" { run[$2] = $3; run_order[++n_run] = $2 }

$1 == "figure" {
	if (!($2 in known)) {
		known[$2] = 1
		system_order[++n_systems] = $2
	}
	value[$2, $3, ++count[$2, $3]] = $4
	if (!($3 in named)) {
		named[$3] = 1
		name_order[++n_names] = $3
	}
}

# ---- answers --------------------------------------------------------------------------------

function wrong(who, name, is, should) {
	printf "%s: %s is %s, but should be %s\n", who, name, is, should > "/dev/stderr"
	n_wrong++
}

# Every who's and round's value of this check must be the first one seen.
function check_same(name,    i, k, who, first) {
	for (i = 1; i <= n_systems; i++) {
		who = system_order[i]
		for (k = 1; k <= count[who, name]; k++) {
			if (first == "")
				first = value[who, name, k]
			else if (value[who, name, k] != first)
				wrong(who, name, value[who, name, k], first)
		}
	}
}

# What was published for these data: rows and hash.
function check_published(which, rows, hash,    word) {
	split(value["baseline", which "_check", 1], word, " ")
	if (value["baseline", which "_rows", 1] != rows || word[1] != hash)
		wrong("baseline", which, value["baseline", which "_rows", 1] " " word[1],
			rows " " hash)
}

function check_answers(    i, word) {
	for (i = 1; i <= n_names; i++)
		if (name_order[i] ~ /_(rows|check)$/ && name_order[i] != "trace_cli_rows")
			check_same(name_order[i])
	split(run["expect_q1"], word, " ")
	check_published("q1", word[1], word[2])
	split(run["expect_q2"], word, " ")
	check_published("q2_" word[1], word[2], word[3])
	if (value["engine", "trace_cli_rows", 1] != value["engine", "q1_rows", 1])
		wrong("outpost trace", "rows", value["engine", "trace_cli_rows", 1],
			value["engine", "q1_rows", 1])
}

# ---- numbers --------------------------------------------------------------------------------

function has(who, name) { return count[who, name] > 0 }

# Median over the rounds; leaves the least and most in `least` and `most`.
function middle(who, name,    n, i, v) {
	n = count[who, name]
	for (i = 1; i <= n; i++)
		v[i] = value[who, name, i] + 0
	return middle_of(v, n)
}

function middle_of(v, n,    i, k, held) {
	for (i = 2; i <= n; i++) {
		held = v[i]
		for (k = i - 1; k >= 1 && v[k] > held; k--)
			v[k + 1] = v[k]
		v[k + 1] = held
	}
	least = v[1]
	most = v[n]
	return v[int((n + 1) / 2)]
}

# Three figures that count.
function short(x) {
	if (x >= 100)
		return sprintf("%.0f", x)
	if (x >= 10)
		return sprintf("%.1f", x)
	return sprintf(x >= 1 ? "%.2f" : "%.3f", x)
}

function of_round(who, name, i) { return value[who, name, i > count[who, name] ? 1 : i] }

# a over b, round by round where both have as many rounds, else each round against the one other.
function ratio(sa, na, sb, nb,    n, i, v) {
	n = count[sa, na] > count[sb, nb] ? count[sa, na] : count[sb, nb]
	for (i = 1; i <= n; i++)
		v[i] = of_round(sa, na, i) / of_round(sb, nb, i)
	return middle_of(v, n)
}

# ---- rows -----------------------------------------------------------------------------------

function row(what, ours, theirs, result, goal, reached) {
	printf "| %s | %s | %s | %s | %s | %s |\n", what, ours, theirs, result, goal, reached
}

function yes(reached) { return reached ? "yes" : "**no**" }

# How many times as fast: their time over ours, at least `goal` (0: no goal was set).
function faster(what, ours, peer, theirs, unit, goal,    r, spread) {
	if (!has(peer, theirs) || !has("engine", ours)) {
		if (goal)
			row(what, "", "", "not measured", "≥ " goal " ×", "")
		return
	}
	r = ratio(peer, theirs, "engine", ours)
	spread = least == most ? "" : sprintf(" (%s–%s)", short(least), short(most))
	row(what, short(middle("engine", ours)) " " unit, short(middle(peer, theirs)) " " unit,
		short(r) " ×" spread, goal ? "≥ " goal " ×" : "", goal ? yes(r >= goal) : "")
}

# A figure of ours that must not be over `goal`.
function at_most(what, name, unit, goal, goal_text,    m) {
	if (!has("engine", name)) {
		row(what, "not measured", "", "", goal_text, "")
		return
	}
	m = middle("engine", name)
	row(what, short(m) (unit ? " " unit : ""), "", "", goal_text,
		goal_text ? yes(m <= goal) : "")
}

function share_row(    r) {
	r = ratio("engine", "bytes_a_visit", "baseline", "bytes_a_visit")
	row("bytes a visit, both directions, against the baseline",
		short(middle("engine", "bytes_a_visit")),
		short(middle("baseline", "bytes_a_visit")), short(r), "≤ 0.45", yes(r <= 0.45))
}

function threads_row(    r, result) {
	r = ratio("engine", "batch_1_ms", "engine", "batch_2_ms")
	result = sprintf("%.2f × (%.2f–%.2f)", r, least, most)
	row("two threads against one, batch", short(middle("engine", "batch_2_ms")) " ms",
		short(middle("engine", "batch_1_ms")) " ms", result, "≥ 1.8 ×", yes(r >= 1.8))
}

function figures(    second) {
	split(run["expect_q2"], second, " ")
	second[1] = "q2_" second[1] "_ms_mean"
	print "| figure | ours | theirs | result (spread) | goal at 100M | reached |"
	print "| --- | --- | --- | --- | --- | --- |"
	faster("one case p50, PostgreSQL", "q1_us_p50", "postgres", "q1_us_p50", "µs", 60)
	faster("one case p99, PostgreSQL", "q1_us_p99", "postgres", "q1_us_p99", "µs", 120)
	faster("one case p50, DuckDB", "q1_us_p50", "duckdb", "q1_us_p50", "µs", 800)
	faster("batch of 1,000, one thread, PostgreSQL", "batch_1_ms", "postgres", "batch_1_ms",
		"ms", 70)
	faster("batch of 1,000, one thread, DuckDB on all cores", "batch_1_ms", "duckdb",
		"batch_1_ms", "ms", 70)
	faster("second generation mean, first 20 cases, PostgreSQL", "q2_20_ms_mean", "postgres",
		"q2_20_ms_mean", "ms", 70)
	faster("one case p50, plain baseline", "q1_us_p50", "baseline", "q1_us_p50", "µs", 1.5)
	faster("one case p99, plain baseline", "q1_us_p99", "baseline", "q1_us_p99", "µs", 2.5)
	faster("second generation mean, plain baseline", second[1], "baseline", second[1], "ms", 3)
	share_row()
	at_most("bytes a visit on disk, both directions, day files", "bytes_a_visit", "", 11,
		"≤ 11 (9.5)")
	faster("CSV to queryable, DuckDB", "seal_s", "duckdb", "csv_to_queryable_s", "s", 2)
	threads_row()
	at_most("most memory of `outpost seal`", "seal_peak_mib", "MiB", 4096, "< 4096 MiB")
	at_most("first answer after opening, files in the page cache", "first_answer_ms", "ms", 50,
		"≤ 50 ms")
	at_most("first answer after opening, files not in the page cache",
		"first_answer_cold_ms", "ms", 0, "")
	faster("CSV to queryable, PostgreSQL", "seal_s", "postgres", "csv_to_queryable_s", "s", 0)
	faster("second generation mean, first 20 cases, DuckDB", "q2_20_ms_mean", "duckdb",
		"q2_20_ms_mean", "ms", 0)
	faster("one case p99, DuckDB", "q1_us_p99", "duckdb", "q1_us_p99", "µs", 0)
	faster("batch of 1,000, plain baseline", "batch_1_ms", "baseline", "batch_1_ms", "ms", 0)
	faster("one case p50, SQLite", "q1_us_p50", "sqlite", "q1_us_p50", "µs", 0)
	faster("one case p99, SQLite", "q1_us_p99", "sqlite", "q1_us_p99", "µs", 0)
	faster("second generation mean, first 20 cases, SQLite", "q2_20_ms_mean", "sqlite",
		"q2_20_ms_mean", "ms", 0)
}

# Everything measured, one column a who: the median and, of several rounds, least and most.
function cell(who, name,    m) {
	if (!has(who, name))
		return ""
	if (value[who, name, 1] !~ /^[0-9.e+-]+$/)
		return value[who, name, 1]
	if (name ~ /_(rows|segments|bytes)$/)
		return value[who, name, 1]
	m = short(middle(who, name))
	return least == most ? m : sprintf("%s (%s–%s)", m, short(least), short(most))
}

function all_figures(    i, k, line) {
	line = "| |"
	for (k = 1; k <= n_systems; k++)
		line = line " " system_order[k] " |"
	print line
	gsub(/[^|]+/, " --- ", line)
	print line
	for (i = 1; i <= n_names; i++) {
		if (name_order[i] == "version")
			continue
		line = "| " name_order[i] " |"
		for (k = 1; k <= n_systems; k++)
			line = line " " cell(system_order[k], name_order[i]) " |"
		print line
	}
}

function heading(    i) {
	printf "# Bench %s: %d visits, 14 days, seed 42\n\n", run["size"], run["visits"]
	printf "%s, commit %s. %s, %d cores, %s, %s. %s.\n", run["date"], run["commit"],
		run["processor"], run["cores"], run["memory"], run["kernel"], run["compiler"]
	for (i = 1; i <= n_systems; i++)
		if (has(system_order[i], "version"))
			printf "%s: %s. ", system_order[i], value[system_order[i], "version", 1]
	printf "engine kernel: %s.\n", value["engine", "kernel", 1]
	printf "Load average before %s, after %s.", run["load_before"], run["load_after"]
	if (run["load_before"] + 0 > 1.5)
		printf " **The machine was busy: not to be quoted.**"
	printf "\n\nAll answers equal (rows, hash, sums), the published ones included. "
	printf "Ours and the baseline: median of %d rounds, in brackets the least and the most. ",
		run["rounds"]
	printf "Ratios are of one run; the goals are set for 100M.\n\n"
}

# ---- JSON -----------------------------------------------------------------------------------

function quoted(s) {
	gsub(/[\\"]/, "\\\\&", s)
	return "\"" s "\""
}

function write_json(    i, k, r, comma, v) {
	printf "{\"run\":{" > json
	for (i = 1; i <= n_run; i++)
		printf "%s%s:%s", (i > 1 ? "," : ""), quoted(run_order[i]),
			quoted(run[run_order[i]]) > json
	printf "},\"seed\":42,\"figures\":{" > json
	for (k = 1; k <= n_systems; k++) {
		printf "%s%s:{", (k > 1 ? "," : ""), quoted(system_order[k]) > json
		comma = ""
		for (i = 1; i <= n_names; i++) {
			if (!has(system_order[k], name_order[i]))
				continue
			printf "%s%s:[", comma, quoted(name_order[i]) > json
			comma = ","
			for (r = 1; r <= count[system_order[k], name_order[i]]; r++) {
				v = value[system_order[k], name_order[i], r]
				printf "%s%s", (r > 1 ? "," : ""),
					(v ~ /^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?$/ &&
					v !~ /^0[0-9]/ ? v : quoted(v)) > json
			}
			printf "]" > json
		}
		printf "}" > json
	}
	print "}}" > json
}

END {
	check_answers()
	if (n_wrong)
		exit 1
	heading()
	figures()
	gate()
	print "\n## Everything measured\n"
	all_figures()
	if (run["postgres_settings"] != "")
		printf "\nPostgreSQL settings: %s.\n", run["postgres_settings"]
	if (json != "")
		write_json()
}
