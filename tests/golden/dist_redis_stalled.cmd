#: may-skip
#: timeout 60
# A worker stalls for longer than its lease; its late result is dropped.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist master --engine "$url" --run r -t 3 --lease 300ms --linger 20s -q \
	-f json >out &
master=$!
$CONCBENCH dist worker --engine "$url" --run r -w sleep:1s --max-tasks 1 -q >/dev/null &
slow=$!
until_true hold r 1
kill -STOP $slow
# It has one, stopped before its end: two are done by another, then that, too.
$CONCBENCH dist worker --engine "$url" --run r --max-tasks 2 -q >/dev/null
until_true has r r 2
$CONCBENCH dist worker --engine "$url" --run r --max-tasks 1 -q >/dev/null
kill -CONT $slow
wait $slow
echo "stalled: $?"
wait $master
echo "master: $?"
said out | grep 'each task'
rm out
redis_end
