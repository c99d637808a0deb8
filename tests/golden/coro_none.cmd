# The control: a switch that does not switch is found out by every check.
#: skip asan the kind is not there
#: skip tsan the kind is not there
. "$TESTS/coro.sh"
for verb in generator switch; do
	"$CONCBENCH" coro $verb -k none -q >out
	echo "= $?"
	told <out
done
rm out
