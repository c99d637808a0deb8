. "$TESTS/lib.sh"
schema="$TESTS/../docs/concbench-1.schema.json"
for what in 'process -n 2' 'subprocess -k spawn,posix_spawn -n 2' \
	'thread --detached' 'fork -k fork,clone3' 'pool -k process,thread -n 1,2'; do
	echo "$what"
	"$CONCBENCH" $what -b --rounds 6 --warmup 0 --samples --interval 1ms -f json 2>/dev/null |
		"$TESTS/jsoncheck" --schema "$schema"
	for format in csv markdown benchfmt gbench junit tap openmetrics hgrm text; do
		"$CONCBENCH" $what -b --rounds 6 --warmup 0 -f $format >out 2>/dev/null
		echo "$format $? $([ -s out ] && echo some)"
		case $format in
		gbench) "$TESTS/jsoncheck" <out ;;
		junit) python3 -c 'import sys, xml.dom.minidom as m; m.parse("out"); print("valid")' ;;
		tap) prove -e cat out >proved 2>&1 && echo valid || cat proved; rm -f proved ;;
		csv) awk -F, 'NF != 24 { bad = 1 } END { print bad ? "ragged" : "valid" }' out ;;
		openmetrics) tail -n 1 out ;;
		esac
		rm out
	done
done
run process -b -w noop 2>&1
run thread --time 3s 2>&1
run thread -b --time 1ms --detached 2>&1
run lock -b --rate 100 2>&1
"$CONCBENCH" pool -b -k thread --rate 1000 --rounds 6 --warmup 0 -f csv 2>/dev/null | cut -d, -f2,3,5,8 | grep -E ",(task|round_trip|round_trip_latency),"
# A rate that nothing keeps up with: it ends all the same, and says what was done of it.
"$CONCBENCH" pool -b -k process --rate 10M --rounds 6 --warmup 0 --time 1s -f csv 2>err | cut -d, -f2,5,8 | grep round_trip_rate
grep -o 'process round_trip n=[0-9]* cannot keep up' err | sed 's/[0-9]/N/'; rm err
run pool -b -- true 2>&1
echo 'skipped and unmeasured options'
run thread -b --rounds 5 2>&1
run thread -b --precision 0 2>&1
echo 'placements are rows'
"$CONCBENCH" thread -b --rounds 8 --warmup 0 --pin same,scatter,none --samples -f json 2>/dev/null >out.json
"$TESTS/jsoncheck" --schema "$schema" <out.json
python3 - <<'END'
import json
d = json.load(open("out.json"))
print(d["params"]["pin"])
for g in d["series"]:
    m = {x["name"]: x for x in g["metrics"]}
    print(g["params"], m["create"]["n"], "create_drift" in m)
t = [t for t in d["tables"] if t["name"] == "rounds"]
print(len(t), all(r["pace_ns"] > 0 for x in t for r in x["rows"]))
END
"$CONCBENCH" thread -b --rounds 8 --warmup 0 --pin same,scatter -o json:other.json >/dev/null 2>&1
"$CONCBENCH" compare out.json other.json 2>&1; echo "= $?"
"$CONCBENCH" compare out.json other.json --lenient 2>&1 | grep -c '^  thread.*/pin='
rm out.json other.json
run thread --pin same,none 2>&1
run thread -b --pin same,same 2>&1
run fork -b --pin same,scatter 2>&1
run ab --pin compact -- true true 2>&1
echo 'the grammar of Go benchmark text'
"$CONCBENCH" pool -b -k thread -n 1,2 --rounds 30 --warmup 0 --pin same,none -f benchfmt 2>/dev/null >out
python3 - <<'END'
import re
kinds = {"config": r"[a-z][^A-Z\s]*: .*", "unit": r"Unit \S+( [a-z]+=\S+)+",
         "result": r"Benchmark[A-Z]\S*(/[^/\s]+=[^/\s]+)*\s[0-9]+(\s[0-9.e+-]+\s[^0-9\s]\S*)+"}
seen = {}
for line in open("out").read().splitlines():
    k = [k for k, r in kinds.items() if re.fullmatch(r, line)]
    assert len(k) == 1, (line, k)
    if k[0] == "result":
        name = line.split()[0]
        seen[name] = seen.get(name, 0) + 1
for name in sorted(seen):
    print(name, seen[name] >= 10)
END
rm out
