. "$TESTS/lib.sh"
for kind in process thread; do
	"$CONCBENCH" pool -k $kind -n 64 -t 10000 -w noop -f json >out.json
	echo "= $?"
	grep -o '10000 of 10000 submitted' out.json
	"$CONCBENCH" pool -k $kind -n 4 -t 100k -w noop -f json >out.json
	echo "= $?"
	grep -o '100000 of 100000 submitted' out.json
done
rm out.json
