#: orphans
# Workers killed with SIGKILL in the middle of a task, again and again: each task has one
# result. A worker that stops for longer than its lease loses its task; what it says later
# does not count. A task that never gets done is given up.
. "$TESTS/dist.sh"
master out -t 4
for i in 1 2 3; do
	"$TESTS/when" '	run	' KILL -- "$CONCBENCH" dist worker --connect "$address" \
		--authkey-file key -w sleep:1h >/dev/null
	echo "= $?"
done
worker -q >/dev/null
ended $master
sed -n 's/.*	check	//p' out
grep -c '	result	' out
echo "== stopped"
master out -t 2 --lease 2s
"$TESTS/when" '	run	' STOP -- "$CONCBENCH" dist worker --connect "$address" \
	--authkey-file key -w sleep:4s --reconnect 0s --max-tasks 1 >slow 2>&1 &
within 60 seen '	run	' slow
worker -q >/dev/null
ended $master
sed -n 's/.*	check	//p' out
kill -CONT "$(sed -n 's/^[^	]*	\([0-9]*\)	.*	run	.*/\1/p' slow)"
wait
echo "== given up"
master out -t 1 --retries 1
for i in 1 2; do
	"$TESTS/when" '	run	' KILL -- "$CONCBENCH" dist worker --connect "$address" \
		--authkey-file key -w sleep:1h >/dev/null
	echo "= $?"
done
ended $master
sed -n 's/.*	check	//p' out
sed 's/: [^ ]*:[0-9]* went/: WORKER went/' out.err
echo "== a command: it goes with its worker, and so do its own children"
: >out
: >out.err # the last one's address is not this one's
"$CONCBENCH" dist master --bind 127.0.0.1:0 --authkey-file key -- \
	sh -c 'sleep 1000 & touch started; wait' ::: 1 >out 2>out.err &
master=$!
find_address out
"$CONCBENCH" dist worker --connect "$address" --authkey-file key --allow-exec >/dev/null &
within 60 test -e started
kill -9 $!
wait $! 2>/dev/null
kill $master
wait $master 2>/dev/null
echo "= $?"
rm key out out.err slow started
