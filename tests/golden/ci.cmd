# The example suite of docs/, and the steps of the workflow in docs/ci.md, as they stand
# there; only how long each measures is cut. A step after "if: always()" comes last.
docs="$TESTS/../docs"
PATH="$(dirname "$CONCBENCH"):$PATH"
quick() { sed -E 's/--time [0-9]+s/--rounds 8 --warmup 0/'; }
# Limits of a few percent say nothing of eight rounds: these are wide.
quick <"$docs/suite.txt" | sed 's/0\.[0-9] x baseline/0.000001 x baseline/
	s/p99 < 20ms/p99 < 1h/; s/jain >= 0.5/jain >= 0.01/
	s/^thread: .*/&; ops >= 0.000001 x baseline/' >suite.txt
mkdir -p base/prog.d new
printf '#!/bin/sh\nexit 0\n' >base/prog; cp base/prog new/prog; chmod +x base/prog new/prog
rmdir base/prog.d
echo '## the first time'
awk '/^```sh/ { on = 1; next } /^```/ { on = 0 } on' "$docs/ci.md" >first.sh
grep -q 'check suite.txt --save-baseline' first.sh || echo 'the page has no first time'
sh -e first.sh >out 2>/dev/null; echo "= $?"
grep -cE 'no baseline|passed' out
ls base
echo '## the workflow'
awk '/^```yaml/ { on = 1 } /^```/ && !/yaml/ { on = 0 }
	on && /^      - name:/ { print "echo :: " substr($0, 15) }
	on && /^        run: [^|]/ { sub(/^        run: /, ""); print; next }
	on && /^        run: \|/ { block = 1; next }
	on && block && /^          / { print substr($0, 11); next }
	{ block = 0 }' "$docs/ci.md" | sed "s/is this machine fit for it?/'&'/" | quick >steps.sh
grep -c 'concbench' steps.sh
sed -i 's/--max-regression 5%/--max-regression 900%/' steps.sh
GITHUB_STEP_SUMMARY=summary.md sh -e steps.sh >out 2>/dev/null; echo "= $?"
grep -E '^::' out
grep -E '^(- [0-9]+ passed|### concbench)' summary.md
ls *.xml *.md ab.json
rm -r base new suite.txt first.sh steps.sh out *.xml *.md ab.json
