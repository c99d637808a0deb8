#: skip tsan its runtime writes a file of its own, and dies of the limit
# A full disk, a closed pipe, a limit: an error with status 3 in every format, and no
# file where there should have been a whole one.
for format in $("$CONCBENCH" list formats | cut -d ' ' -f 1); do
	what="thread -b --rounds 6 --warmup 0 -q"
	[ "$format" = trace ] && what="pool -n 1 -t 2 -w noop -q"
	"$CONCBENCH" $what -f "$format" >/dev/full 2>err; full=$?
	grep -q 'No space left' err || full="$full unsaid"
	{ while [ ! -e gone ]; do :; done
	  "$CONCBENCH" $what -f "$format" 2>err; echo $? >closed; } | { exec <&-; : >gone; }
	closed=$(cat closed); rm gone
	grep -q 'standard output: Broken pipe' err || closed="$closed unsaid"
	(ulimit -f 0; "$CONCBENCH" $what -o "$format:out" >/dev/null 2>&1); limit=$?
	echo "$format: full $full, closed $closed, limit $limit, $(ls out 2>/dev/null || echo no file)"
	rm -f out err closed
done
