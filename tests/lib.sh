# lib.sh - for tests/golden/*.cmd: `. "$TESTS/lib.sh"`.

# run ARG...: the program with these arguments, told before, its status told after.
run() {
	echo "\$ concbench $*"
	rc=0
	"$CONCBENCH" "$@" || rc=$?
	echo "= $rc"
}

# Records of a run without times and PIDs, role by role: within a role the order is
# certain, between roles it is not.
by_role() {
	cut -f4- | grep -v '^main	metric	' | sort -s -t '	' -k1,1
}

# The lines of a run's records that tell its outcome.
outcome() {
	cut -f5- | grep -E '^(check|end|error|warning)	' |
		sed -E 's/	(seed|events_lost|detail)=.*//'
}

# True of a ThreadSanitizer build: a lock that it is to judge has to be built so, too.
is_tsan() {
	case $CONCBENCH in
	*/tsan/*) true ;;
	*) false ;;
	esac
}
