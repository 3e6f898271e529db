# sqlgen.awk - C out of SQL files. Run by the build; nothing it makes is committed.
#
#   awk -v mode=h     -f sqlgen.awk src/grid/area.sql    the header with union area_sql
#   awk -v mode=c     -f sqlgen.awk src/grid/area.sql    the statements themselves
#   awk -v mode=all   -f sqlgen.awk src/*/*.sql          sql_all
#   awk -v mode=steps -f sqlgen.awk schema/*.sql         db_steps_builtin
#   awk -v mode=vault_steps ...                          vault_steps, of another database
#
# A mistake in a file is a line "file:line: what" and exit 1.

function fail(what) {
	print FILENAME ":" FNR ": " what >"/dev/stderr"
	failed = 1
	exit 1
}

function quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	gsub(/\t/, "\\t", s)
	return "\"" s "\""
}

function or_null(s) {
	return s == "" ? "NULL" : quoted(s)
}

# grid/area.sql of src/grid/area.sql, and area_sql.
function place_of(path) {
	sub(/^.*src\//, "", path)
	return path
}
function union_of(path) {
	sub(/^.*\//, "", path)
	sub(/\.sql$/, "", path)
	return path "_sql"
}

function finish_statement() {
	if (!n)
		return
	if (text[n] == "")
		fail("statement " name[n] " has no text")
	sub(/;$/, "", text[n])
	if (text[n] ~ /;/)
		fail("statement " name[n] " is more than one")
	if (purpose[n] == "")
		fail("statement " name[n] " has no line that says what it is for")
}

FNR == 1 && mode ~ /steps$/ {
	file = FILENAME
	sub(/^.*\//, "", file)
	if (file !~ /^[0-9][0-9][0-9][0-9]_[a-z_]+\.sql$/)
		fail("a step is called NNNN_word.sql")
	n++
	number[n] = substr(file, 1, 4) + 0
	if (number[n] <= number[n - 1])
		fail("steps come in the order of their numbers, each number once")
	name[n] = substr(file, 6, length(file) - 9)
}
mode ~ /steps$/ {
	text[n] = text[n] "\n\t\t" quoted($0 "") "\"\\n\""
	next
}
mode == "all" {
	if (FNR == 1)
		files[++n] = FILENAME
	next
}

/^-- name:/ {
	finish_statement()
	n++
	name[n] = $3
	if (name[n] !~ /^[a-z][a-z0-9_]*$/ || NF != 3 || name[n] == "all")
		fail("a name is one word of small letters, digits and _, and not all")
	if (name[n] in known)
		fail("statement " name[n] " is there twice")
	known[name[n]] = 1
	next
}
/^--/ && !n { next } # what the file as a whole is about
/^-- (scan|across|append):/ {
	word = substr($2, 1, length($2) - 1)
	why = $0
	sub(/^-- [a-z]+: */, "", why)
	if (why == "")
		fail(word " without a reason")
	option[n, word] = why
	next
}
/^-- \$[0-9]+ / {
	args[n] = args[n]
	if ($2 != "$" (length(args[n]) + 1))
		fail("arguments are told in order, each once")
	type = $4 == "double" && $5 == "precision" ? "double precision" : $4
	if (type == "bigint")
		args[n] = args[n] "i"
	else if (type == "double precision")
		args[n] = args[n] "f"
	else if (type == "text")
		args[n] = args[n] "t"
	else if (type == "bytea")
		args[n] = args[n] "b"
	else
		fail("an argument is $1 name TYPE, bigint, double precision, text or bytea")
	next
}
/^--/ {
	if (text[n] == "" && purpose[n] == "") {
		purpose[n] = $0
		sub(/^-- */, "", purpose[n])
	}
	next
}
/^[ \t]*$/ { next }
!n { fail("text before the first -- name:") }
{
	line = $0
	if (line ~ /--/)
		fail("no remark behind SQL")
	sub(/[ \t]+$/, "", line)
	text[n] = text[n] (text[n] == "" ? "" : "\n") line
	shouted = " " toupper(line) " "
	if (shouted ~ /[^A-Z_](INSERT|UPDATE|DELETE)[^A-Z_]/)
		writes[n] = 1
}

function header(union_name,    guard, i) {
	guard = toupper(place)
	gsub(/[^A-Z0-9]/, "_", guard)
	printf "/* Made of src/%s by tools/sqlgen.awk. */\n", place
	printf "#ifndef %s_H\n#define %s_H\n#include \"db/sql.h\"\n\n", guard, guard
	printf "extern const union %s {\n\tstruct {\n", union_name
	for (i = 1; i <= n; i++)
		printf "\t\tstruct sql %s; /* %s */\n", name[i], purpose[i]
	printf "\t};\n\tstruct sql all[%d];\n} %s;\n#endif\n", n, union_name
}

function source(union_name,    i, noun, lines, k, count) {
	noun = union_name
	sub(/_sql$/, "", noun)
	printf "/* Made of src/%s by tools/sqlgen.awk. */\n#include \"%s.h\"\n\n", place, place
	printf "const union %s %s = { .all = {\n", union_name, union_name
	for (i = 1; i <= n; i++) {
		printf "\t{ .name = \"%s.%s\",\n\t  .text =", noun, name[i]
		count = split(text[i], lines, "\n")
		for (k = 1; k <= count; k++)
			printf "\n\t\t%s%s", quoted(lines[k]), k < count ? " \"\\n\"" : ""
		printf ",\n\t  .args = \"%s\", .act = %s,\n", args[i],
			writes[i] ? "SQL_WRITE" : "SQL_READ"
		printf "\t  .scan = %s, .across = %s, .append = %s },\n",
			or_null(option[i, "scan"]), or_null(option[i, "across"]),
			or_null(option[i, "append"])
	}
	print "} };"
}

function list(    i) {
	print "/* Made of every .sql file under src by tools/sqlgen.awk. */"
	print "#include \"db/sql.h\""
	for (i = 1; i <= n; i++)
		printf "#include \"%s.h\"\n", place_of(files[i])
	print "\nconst struct sql_list sql_all[] = {"
	for (i = 1; i <= n; i++)
		printf "\t{ %s.all, ARRAY_LEN(%s.all) },\n", union_of(files[i]), union_of(files[i])
	print "};\nconst size_t sql_all_n = ARRAY_LEN(sql_all);"
}

function steps(words,    i) {
	print "/* Made of schema/ by tools/sqlgen.awk. */\n#include \"db/step.h\"\n"
	printf "extern const struct db_step %s[];\nextern const size_t %s_n;\n", words, words
	printf "const struct db_step %s[] = {\n", words
	for (i = 1; i <= n; i++)
		printf "\t{ %d, \"%s\",%s },\n", number[i], name[i], text[i]
	printf "};\nconst size_t %s_n = ARRAY_LEN(%s);\n", words, words
}

END {
	if (failed)
		exit 1
	if (mode == "steps")
		steps("db_steps_builtin")
	else if (mode == "vault_steps")
		steps(mode)
	else if (mode == "all")
		list()
	else {
		finish_statement()
		if (failed)
			exit 1
		if (!n)
			fail("no statement")
		place = place_of(FILENAME)
		if (mode == "h")
			header(union_of(FILENAME))
		else
			source(union_of(FILENAME))
	}
}
