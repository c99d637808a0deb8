#: skip tsan it reports the race, which is what is shown
# The control: messages are lost or come twice, also on one CPU.
. "$TESTS/lib.sh"
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
for between in thread process; do
	taskset -c "$cpu" "$CONCBENCH" queue -b -k none --between $between -p 2 -c 2 \
		--rounds 200 -f csv >out 2>err
	echo "= $?"
	cut -d, -f2,5,8 out | grep message
	"$CONCBENCH" queue -b -k none --between $between --rounds 200 -f csv >out 2>err
	echo "= $?"
	cut -d, -f2,5,8 out | grep message
done
rm out err
