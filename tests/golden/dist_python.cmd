# Python's workers for our master, our worker for Python's master, Python by Python: all
# that are found here. Which those are differs from machine to machine.
. "$TESTS/dist.sh"
both() {
	master out -t 10
	"$1" "$TESTS/managers/task_worker.py" "$address" key || return 1
	ended $master
	grep -Ec '	result	n=' out
	: >out
	"$1" "$TESTS/managers/task_master.py" key >out 2>&1 &
	master=$!
	find_address out
	"$CONCBENCH" dist worker --connect "$address" --authkey-file key \
		--reconnect 0s >worker.out
	echo "= $?"
	grep -c '	run	' worker.out
	ended $master
	grep -v listen out
}
pythons=python3
here=$(python3 -c 'import sys; print(sys.base_prefix)')
for py in "${here%/*}"/3.*/bin/python3 /usr/bin/python3.[0-9] /usr/bin/python3.[0-9][0-9]; do
	[ -x "$py" ] && pythons="$pythons $py"
done
all=0
for py in $pythons; do
	all=$((all + 1))
	both "$py" >got 2>&1
	[ "$all" = 1 ] && cp got first
	cmp -s got first || {
		"$py" -V
		cat got
	}
done
echo "each Python:"
cat first
rm -f key out out.err worker.out got first
