. "$TESTS/lib.sh"
for kind in process thread; do
	"$TESTS/when" '	w1	run	' INT -- "$CONCBENCH" pool -k $kind -n 2 -t 4 -w sleep:1h >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*	complete=[a-z]*' out
	"$TESTS/when" '	w1	run	' TERM -- "$CONCBENCH" pool -k $kind -n 2 -t 4 -w sleep:1h >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*	complete=[a-z]*' out
done
rm out
