# The document is whole, also when the run was stopped: the signal comes when the
# trace file's owner, told by -v, has begun.
. "$TESTS/lib.sh"
"$TESTS/when" '	w1	run	' INT -- "$CONCBENCH" pool -n 2 -t 4 -w sleep:1h \
	-o json:out.json --trace trace.json >/dev/null
echo "= $?"
"$TESTS/jsoncheck" <out.json
"$TESTS/jsoncheck" --events <trace.json
grep -oE '"(verdict|complete|stopped_by)":[a-zA-Z"]*' out.json
rm out.json trace.json
