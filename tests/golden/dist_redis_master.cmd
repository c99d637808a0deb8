#: may-skip
#: timeout 90
# The master is killed in the middle and started again: the engine has kept all.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist worker --engine "$url" --run r -w sleep:3ms --idle 1h -q >/dev/null &
worker=$!
$CONCBENCH dist master --engine "$url" --run r --seed 5 -t 100 -q >/dev/null &
master=$!
until_true has r r 20
kill -9 $master
wait $master 2>/dev/null
echo "killed: $?"
$CONCBENCH dist master --engine "$url" --run r --seed 5 -t 120 >story
echo "master: $?"
cut -f5- story | grep -E '^(resume|check)'
cut -f5 story | grep -c '^result$'
wait $worker
echo "worker: $?"
echo "keys left: $(redis keys '*')"
rm story
redis_end
