# The end of a killed process names it, so that its lane goes on until there.
. "$TESTS/lib.sh"
"$CONCBENCH" process --terminate-after 50ms >out
echo "= $?"
awk -F'	' '/	start	/ { split($6, a, "=") } /	exitcode	/ { split($7, b, "=") }
END { print a[1], b[1], a[2] == b[2] ? "the same" : "differ" }' out
rm out
