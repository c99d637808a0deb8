# lint_edges.awk - every synchronizes-with edge has a letter at both of its ends.
# Usage: awk -f lint_edges.awk FILE... (all files of the tree at once)
#
# A line with an atom_*_acq, _rel, _acq_rel or _sc operation ends in a comment of
# letters, "/* V */" or "/* V W */". A head of its module says "Edge V: who -> whom",
# and V stands at a release and at an acquire of the module; or the head says where the
# other end is: "Edge V: publish() -> core/foo.c", in whose module V must stand, too.
# Files whose names agree up to the first "_" are a module: core/pool.c, core/pool.h,
# core/pool_ring.h; and so is a folder of kinds: core/crew.c, core/crew/thread.c.

function bad(where, what) {
	printf "%s: %s\n", where, what
	found = 1
}

function module_of(name) {
	sub(/^\.\//, "", name)
	if (match(name, /^[a-z]+\/[a-z0-9]+/))
		return substr(name, RSTART, RLENGTH)
	return name
}

FNR == 1 { file = module_of(FILENAME) }
FILENAME ~ /core\/atom\.h$/ { next }

match($0, /Edge [A-Z][A-Z0-9]*( \([^)]*\))?:/) {
	e = substr($0, RSTART + 5, RLENGTH - 6)
	sub(/ .*/, "", e)
	head[file, e] = FILENAME ":" FNR
	last = e
	text[file, e] = $0
	next
}
# The head comment of an edge may run on for some lines.
last != "" && /^[ \t]*\*/ && !/\*\// { text[file, last] = text[file, last] " " $0; next }
{ last = "" }

/atom_[a-z]+_(acq_rel|acq|rel|sc)[ \t]*\(/ && !/^[ \t]*(\*|\/\*|#define)/ {
	# A call may be broken over lines: the letters end its last one.
	line = $0
	at = FILENAME ":" FNR
	first = FNR
	while (line !~ /\/\*[ A-Z0-9]+\*\/[ \t]*$/ && line !~ /[;{][ \t]*$/ &&
	       line !~ /\*\/[ \t]*$/ && FNR < first + 4 && (getline more) > 0)
		line = line " " more
	if (!match(line, /\/\* *[A-Z][A-Z0-9]*( [A-Z][A-Z0-9]*)* *\*\/[ \t]*\\?$/)) {
		bad(at, "atomic with an order, but no edge letter at its end")
		next
	}
	letters = substr(line, RSTART + 2)
	sub(/\*\/.*/, "", letters)
	n = split(letters, letter, " ")
	rel = line ~ /atom_[a-z]+_(acq_rel|rel|sc)[ \t]*\(/
	acq = line ~ /atom_[a-z]+_(acq_rel|acq|sc)[ \t]*\(/
	for (i = 1; i <= n; i++) {
		used[file, letter[i]] = at
		if (rel)
			release[file, letter[i]] = 1
		if (acq)
			acquire[file, letter[i]] = 1
	}
}

END {
	for (k in used) {
		split(k, part, SUBSEP)
		if (!(k in head))
			bad(used[k], "edge " part[2] " is not told in the head (Edge " part[2] ": ...)")
	}
	for (k in head) {
		split(k, part, SUBSEP)
		other = ""
		if (match(text[k], /(core|scenarios|cli)\/[a-z0-9_\/]+\.[ch]/))
			other = module_of(substr(text[k], RSTART, RLENGTH))
		rel = (k in release) || (other != "" && ((other, part[2]) in release))
		acq = (k in acquire) || (other != "" && ((other, part[2]) in acquire))
		if (!rel)
			bad(head[k], "edge " part[2] " has no release end")
		if (!acq)
			bad(head[k], "edge " part[2] " has no acquire end")
	}
	exit found
}
