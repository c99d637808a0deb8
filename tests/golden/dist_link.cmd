#: may-skip
# Two hosts (network namespaces) with a cable between them that is cut while a worker is
# at work, and mended: its task goes to another, its late result is dropped, and it hears
# that the run is over.
. "$TESTS/dist.sh"
for tool in unshare nsenter ip; do
	command -v $tool >/dev/null || {
		rm key
		echo "needs $tool" >&2
		exit 77
	}
done
unshare -n true 2>/dev/null || {
	rm key
	echo "needs the right to make network namespaces" >&2
	exit 77
}
cat >hosts <<'END'
. "$TESTS/dist.sh"
ip link set lo up
mkfifo hold
unshare -n sh -c 'read x <hold' &
other=$!
exec 3>hold
# Until it is a namespace of its own.
apart() {
	[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$other/ns/net)" ]
}
within 60 apart
ip link add here type veth peer name there netns $other || exit 77
ip addr add 10.99.0.1/24 dev here && ip link set here up
nsenter -t $other -n ip addr add 10.99.0.2/24 dev there
nsenter -t $other -n ip link set there up
"$CONCBENCH" dist master --bind 10.99.0.1:0 --authkey-file key -t 3 --lease 1s \
	--linger 60s >out 2>out.err </dev/null &
master=$!
find_address out
nsenter -t $other -n "$CONCBENCH" dist worker --connect "$address" --authkey-file key \
	-w sleep:3s >far 2>&1 &
far=$!
within 60 seen '	run	' far
ip link set here down
worker -q --max-tasks 3 >/dev/null
within 60 seen '^([^	]*	){4}result' out
ip link set here up
ended $master
ended $far
echo >&3
exec 3>&-
wait
sed -n 's/.*	check	//p' out
grep -oE '	(over|exit	tasks=[0-9]+)$' far
END
unshare -n sh hosts
rc=$?
rm -f key out out.err far hosts hold
exit $rc
