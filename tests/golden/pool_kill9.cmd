# kill -9 from outside, of a worker that sleeps in a task: run again by another.
. "$TESTS/lib.sh"
"$TESTS/when" '^\S+\t(?P<pid>\d+)\t\d+\tw1\trun' KILL -- \
	"$CONCBENCH" pool -n 2 -t 4 -w sleep:1s >out
echo "= $?"
outcome <out
cut -f5- out | grep -E 'SIGKILL|signal 9' | cut -f1 | sort -u
cut -f5,6 out | grep '^done' | sort -u
rm out
