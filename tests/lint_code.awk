# lint_code.awk - layers and banned calls. Usage: awk -f lint_code.awk FILE...
#
# Layers: cli -> scenarios -> core, never back. Comments and strings do not count.
# Prints FILE:LINE: what; exits 1 when there was any.

function bad(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
	found = 1
}

# True when the code calls one of the functions (a regex of names).
function calls(names) {
	return code ~ ("(^|[^A-Za-z0-9_])(" names ")[ \t]*\\(")
}

FNR == 1 {
	comment = 0
	layer = FILENAME
	sub(/\/[^\/]*$/, "/", layer)
	sub(/^.*\/(core|scenarios|cli|tests|bench)\//, "&", layer)
	if (match(FILENAME, /(^|\/)(core|scenarios|cli|tests|bench)\//)) {
		layer = substr(FILENAME, RSTART, RLENGTH)
		gsub(/\//, "", layer)
	}
	base = FILENAME
	sub(/^.*\//, "", base)
}

{
	if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"cli\// && layer ~ /^(core|scenarios)$/)
		bad("layer: " layer " must not include cli")
	if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"scenarios\// && layer == "core")
		bad("layer: core must not include scenarios")
	if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*<stdatomic.h>/ &&
	    !(layer == "core" && base == "atom.h"))
		bad("stdatomic.h: use core/atom.h, where the order is in the name")

	# Code without strings, character constants and comments.
	code = $0
	gsub(/\\./, "", code)
	gsub(/"[^"]*"/, "\"\"", code)
	gsub(/'[^']*'/, "''", code)
	if (comment) {
		if (!sub(/^.*\*\//, "", code))
			next
		comment = 0
	}
	while (match(code, /\/\*/)) {
		rest = substr(code, RSTART + 2)
		code = substr(code, 1, RSTART - 1)
		if (!match(rest, /\*\//)) {
			comment = 1
			break
		}
		code = code " " substr(rest, RSTART + 2)
	}
	sub(/\/\/.*/, "", code)

	if (calls("sprintf|vsprintf|strcpy|strcat|gets|strtok|system|popen|atoi|atol"))
		bad("banned call (overflow, hidden state, shell or no error)")
	if (calls("atomic_[a-z_]+") && !(layer == "core" && base == "atom.h"))
		bad("atomics: use core/atom.h, where the order is in the name")
	if (layer ~ /^(core|scenarios|cli)$/ && calls("clock_gettime|gettimeofday") &&
	    !(layer == "core" && base == "clock.c"))
		bad("clock: only core/clock.c reads one")
	if (layer == "core" && (calls("printf|vprintf|puts|putchar|perror|exit") ||
				code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/))
		bad("core never prints and never exits")
	if (layer == "scenarios" && (calls("printf|vprintf|puts|putchar|perror|exit") ||
				     code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/))
		bad("scenarios fill the result; only cli prints and exits")
	if (layer == "tests" && base ~ /^test_/ && calls("sleep|usleep|nanosleep"))
		bad("tests wait for a condition with a deadline, they do not sleep")
}

END { exit found }
