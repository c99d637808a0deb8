. "$TESTS/lib.sh"
# Ten rounds of commands that differ by far; figures are the machine's.
run ab --rounds 10 --warmup 0 -q -- true 'sleep 0.05' | sed -E 's/ +/ /g' |
	grep -E '^ [AB]:|is slower|^=|^ended' | sed -E 's/: [0-9.]+ times.*//'
run ab --rounds 8 --warmup 0 --max-regression 10% -q -- true 'sleep 0.05' |
	grep -oE '^= .*|check failed: no regression'
"$CONCBENCH" ab --rounds 6 --warmup 0 -f json -- true false | "$TESTS/jsoncheck" \
	--schema "$TESTS/../docs/concbench-1.schema.json" 2>&1 | tail -1
run ab --rounds 6 --warmup 0 -q --ignore-failure -- false false >/dev/null
run ab -- true 2>&1
run ab --input /nosuch -- true true 2>&1
run ab --rounds 6 --warmup 0 -q -- true 'a|b' | grep -oE "'a.b' is more than words.*"
"$CONCBENCH" ab --rounds 6 --warmup 0 -q --shell -- true 'true | true' 2>/dev/null | grep -cE '^ +(★ |[*] |= )? *[AB] '
# Ends by Ctrl-C with what there is.
rc=0; timeout -s INT 1 "$CONCBENCH" ab --time 60s --precision 0.01% -- true true >out 2>/dev/null || rc=$?
grep -c incomplete out; rm out
