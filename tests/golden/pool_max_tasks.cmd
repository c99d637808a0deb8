. "$TESTS/lib.sh"
for kind in process thread; do
	"$CONCBENCH" pool -k $kind -n 1 -t 4 -w echo --max-tasks-per-child 2 --initializer |
		by_role | cut -f1,2 | grep -E 'w1|join|start' | sort | uniq -c | sed 's/^ *//'
done
