#: may-skip
#: any-order
# Ten numbers by way of the engine: the tutorial's story, the worker's lane in it.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist worker --engine "$url" --reconnect 1h >/dev/null &
$CONCBENCH dist master --engine "$url" --seed 7 -t 3 | cut -f4- |
	sed 's/^[^ \t]*:[0-9]*\t/w\t/' | grep -v '^main.\(metric\|summary\)'
wait $!
echo "worker: $?"
echo "keys left: $(redis keys '*')"
redis_end
