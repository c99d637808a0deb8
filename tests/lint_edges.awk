# lint_edges.awk - every synchronizes-with edge has a letter at both of its ends.
# Usage: awk -f lint_edges.awk FILE... (all files of the tree at once)
#
# A line with an atom_*_acq, _rel, _acq_rel or _sc operation ends in a comment of
# letters, "/* V */" or "/* V W */". The file's head says "Edge V: who -> whom", and
# V stands at a release and at an acquire of that file; or its head says where the
# other end is: "Edge V: publish() -> core/foo.c", where V must stand, too.

function bad(where, what) {
	printf "%s: %s\n", where, what
	found = 1
}

FNR == 1 { file = FILENAME; sub(/^\.\//, "", file); files[file] = 1 }
file ~ /core\/atom\.h$/ { next }

match($0, /Edge [A-Z][A-Z0-9]*:/) {
	e = substr($0, RSTART + 5, RLENGTH - 6)
	head[file, e] = FNR
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
	at = FNR
	while (line !~ /\/\*[ A-Z0-9]+\*\/[ \t]*$/ && line !~ /[;{][ \t]*$/ &&
	       line !~ /\*\/[ \t]*$/ && FNR < at + 4 && (getline more) > 0)
		line = line " " more
	if (!match(line, /\/\* *[A-Z][A-Z0-9]*( [A-Z][A-Z0-9]*)* *\*\/[ \t]*\\?$/)) {
		bad(file ":" at, "atomic with an order, but no edge letter at its end")
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
			bad(part[1] ":" used[k], "edge " part[2] " is not told in the head (Edge " part[2] ": ...)")
	}
	for (k in head) {
		split(k, part, SUBSEP)
		other = ""
		if (match(text[k], /(core|scenarios|cli)\/[a-z0-9_\/]+\.[ch]/))
			other = substr(text[k], RSTART, RLENGTH)
		rel = (k in release) || (other != "" && ((other, part[2]) in release))
		acq = (k in acquire) || (other != "" && ((other, part[2]) in acquire))
		if (!rel)
			bad(part[1] ":" head[k], "edge " part[2] " has no release end")
		if (!acq)
			bad(part[1] ":" head[k], "edge " part[2] " has no acquire end")
	}
	exit found
}
