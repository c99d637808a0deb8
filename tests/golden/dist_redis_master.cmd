#: may-skip
# The master is killed in the middle and started again: the engine has kept all. Its
# outputs come once more, from the first, and there is more to do.
. "$TESTS/redis.sh"
redis_start
worker --run r --allow-exec >/dev/null &
worker=$!
master() {
	exec $CONCBENCH dist master --engine "$url" --run r "$@" -- sh -c '
		[ $0 -lt 5 ] || until [ -e go ]; do sleep 0.02; done; echo "item $0"' {}
}
seq 0 9 | master -q >/dev/null &
master=$!
until_true has r r 5
kill -9 $master
wait $master 2>/dev/null
echo "killed: $?"
: >go
(seq 0 11 | master -q 2>err)
echo "master: $?"
cat err
wait $worker
echo "worker: $?"
echo "keys left: $(redis keys '*')"
rm go err
redis_end
