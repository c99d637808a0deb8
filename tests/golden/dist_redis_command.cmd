#: may-skip
# Commands: outputs come home in the order of the items, though the first one ends after
# the second, which another worker runs.
. "$TESTS/redis.sh"
redis_start
worker --allow-exec >/dev/null &
one=$!
worker --allow-exec >/dev/null &
two=$!
$CONCBENCH dist master --engine "$url" -q -- sh -c '
	case $0 in a) until [ -e b ]; do sleep 0.02; done ;; b) : >b ;; esac
	echo "item $0"
	[ "$0" != c ]' {} ::: a b c d >out 2>err
echo "master: $?"
grep ^item out
grep -v '^concbench: dist: warning: 1 of' err
wait $one $two
rm out err b
redis_end
