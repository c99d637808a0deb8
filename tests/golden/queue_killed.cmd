# kill -9 in the middle of put and get: the others go on, what is lost is counted.
. "$TESTS/lib.sh"
for kind in mpmc mutex shm; do
	for who in producer consumer; do
		"$CONCBENCH" queue -k $kind --crash $who -p 2 -c 2 -m 5 --pause 2ms \
			--stop close --capacity 2 >out
		echo "= $?"
		outcome <out
		cut -f5- out | grep -E '^died'
	done
done
# The only reader: what is left is told, nobody waits for ever.
"$CONCBENCH" queue --crash consumer -m 5 --pause 2ms --capacity 2 >out
echo "= $?"
cut -f5 out | grep -x nobody
# By somebody else.
"$TESTS/when" '^\S+\t(?P<pid>\d+)\t\d+\treader1\tread' KILL -- \
	"$CONCBENCH" queue -c 2 -m 5 --pause 30ms >out
echo "= $?"
outcome <out
rm out
