#: skip tsan it reports the race, which is what is shown
# The control: messages are lost or come twice, also on one CPU.
. "$TESTS/lib.sh"
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
for between in thread process; do
	taskset -c "$cpu" "$CONCBENCH" queue -b -k none --between $between -p 2 -c 2 \
		-m 50k --rounds 2 >out
	echo "= $?"
	outcome <out | grep 'exactly once'
	"$CONCBENCH" queue -b -k none --between $between -m 50k --rounds 2 >out
	echo "= $?"
done
rm out
