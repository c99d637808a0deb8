#: skip asan the shim cannot be loaded before it
#: skip tsan the shim cannot be loaded before it
. "$TESTS/lib.sh"
head -c 8 /dev/zero >count
CB_FAULT=fork:3:11 CB_FAULT_COUNT=$PWD/count LD_PRELOAD=$FAULT \
	"$CONCBENCH" fork -n 5 -f json >out.json
echo "= $?"
"$TESTS/jsoncheck" <out.json
grep -o '"verdict":"[a-z]*"' out.json
grep -o 'created, [0-9]* reaped' out.json
rm count out.json
