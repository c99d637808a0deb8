# A hundred workers, one of them slow: nothing is lost, nothing counts twice.
. "$TESTS/dist.sh"
master out -t 3000
for i in $(seq 99); do
	worker -q --reconnect 0s --prefetch $((i % 3 + 1)) >/dev/null 2>&1 &
	workers="${workers-} $!"
done
worker -q --reconnect 0s -w sleep:50ms >/dev/null 2>&1
ended $master
wait $workers 2>/dev/null
sed -n 's/.*	check	//p' out
awk -F '\t' '$5 == "result"' out | wc -l
rm key out out.err
