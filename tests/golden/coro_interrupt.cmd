# Ctrl-C: every coroutine runs its clean-up, the process dies by the signal.
. "$TESTS/coro.sh"
: >out
"$CONCBENCH" coro spawn -m 2 --sleep 1h >out &
while [ "$(grep -c 'step=1' out)" -lt 2 ]; do :; done
kill -TERM $!
rc=0; wait $! 2>/dev/null || rc=$?
echo "= $rc"
told <out | grep -e killed -e end | LC_ALL=C sort
rm out
