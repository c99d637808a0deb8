#: may-skip
# Google Benchmark's compare.py takes two of ours (libbenchmark-tools, python3-scipy).
compare=/usr/share/benchmark/compare.py
python=/usr/bin/python3
[ -e "$compare" ] && "$python" -c 'import scipy' 2>/dev/null ||
	{ echo "needs libbenchmark-tools and python3-scipy" >&2; exit 77; }
for side in base new; do
	"$CONCBENCH" fork -b -k fork,clone3 --rounds 12 --warmup 0 -o gbench:$side.json >/dev/null 2>&1
done
"$python" -B "$compare" --no-color benchmarks base.json new.json >out 2>&1; echo "= $?"
grep -oE '^Fork/metric=create/kind=[a-z0-9]+/workers=1(_median|_pvalue)? ' out | sort | uniq -c | sed 's/^ *//'
"$python" -B "$compare" --no-color filters base.json kind=fork kind=clone3 >out 2>&1; echo "= $?"
rm base.json new.json out
