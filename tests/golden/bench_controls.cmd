#: timeout 240
#: skip tsan it reports the races, which is what is shown
# Each control is broken and has no figure, whatever the machine does: on one CPU and on
# many, among threads and processes; and what stands beside it is not harmed.
. "$TESTS/lib.sh"
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
quick='--rounds 6 --warmup 0 -q -f csv'

# broken WORDS...: kind and status of what was measured, and figures that should not be.
broken() {
	echo "$*"
	for on in one all; do
		only=
		[ $on = one ] && only="taskset -c $cpu"
		$only "$CONCBENCH" "$@" $quick >out 2>err
		echo "  $on: $? $(awk -F, '
			NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
			$at["kind"] != "none" { if ($at["status"] == "broken") print "broken:", $0; next }
			$at["status"] == "broken" { n++ }
			$at["median"] != "" || $at["status"] == "ok" { print "a figure:", $0 }
			END { print (n > 0 ? "broken" : "not broken") }' out)"
		rm out err
	done
}
broken lock -b -k none,mutex
broken lock -b -k none -n 5
broken lock -b -k none,atomic -i 200 -n 3
broken lock -b -k none --between process --nest 2 --locks 3
broken lock -b -k none,rwlock --reads 50
broken queue -b -k none,mutex
broken queue -b -k none --between process -p 2 -c 2
broken versus -b -k none,thread -t 4 -w noop

# One contender loses nothing: the cost of the harness.
"$CONCBENCH" lock -b -k none -n 1 $quick | cut -d, -f2,8 | sed -n 2p
