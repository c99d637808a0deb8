. "$TESTS/lib.sh"
exec 2>&1
run pipe -k eventfd
run pipe -k eventfd --size 8 --way one
run pipe -m 1M
run pipe --crash left -b
run pipe --places --pin same
run pipe -k pip
"$TESTS/when" '	recv	' INT -- "$CONCBENCH" pipe -m 100 --pause 50ms >out
echo "= $?"
grep -o 'end	verdict=[a-z]*	exit_code=[0-9]*' out
"$CONCBENCH" pipe --pause 1h --timeout 200ms >out
echo "= $?"
rm out
