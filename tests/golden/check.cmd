. "$TESTS/lib.sh"
# Limits that hold or break by far: what is judged is no matter of speed.
cat >suite.txt <<'END'
# a comment
lock:   lock -k mutex -n 2 --bench --rounds 8 --warmup 0; \
        ops >= 0.000001 x baseline; jain >= 0.01   # another
pool:   concbench pool -k thread -n 2 --bench --rounds 8 --warmup 0; thread.round_trip.p99 < 1m
quoted: ab --rounds 6 --warmup 0 -- 'true' "true"; median < 1h;
demo:   pool -n 2 -t 4 -w noop
END
tidy() { sed -E 's/ +/ /g; s/(jain .*) [0-9.]+( [|])? kept/\1 SEEN\2 kept/; s/(jain .* [|]) [0-9.]+ [|]/\1 SEEN |/; s/[0-9.e+-]+x \([^)]*\)/RATIO/; s/ [0-9][^ ]* ([a-z]*s )?\([^)]*\)/ SEEN/; s/ [0-9.]+ ?(ns|us|ms|s) kept/ SEEN kept/; s/(kept|BROKEN|unclear), measured twice/\1/'; }
check() { echo "\$ concbench check $*"; "$CONCBENCH" check "$@" 2>err; rc=$?; grep -v 'warning: ' err; rm err; echo "= $rc"; }
check suite.txt
check suite.txt --save-baseline base/ | tidy
ls base
check suite.txt --baseline base | tidy
check suite.txt --save-baseline base.json --only demo --only lock | tail -1
check suite.txt --baseline base.json | tail -2
check suite.txt --baseline base.json --only lock --only demo -f markdown | tidy
check suite.txt --baseline base --only quoted -f junit -o tap:out.tap -o json:out.json
cat out.tap | sed -E 's/median < 1h: [^"]*, /median < 1h: SEEN, /'
prove -e cat out.tap >proved 2>&1 && echo valid || cat proved
"$TESTS/jsoncheck" <out.json
rm -r out.tap out.json proved base base.json
echo 'what fails is measured twice'
echo 'slow: ab --rounds 6 --warmup 0 -- true true; B.median > 1h; A.median < 1h' >fails.txt
check fails.txt | tidy
"$CONCBENCH" check fails.txt -f json 2>/dev/null | grep -o '"measured_twice": *true'
echo 'what is wrong is not'
echo 'lost: lock -k none -n 4' >fails.txt
"$CONCBENCH" check fails.txt -f json 2>/dev/null | grep -o '"measured_twice": *[a-z]*\|"verdict": *"[a-z]*"'
echo 'broken: ab --rounds 6 --warmup 0 -- true false' >fails.txt
check fails.txt | tidy | grep =
rm fails.txt suite.txt
