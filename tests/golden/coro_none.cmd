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
# Measured, it is broken and has no figure.
for verb in generator switch; do
	"$CONCBENCH" coro $verb -b -k none --rounds 6 --warmup 0 -q -f csv >out 2>err
	echo "= $?"
	awk -F, 'NR > 1 { print $2, $5, $8, $10 }' out | sort -u
done
rm out err
