# The holder is killed -9: robust goes on, the others wait until their timeout.
. "$TESTS/lib.sh"
"$CONCBENCH" lock -k robust --between process --kill-holder -n 3 -i 50 >out
echo "= $?"
cut -f5- out | grep -E '^(check|summary)' | grep -v 'owner changed'
cut -f5,6 out | grep -E '^(dies|repaired|gone)' | sort # the end is noted when it is seen
for kind in mutex mcs futex spin sem; do
	"$CONCBENCH" lock -k $kind --between process --kill-holder --acquire-timeout 100ms >out
	echo "= $?"
	outcome <out
	grep -o 'nobody can release it: [^(]*' out
done
# By somebody else: the run has failed, and nobody waits for ever.
"$TESTS/when" '^\S+\t(?P<pid>\d+)\t\d+\tProcess-[12]\tacquired' KILL -- \
	"$CONCBENCH" lock --between process -i 20 --hold 10s >out 2>err
echo "= $?"
sed -E "s/Process-[12] \\([0-9]+\\)/Process-N (PID)/" err
rm out err
