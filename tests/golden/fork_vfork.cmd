#: skip tsan it makes vfork a fork, and the program says so
. "$TESTS/lib.sh"
for kind in vfork; do
	for options in '' --share '--depth 2'; do
		echo "$kind $options"
		"$CONCBENCH" fork -n 2 -k $kind $options --seed 1 | outcome
	done
done
