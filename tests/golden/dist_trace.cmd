# The master's trace has a lane for each worker, with its events in their place in time
# and arrows from put to run.
. "$TESTS/dist.sh"
master out -t 6 --trace t.json
worker -w sleep:5ms --reconnect 0s >w1 2>&1 &
worker -w sleep:5ms --prefetch 2 --reconnect 0s >w2 2>&1
wait $!
ended $master
python3 - <<'END'
import json
events = json.load(open("t.json"))["traceEvents"]
names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
run = [e for e in events if e["ph"] in "BX" and e["name"].startswith("task ")]
lanes = {names.get((e["pid"], e["tid"]), "?") for e in run}
print(len(run), "tasks in", "lanes of workers" if lanes and all(":" in n for n in lanes) else lanes)
starts = {e["id"]: e["ts"] for e in events if e["ph"] == "s"}
ends = {e["id"]: e["ts"] for e in events if e["ph"] == "f"}
print(len(set(starts) & set(ends)), "arrows")
late = [i for i in ends if i in starts and ends[i] < starts[i]]
print("all run after they were put" if not late else late)
END
rm key out out.err w1 w2 t.json
