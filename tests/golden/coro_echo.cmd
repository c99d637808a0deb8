# The same work by coroutine, thread and process a connection.
. "$TESTS/coro.sh"
"$CONCBENCH" coro echo -m 8 -i 3 | grep -v echoed | told
