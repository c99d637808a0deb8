#: skip tsan its runtime writes a file of its own, and dies of the limit
# A file that may not grow (ulimit -f) is an error like any other, not a death by SIGXFSZ.
echo old >out.json
run='pool -n 2 -t 3 -w noop -q -o json:out.json'
sh -c "ulimit -f 0; exec '$CONCBENCH' $run" 2>&1 >/dev/null | cat
sh -c "ulimit -f 0; exec '$CONCBENCH' $run" >/dev/null 2>/dev/null
echo "= $?"
cat out.json
ls -A
rm out.json
