. "$TESTS/lib.sh"
"$CONCBENCH" pool -n 2 -t 4 -w sleep:1h --timeout 100ms >out
echo "= $?"
outcome <out | grep -v 'no task failed' # none did, when the time came first
"$CONCBENCH" pool -n 2 -t 2 -w sleep:1h --task-timeout 50ms >out
echo "= $?"
outcome <out
rm out
