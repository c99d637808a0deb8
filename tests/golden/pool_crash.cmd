# A worker killed in the middle of a task: the task runs again, or is reported lost.
. "$TESTS/lib.sh"
"$CONCBENCH" pool -n 2 -t 6 -w echo --crash-at 1,4 | outcome
"$CONCBENCH" pool -n 2 -t 6 -w echo --crash-at 1,4 --on-crash fail >out
echo "= $?"
outcome <out
"$CONCBENCH" pool -n 2 -t 6 -w echo --crash-at 1 --crash-always --retries 2 >out
echo "= $?"
outcome <out
rm out
