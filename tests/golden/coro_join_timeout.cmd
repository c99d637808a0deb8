# joinall with a timeout kills the rest, which cleans up.
. "$TESTS/coro.sh"
"$CONCBENCH" coro spawn -m 2 --sleep 100s --join-timeout 20ms | told
