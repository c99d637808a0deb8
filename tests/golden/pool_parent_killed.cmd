#: orphans
#: exit 137
# Workers do not outlive a parent that was killed -9.
"$TESTS/when" '	w2	run	' KILL -- "$CONCBENCH" pool -n 2 -t 4 -w sleep:1h >/dev/null
