# What rows differ by beside kind and workers stands in every format, and compare
# matches them by it.
. "$TESTS/lib.sh"
schema="$TESTS/../docs/concbench-1.schema.json"
measure() {
	"$CONCBENCH" "$@" -b --rounds 6 --warmup 0 --samples 2>err
}
for what in 'queue --capacity 1,64' 'pipe --pin same,scatter -k pipe,shm' 'coro switch' \
	'versus -k sequential,thread -t 4 -w noop'; do
	echo "$what"
	measure $what -f json | "$TESTS/jsoncheck" --schema "$schema"
	for format in markdown gbench text; do
		measure $what -f $format >out
		echo "$format $? $([ -s out ] && echo some)"
	done
done
measure queue --capacity 1,64 -f json >a.json
measure queue --capacity 64,128 -f json >b.json
python3 - <<'END'
import json
for s in json.load(open("a.json"))["series"]:
    print(s["kind"], s["workers"], s["params"], len(s["metrics"]) > 3)
END
measure queue --capacity 1,64 -f benchfmt | grep -o '^Benchmark[^ ]*' | sort -u
measure queue --capacity 1,64 -f openmetrics | grep -o '_message_seconds{.*stat="median"'
"$CONCBENCH" compare a.json a.json | grep -o 'queue/kind[^ )]*' | sort -u
"$CONCBENCH" compare --lenient a.json b.json >out || true
grep -c "capacity=64" out
"$CONCBENCH" compare a.json b.json >out 2>&1
echo "= $?"
rm out err a.json b.json
