# Workers as coroutines of one thread: two sleeps at once.
. "$TESTS/lib.sh"
"$CONCBENCH" pool -k coro -n 2 -t 4 -w echo | outcome
"$CONCBENCH" pool -k coro -n 2 -t 2 -w sleep:20ms | outcome
