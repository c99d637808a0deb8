#: exit 1
# The control: it does nothing, which must be seen.
"$CONCBENCH" versus -k none -n 2 -t 3 -w noop --seed 1 | cut -f 5- | grep -E 'check|take|end'
"$CONCBENCH" versus -k none,sequential -t 3 -w noop --seed 1 >out; rc=$?
rm out
exit $rc
