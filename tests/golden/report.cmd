. "$TESTS/lib.sh"
# What was saved is rendered as it was then, from the file alone.
# Reals have 15 digits in it, so that the last of a median may differ.
cat >agree.py <<'END'
import json, re, sys
a, b = (open(name).read() for name in sys.argv[1:3])
if a.startswith("{"):  # members may come in another order
    a, b = (json.dumps(json.loads(t), sort_keys=True) for t in (a, b))
number = re.compile(r"-?[0-9]+\.[0-9]+(?:e[-+]?[0-9]+)?|-?[0-9]+(?:e[-+]?[0-9]+)?")
x, y = number.findall(a), number.findall(b)
ok = number.sub("#", a) == number.sub("#", b) and len(x) == len(y) and all(
    p == q or abs(float(p) - float(q)) <= 1e-5 * abs(float(p))
    for p, q in zip(x, y))  # equal: a commit may look like a number, 634e1258b832
print("same" if ok else "differ", sys.argv[3])
END
agree() { python3 agree.py "$@"; }
same() {
	command=$1; shift
	"$CONCBENCH" "$command" -o json:a.json -f text "$@" >a.txt 2>/dev/null
	"$CONCBENCH" report a.json >b.txt; agree a.txt b.txt text
	"$CONCBENCH" report a.json -f json >b.json; agree a.json b.json JSON
}
same thread -b --rounds 8 --warmup 0 --samples --interval 1ms --pin same,none
same pool -b -k thread,process -n 1,2 --rounds 8 --warmup 0
same ab --rounds 6 --warmup 0 -- true false
"$TESTS/jsoncheck" --schema "$TESTS/../docs/concbench-1.schema.json" <b.json
"$CONCBENCH" pool -n 2 -t 4 -w noop -o json:a.json >/dev/null
"$CONCBENCH" report a.json -f json >b.json; agree a.json b.json JSON
"$CONCBENCH" fork -b --rounds 6 --warmup 0 -o json:a.json >/dev/null 2>&1
for format in csv benchfmt gbench junit tap openmetrics hgrm markdown; do
	"$CONCBENCH" fork -b --rounds 6 --warmup 0 -o json:a.json -o "$format:a.out" >/dev/null 2>&1
	"$CONCBENCH" report a.json -f "$format" >b.txt; agree a.out b.txt "$format"
done
run report a.json -q -o markdown:m.md -o tap:t.tap
head -n 1 m.md t.tap
run report a.json a.json -f benchfmt | grep -c '^goos'
run report a.json a.json -q | grep '^=='
run report a.json a.json -f json 2>&1
run report a.json -f trace 2>&1
run report a.json -f jsn 2>&1
run report 2>&1
run report nosuch.json 2>&1
echo '{"schema":"other"}' >bad.json
run report bad.json 2>&1
echo '{"schema":"concbench/1","command":"x","series":[{"metrics":[{"name":1,"samples":["a",null],"percentiles":{"buckets":[1,[2],[3,-4],["a","b"]]}}]}],"tables":[{"rows":[1]},{"name":"t","columns":[{}],"rows":[{"":3}]}],"lines":[1],"params":{"a":{}},"checks":[0]}' >bad.json
run report bad.json -f json >/dev/null 2>&1
echo "= $?"
("$CONCBENCH" report a.json -f json >/dev/full 2>/dev/null); echo "= $?"
rm agree.py a.json b.json bad.json a.txt b.txt a.out m.md t.tap
