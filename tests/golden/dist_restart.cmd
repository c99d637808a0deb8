#: orphans
# A master with a journal, killed with SIGKILL and started again, several times: nothing
# is lost, nothing counts twice. Another master cannot have the same journal.
. "$TESTS/dist.sh"
port=
go_on() {
	: >out
	"$CONCBENCH" dist master --bind "127.0.0.1:${port:-0}" --authkey-file key \
		--journal journal -t 60 --seed 5 >out 2>out.err </dev/null &
	master=$!
	find_address out
	port=${address##*:}
}
go_on
"$CONCBENCH" dist master --bind 127.0.0.1:0 --authkey-file key --journal journal >/dev/null
echo "= $?"
for i in 1 2; do
	worker -w sleep:20ms --reconnect 60s >"worker$i" 2>&1 &
	workers="${workers-} $!"
done
for i in 5 10 15; do
	within 60 seen "^([^	]*	){4}result" out
	kill -9 $master
	wait $master 2>/dev/null
	go_on
	sed -n 's/.*	resume	put=\([0-9]*\).*/goes on with \1/p' out
done
ended $master
for w in $workers; do ended "$w"; done
sed -n 's/.*	check	//p' out | sed 's/, [0-9]* came twice and were dropped//'
grep -c '	result	' out
sort -u worker1 >/dev/null
# Each result is of a number that was put, by the first or a later master.
test ! -e journal && echo "the journal is gone"
echo "== kept"
"$CONCBENCH" dist master --bind 127.0.0.1:0 --authkey-file key --journal journal --keep \
	-t 2 >kept 2>out.err </dev/null &
master=$!
find_address kept
worker -q >/dev/null
ended $master
master out --journal journal -t 2
ended $master
grep -c '	result	' out
rm -f key kept out out.err worker1 worker2 journal
