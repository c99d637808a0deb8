# Tasks that compute in the owner's own thread hear the end of the run, too.
. "$TESTS/lib.sh"
for how in '-k coro' '-k coro --task-timeout 900s' '-k thread --assist --api apply'; do
	"$CONCBENCH" pool $how -n 2 -t 4 -w cpu:1000s --retries 1 --timeout 100ms >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*	complete=[a-z]*' out
done
rm out
"$CONCBENCH" pool -b -q -k coro -w cpu:1000s --timeout 100ms >/dev/null
echo "= $?"
