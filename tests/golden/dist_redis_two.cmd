#: may-skip
# Two runs at once never mix; a worker that is not told which has to be.
. "$TESTS/redis.sh"
redis_start
masters=
for r in a b; do
	$CONCBENCH dist master --engine "$url" --run $r -q -- echo $r {} ::: 1 2 3 \
		>$r 2>/dev/null &
	masters="$masters $!"
done
until_true has a t 3
until_true has b t 3
$CONCBENCH dist worker --engine "$url" --allow-exec -q 2>&1 >/dev/null |
	sed "s/:$redis_port/:PORT/"
$CONCBENCH dist worker --engine "$url" --allow-exec -q >/dev/null 2>&1
echo "worker: $?"
for r in b a; do
	(worker --run $r --allow-exec >/dev/null)
	echo "worker $r: $?"
done
for m in $masters; do
	wait $m
	echo "master: $?"
done
echo "keys left: $(redis keys '*')"
cat a b
rm a b
redis_end
