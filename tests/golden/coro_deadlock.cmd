# All wait for each other: who on whom, status 1.
. "$TESTS/coro.sh"
"$CONCBENCH" coro spawn --deadlock >out
echo "= $?"
told <out
rm out
