#: may-skip
#: timeout 90
# The engine is killed in the middle and started again: nothing lost, nothing twice.
. "$TESTS/redis.sh"
redis_start
workers=
for i in 1 2 3; do
	$CONCBENCH dist worker --engine "$url" --run r -w sleep:3ms --reconnect 1h -q \
		>/dev/null 2>worker$i &
	workers="$workers $!"
done
$CONCBENCH dist master --engine "$url" --run r -t 300 --max-queue 64 --reconnect 1h -q \
	-f json >out 2>err &
master=$!
until_true has r r 50
redis_kill
redis_again
until_true has r r 120
redis_kill
redis_again
wait $master
echo "master: $?"
said out | sed 's/up, .*/up/'
for side in err worker1 worker2 worker3; do
	grep -q 'trying again' $side && grep -q 'is back after' $side && echo "was told"
done
for w in $workers; do
	wait $w
	echo "worker: $?"
done
echo "keys left: $(redis keys '*')"
rm out err worker?
redis_end
