# However it is stopped, nothing stays behind, and soon.
for kind in sequential process thread process-pool thread-pool coro coro-process; do
	"$TESTS/when" '	versus	' INT -- "$CONCBENCH" versus -k $kind -n 2 -t 4 -w io:1h >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*	complete=[a-z]*' out
done
"$CONCBENCH" versus -k process,thread -t 4 -w io:1h --timeout 200ms >out
echo "= $?"
grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*	complete=[a-z]*' out
rm out
