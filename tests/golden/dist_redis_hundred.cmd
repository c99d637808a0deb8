#: may-skip
#: skip asan a hundred processes of it need too much memory
#: skip tsan a hundred processes of it need too much memory
# A hundred workers: nothing lost, nothing twice, all leave well. Tasks come when all
# are there.
. "$TESTS/redis.sh"
redis_start
workers=
for i in $(seq 100); do
	worker --run r --allow-exec >/dev/null &
	workers="$workers $!"
done
(
	until_true has r x 100 # hellos
	seq 400
) | $CONCBENCH dist master --engine "$url" --run r --reconnect 1h -q -- echo {} >out
echo "master: $?"
seq 400 | cmp - out && echo "all in order"
good=0
for w in $workers; do
	wait $w && good=$((good + 1))
done
echo "workers that left well: $good"
echo "keys left: $(redis keys '*')"
rm out
redis_end
