# kill -9 in the middle of put and get: the others go on, what is lost is counted.
. "$TESTS/lib.sh"
for kind in mpmc mutex shm; do
	for who in producer consumer; do
		"$CONCBENCH" queue -k $kind --crash $who --crash-at 0 -p 2 -c 2 -m 5 --pause 20ms \
			--stop close --capacity 2 >out
		echo "= $?"
		outcome <out
		cut -f5- out | grep -E '^died' | cut -f1,2
	done
done
# The only reader: what is left is told, nobody waits for ever.
"$CONCBENCH" queue --crash consumer --crash-at 0 -m 5 --pause 50ms --capacity 2 >out
echo "= $?"
cut -f5- out | grep -E '^(nobody|check.*a consumer)'
# A message that the dead one had not put yet must not pass for one that was lost: the
# readers are not terminated before the last message is got.
for i in 1 2 3 4 5 6; do
	"$CONCBENCH" queue -k mpmc --crash producer -p 2 -c 2 -m 4 --pause 1ms >out
	echo "= $?"
done
# By somebody else.
"$TESTS/when" '^\S+\t(?P<pid>\d+)\t\d+\treader1\tread' KILL -- \
	"$CONCBENCH" queue -c 2 -m 5 --pause 300ms >out
echo "= $?"
outcome <out
rm out
