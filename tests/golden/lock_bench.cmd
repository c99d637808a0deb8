# What is measured of locks: every option runs and is right; what cannot be is refused.
. "$TESTS/lib.sh"
exec 2>&1
schema="$TESTS/../docs/concbench-1.schema.json"
quick='--rounds 6 --warmup 0 --batch 1ms'

# Figures that must hold whatever the machine does.
cat >judge.py <<'P'
import json, sys
doc = json.load(sys.stdin)
bad = [c for c in doc["checks"] if not c["passed"]]
seen = set()
for s in doc["series"]:
    value = {m["name"]: m.get("median") for m in s["metrics"]}
    for m in s["metrics"]:
        seen.add(m["name"])
        if m["name"].endswith(("share", "together")) and not 0 <= m["median"] <= 100.001:
            bad.append((m["name"], m["median"]))
        if "jain" in m["name"] and not 0 < m["median"] <= 1.000001:
            bad.append((m["name"], m["median"]))
        p = m.get("percentiles")
        if p and not p["min"] <= p["p50"] <= p["p99"] <= p["max"]:
            bad.append((m["name"], p))
    for name in value:
        base = name[: -len("_least_share")]
        if name.endswith("_least_share") and value[name] > value[base + "_most_share"]:
            bad.append(name)
print(doc["verdict"], bad)
if len(sys.argv) > 1:
    print(*sorted(n for n in seen if not n.endswith(("_steal", "_rss", "_drift"))), sep="\n")
    print(*[t["name"] for t in doc["tables"]])
P
measured() {
	echo "\$ lock -b $*"
	"$CONCBENCH" lock -b $quick -f json "$@" >out 2>err
	echo "= $?"
	"$TESTS/jsoncheck" --schema "$schema" <out
	python3 judge.py <out
	rm out err
}

"$CONCBENCH" lock -b $quick -k mutex,rwlock -n 1,3 --reads 0,40 --sample 1 -f json 2>err >out
"$TESTS/jsoncheck" --schema "$schema" <out
python3 judge.py names <out
rm out err
measured -k mutex,atomic,mcs --hold 100ns-1us --think exp:1us
measured -k ttas,futex --hold 3lines --think 1-4lines
measured -k mutex,spin,clh --locks 7 --zipf 0.9 --nest 3
measured -k rwlock,seqlock,bigreader,mutex --reads 0,50,100 -n 3
measured -k mutex,mcs --burst 20 --pause 50us -n 3
measured -k robust,futex --between process -n 3
measured -k mutex,mcspark --oversubscribe 2 --pin same
measured -k mutex,atomic -i 500 -n 3 --sample 1
measured -k mutex -n 1-4 --explain

echo 'a spinning crowd is stopped'
"$CONCBENCH" lock -b -k ticket,mcs,spin -n 16 --time 6000s --warmup 0 --timeout 700ms >out 2>&1
echo "= $?"
grep -o 'incomplete: stopped by --timeout' out
rm out

echo 'at the end of a contest'
"$CONCBENCH" lock -q -k mutex,ticket -i 300 >out
echo "= $?"
grep -o '^  [a-z]* n=2: [0-9.]* [kMG ]*rounds/s, owner changed in' out | sed 's/: .*rounds/: X rounds/'
"$CONCBENCH" lock -q -k none -i 300 | grep -o 'check failed: no update was lost'
rm out judge.py

run lock --reads 50
run lock --explain
run lock -n 1-3
run lock --hold 2lines
run lock -b --hold 2us-1us
run lock -b --think 5apples
run lock -b --hold exp:1-2us
run lock -b --nest 2
run lock -b --zipf 1
run lock -b --nest 2 --locks 4 --reads 10
run lock -b --reads 101
run lock -b -n 2 --oversubscribe 2
run lock -b --locks 65536 -n 1000
run lock -b --try
