# gate.awk - the section "gate" of the report: what comes in, is traced and named over HTTP.

function gate_at_least(what, name, unit, goal,    v) {
	if (!has("gate", name))
		return
	v = middle("gate", name)
	row(what, short(v) " " unit, "", "", "≥ " goal, yes(v >= goal))
}

function gate_at_most(what, who, name, unit, scale, goal,    v) {
	if (!has(who, name))
		return
	v = middle(who, name) * scale
	row(what, short(v) " " unit, "", "", "≤ " goal " " unit, yes(v <= goal))
}

function gate_of_bare(what, name,    v, bare) {
	if (!has("gate", name) || !has("sqlite", "bare_rows_a_second"))
		return
	v = middle("gate", name)
	bare = middle("sqlite", "bare_rows_a_second")
	row(what, short(v) " /s", short(bare) " /s", short(v / bare), "≥ 0.3", yes(v >= 0.3 * bare))
}

# Theirs over ours, in milliseconds both.
function gate_faster(what, name, theirs, scale, goal,    r) {
	if (!has("gate", name) || !has("postgres", theirs))
		return
	r = middle("postgres", theirs) * scale / middle("gate", name)
	row(what, short(middle("gate", name)) " ms",
		short(middle("postgres", theirs) * scale) " ms",
		short(r) " ×", goal ? "≥ " goal " ×" : "", goal ? yes(r >= goal) : "")
}

function gate(    names) {
	if (!has("gate", "push_ndjson_rows_a_second"))
		return
	print "\n## Gate\n"
	print "A server with its vault in a child, over HTTP; its clients share its cores.\n"
	print "| figure | ours | theirs | result | goal | reached |"
	print "| --- | --- | --- | --- | --- | --- |"
	gate_at_least("visits pushed, NDJSON, batches of 10,000, one connection",
		"push_ndjson_rows_a_second", "/s", 300000)
	gate_at_least("the same, CSV", "push_csv_rows_a_second", "/s", 300000)
	gate_at_least("the same, CSV, four connections", "push_csv_4_lines_rows_a_second", "/s",
		300000)
	gate_of_bare("CSV, four connections, against SQLite's bare insert",
		"push_csv_4_lines_rows_a_second")
	if (has("gate", "push_new_rows_a_second"))
		row("people whom the vault does not know yet",
			short(middle("gate", "push_new_rows_a_second")) " /s", "", "", "", "")
	gate_at_most("people brought, with duplicate check: " middle("gate", "people_brought") \
		" against " middle("gate", "people_known"), "gate", "people_s", "s", 1, 30)
	gate_at_most("all against all, " middle("gate", "people_known") " people", "vault",
		"all_against_all_ms", "s", 0.001, 60)
	gate_faster("one case traced, JSON, kept and entered: p50, PostgreSQL's statement alone",
		"trace_1_ms_p50", "q1_us_p50", 0.001, 3)
	gate_faster("two generations: p50, PostgreSQL's mean", "trace_2_ms_p50",
		"q2_20_ms_mean", 1, 0)
	names = middle("gate", "names")
	if (names)
		gate_at_most("10,000 names of one answer (of " names ")", "gate", "names_ms", "s",
			10 / names, 1)
}
