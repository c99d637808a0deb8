# Two processes talk, the end is seen, one is killed; all kinds.
. "$TESTS/lib.sh"
"$CONCBENCH" pipe --pause 1s --poll 1ms -m 1 | cut -f5 | grep -x poll | sort -u
"$CONCBENCH" pipe --pause 30ms --poll 5ms -m 2 --seed 1 | by_role | grep -Ev '	(wait|waited|start|join|poll|summary)'
for kind in eventfd fifo pipe shm socketpair tcp; do
	for crash in nobody left right; do
		"$CONCBENCH" pipe -k $kind --size 8 --pause 1ms --crash $crash | outcome |
			sort -u | grep -v 'check.*passed=true'
	done
done
"$CONCBENCH" pipe -k pipe,shm --way one --size 1,300000 --pause 1ms | outcome
{
	"$CONCBENCH" pipe -b -k all --size 8 --rounds 6 --warmup 0 -f csv
	"$CONCBENCH" pipe -b -k pipe,shm --pin same,scatter --rounds 6 --warmup 0 -f csv
	"$CONCBENCH" pipe -b -k pipe,shm --way one --size 1,300000 --rounds 6 --warmup 0 -f csv
} 2>err | cut -d, -f2-5,8 | grep -E ',(message|round_trip),'
rm err
