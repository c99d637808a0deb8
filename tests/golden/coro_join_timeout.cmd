# joinall with a timeout kills the rest, which cleans up.
. "$TESTS/coro.sh"
"$CONCBENCH" coro spawn -m 2 --sleep 1h --join-timeout 300ms | told
