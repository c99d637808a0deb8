. "$TESTS/lib.sh"
for run in 'fork -n 3 --share' 'fork -n 2 -k all' 'pool -n 2 -t 5 -w noop' \
	'pool -k all -n 1,2 -t 5 -w cpu:1ms'; do
	echo "$run"
	"$CONCBENCH" $run -f json | "$TESTS/jsoncheck"
	"$CONCBENCH" $run -f json -v | "$TESTS/jsoncheck"
	"$CONCBENCH" $run -f trace | "$TESTS/jsoncheck" --events
	"$CONCBENCH" $run --trace t.json -o json:r.json -o text:r.txt >/dev/null
	"$TESTS/jsoncheck" --events <t.json
	"$TESTS/jsoncheck" <r.json
	[ -s r.txt ] || echo "r.txt is empty"
	rm t.json r.json r.txt
done
