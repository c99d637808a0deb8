#: may-skip
# A stopped master leaves its run, and says so; a stopped worker gives its task back.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist master --engine "$url" --run r --seed 1 -t 2 --lease 1h >story 2>err &
master=$!
until_true has r t 2
kill -TERM $master
wait $master 2>/dev/null
echo "master: $?"
grep -o 'run .* goes on with it' err
$CONCBENCH dist master --engine "$url" --run r --seed 1 -t 2 --lease 1h >story &
master=$!
worker --run r -w sleep:1h >/dev/null 2>&1 &
worker=$!
until_true hold r 1
kill -TERM $worker
wait $worker 2>/dev/null
echo "worker: $?"
(worker --run r >/dev/null)
wait $master
echo "master: $?"
cut -f5- story | grep -E '^(resume|check.*each)'
echo "keys left: $(redis keys '*')"
rm story err
redis_end
