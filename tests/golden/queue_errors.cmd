. "$TESTS/lib.sh"
exec 2>&1
run queue -k spsc -p 2
run queue -k pipe --size 64K
run queue -m 1M
run queue --crash producer --between thread
run queue --crash producer -b
run queue --capacity 0
run queue --size 4
run queue -k mpcm 2>&1 | sed "s/; kinds: .*)/)/"
for between in thread process; do
	"$TESTS/when" '	get	' INT -- "$CONCBENCH" queue --between $between -m 100 --pause 50ms --seed 3 >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*' out
done
"$CONCBENCH" queue -m 100 --pause 1h --timeout 200ms >out
echo "= $?"
rm out
