#: may-skip
# Go's benchstat, which Debian does not package, where it is installed.
command -v benchstat >/dev/null || { echo "needs benchstat (golang.org/x/perf)" >&2; exit 77; }
for side in base new; do
	"$CONCBENCH" fork -b -k fork,clone3 --rounds 12 --warmup 0 -o benchfmt:$side.txt >/dev/null 2>&1
done
benchstat base.txt new.txt >out; echo "= $?"
grep -c 'kind=' out
rm base.txt new.txt out
