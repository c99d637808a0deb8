#: may-skip
# A worker stalls for longer than its lease; its late result is dropped.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist master --engine "$url" --run r --lease 300ms --linger 200s -q -f json -- \
	sh -c 'until : >begun && [ -e go ]; do sleep 0.02; done; echo "item $0"' {} \
	::: a b c >out 2>err &
master=$!
worker --run r --allow-exec --max-tasks 1 >/dev/null &
slow=$!
until_true test -e begun
kill -STOP $slow
: >go
(worker --run r --allow-exec --max-tasks 3 >/dev/null)
echo "another: $?"
until_true has r r 3
kill -CONT $slow
wait $slow
echo "stalled: $?"
wait $master
echo "master: $?"
said out | grep 'each task'
rm out err begun go
redis_end
