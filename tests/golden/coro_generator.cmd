# Producer and consumer by send and yield, and the three ends of a generator.
. "$TESTS/coro.sh"
"$CONCBENCH" coro generator -i 2 | told
for end in throw return; do
	"$CONCBENCH" coro generator -i 1 --end $end | told
done
