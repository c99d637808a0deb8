. "$TESTS/lib.sh"
# Ten rounds of commands that differ by far; figures are the machine's.
run ab --rounds 10 --warmup 0 -q -- true 'sleep 0.3' | sed -E 's/ +/ /g' |
	grep -E '^ [AB]:|is slower|^=|^ended' | sed -E 's/: [0-9.]+ times.*//'
run ab --rounds 8 --warmup 0 --max-regression 10% -q -- true 'sleep 0.3' |
	grep -oE '^= .*|check failed: no regression'
"$CONCBENCH" ab --rounds 6 --warmup 0 -f json -- true false | "$TESTS/jsoncheck" \
	--schema "$TESTS/../docs/concbench-1.schema.json" 2>&1 | tail -1
run ab --rounds 6 --warmup 0 -q --ignore-failure -- false false >/dev/null
run ab -- true 2>&1
run ab --input /nosuch -- true true 2>&1
run ab --rounds 6 --warmup 0 -q -- true 'a|b' | grep -oE "'a.b' is more than words.*"
"$CONCBENCH" ab --rounds 6 --warmup 0 -q --shell -- true 'true | true' 2>/dev/null | grep -cE '^ +(★ |[*] |= )? *[AB] '
# Ends by SIGTERM with what there is.
: >ran
"$CONCBENCH" ab --time 600s --precision 0.01% --shell -- \
	'echo >>ran' 'echo >>ran' >out 2>/dev/null &
while [ "$(wc -l <ran)" -lt 60 ]; do sleep 0.02; done
kill -TERM $!
rc=0; wait $! 2>/dev/null || rc=$?
echo "= $rc"; grep -c incomplete out; rm out ran
# Also before a first round.
: >ran
"$CONCBENCH" ab --time 600s --shell -- 'echo >>ran; exec sleep 6000' true \
	>out 2>/dev/null &
while [ ! -s ran ]; do sleep 0.02; done
kill -TERM $!
rc=0; wait $! 2>/dev/null || rc=$?
echo "= $rc"; grep incomplete out; rm out ran
echo 'what would fail is measured once more'
"$CONCBENCH" ab --rounds 14 --warmup 0 --max-regression 10% -q -- true 'sleep 0.3' 2>/dev/null |
	grep -oE 'measured once more: at first B|noise floor: A against A|the limit is 10 %'
echo 'start-up taken off'
"$CONCBENCH" ab --rounds 8 --warmup 0 --subtract-startup -q -- 'sleep 0.05' 'sleep 0.1' 2>/dev/null |
	sed -nE 's/.*(the time of an empty command .*)/\1/p; s/^ *(startup): .*/\1/p'
"$CONCBENCH" ab --rounds 8 --warmup 0 --subtract-startup -f json -- 'sleep 0.05' 'sleep 0.1' 2>/dev/null |
	python3 -c '
import json, sys
for g in json.load(sys.stdin)["series"]:
	print(g["kind"], g["metrics"][0]["name"], g["metrics"][0]["n"])'
