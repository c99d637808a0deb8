# `-k all` leaves out, and tells, what cannot do what is asked; by name it is refused.
. "$TESTS/lib.sh"
kinds() {
	echo "\$ $*"
	"$CONCBENCH" "$@" -f json >out 2>err
	echo "= $?"
	grep -o "leaves out what cannot do this: .*" err out | sed -E 's/^[a-z]*://; s/"\].*//' |
		grep -oE '\b(eventfd|spsc|atomic)\b' | sort -u | tr '\n' ' '
	echo
}
kinds pipe -k all -m 1 --pause 0
kinds queue -k all -p 2 -m 1 --pause 0
kinds lock -k all --misuse
grep -c '"kind": *"atomic"' out
rm out err
run pipe -k eventfd
run queue -k spsc -p 2
run lock -k pi --kill-holder --between process
run pipe -k eventfd,pipe --way one --size 8
run lock mutex
run lock -k mutex,all
