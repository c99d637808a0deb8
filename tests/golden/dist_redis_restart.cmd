#: may-skip
# The engine is killed in the middle and started again: nothing lost, nothing twice.
# Tasks 0 to 9 end in phase 0, 10 to 19 in phase 1 and so on.
. "$TESTS/redis.sh"
redis_start
: >phase0
workers=
for i in 1 2 3; do
	worker --run r --allow-exec >/dev/null 2>worker$i &
	workers="$workers $!"
done
$CONCBENCH dist master --engine "$url" --run r --max-queue 16 --reconnect 1h -q -f json \
	-- sh -c 'until [ -e phase$(($0 / 10)) ]; do sleep 0.02; done' {} \
	::: $(seq 0 39) >out 2>err &
master=$!
for phase in 1 2 3; do
	until_true has r r $((phase * 10))
	redis_kill
	redis_again
	: >phase$phase
done
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
rm out err worker? phase?
redis_end
