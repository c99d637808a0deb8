# Ten numbers to square: what the master and a worker tell.
. "$TESTS/dist.sh"
master out -t 3
worker >worker.out
ended $master
grep -v '	note	' out | told
echo "== the worker"
told <worker.out
# All is whole: the verdict of both, and numbers that fit.
awk -F '\t' '$5 == "result" { split($6, n, "="); split($7, s, "=");
	ok += n[2] * n[2] == s[2] } END { print ok " squares are right" }' out
rm key out out.err worker.out
