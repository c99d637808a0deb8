#: may-skip
# A worker is killed with a task in hand: after the lease another has it.
. "$TESTS/redis.sh"
redis_start
$CONCBENCH dist master --engine "$url" --run r -t 5 --lease 500ms -q -f json >out &
master=$!
worker --run r -w sleep:1h >/dev/null &
kill_holding $! r 1
(worker --run r >/dev/null)
echo "worker: $?"
wait $master
echo "master: $?"
said out
/usr/bin/python3 -c '
import json
for s in json.load(open("out"))["series"]:
    for m in s["metrics"]:
        if m["name"] == "redelivered":
            print("redelivered:", m["median"])'
echo "keys left: $(redis keys '*')"
rm out
redis_end
