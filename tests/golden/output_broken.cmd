. "$TESTS/lib.sh"
for run in 'fork -n 2' 'pool -n 2 -t 3 -w noop' 'pool -n 2 -t 3 -w noop -f json' list --help \
	'man' 'completion bash'; do
	"$CONCBENCH" $run >/dev/full
	echo "= $?"
	"$CONCBENCH" $run >&-
	echo "= $?"
done 2>&1
