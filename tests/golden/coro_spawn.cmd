# Two that sleep side by side, then more than that in threads and processes.
. "$TESTS/coro.sh"
"$CONCBENCH" coro spawn -m 2 -i 2 --sleep 50ms | told
for in in thread process; do
	"$CONCBENCH" coro spawn -n 2 --in $in -m 100 -i 2 --sleep 1ms -q | told
done
