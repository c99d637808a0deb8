. "$TESTS/lib.sh"
for kind in fork posix_spawn clone3; do
	for options in '' --share '--depth 2'; do
		echo "$kind $options"
		"$CONCBENCH" fork -n 2 -k $kind $options --seed 1 | outcome
	done
done
