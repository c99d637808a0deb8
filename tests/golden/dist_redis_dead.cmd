#: may-skip
# A task that kills every worker is given up, and kept as a dead letter by --keep.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist master --engine "$url" --run r -t 1 --retries 1 --lease 300ms --keep -q \
	>out 2>err &
master=$!
for i in 1 2; do
	worker --run r -w sleep:1h >/dev/null &
	worker=$!
	until_true handed_out r $i
	kill -9 $worker
	wait $worker 2>/dev/null
	echo "killed: $?"
done
wait $master
echo "master: $?"
cat err
redis keys '*' | sort
redis xrange 'concbench:{r}:d' - + | grep given
rm out err
redis_end
