. "$TESTS/lib.sh"
exec 2>&1
run lock -k mtx --between process
run lock --kill-holder
run lock --kill-holder --between process -n 1
run lock --kill-holder --between process -k none
run lock --fail-at 7 -i 5
run lock --fail-at 7 -k atomic
run lock --try --acquire-timeout 1s
run lock --misuse --between process
run lock -k mutx
run lock -i 3G
run lock --acquire-timeout 0
for between in thread process; do
	"$TESTS/when" '	acquired	' INT -- "$CONCBENCH" lock --between $between -i 20 --hold 1h >out
	echo "= $?"
	grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*' out
done
"$CONCBENCH" lock -i 20 --hold 1h --timeout 200ms >out
echo "= $?"
rm out
