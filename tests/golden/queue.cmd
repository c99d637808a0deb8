# A writer puts A, B, C; the reader gets them. The three ways to stop it; all kinds.
. "$TESTS/lib.sh"
"$CONCBENCH" queue --pause 5ms --seed 1 | by_role | grep -Ev '	(pause|paused|empty|waited|start)'
for stop in sentinel close; do
	"$CONCBENCH" queue --pause 1ms --stop $stop --seed 1 | by_role |
		grep -E '	(stop_[a-z]*|got_[a-z]*|join)'
done
for kind in mpmc mutex pipe posixmq shm socketpair spsc sysvmq; do
	for between in process thread; do
		"$CONCBENCH" queue -k $kind --between $between --pause 1ms --capacity 1 |
			outcome | sort -u | grep -v 'check.*passed=true'
	done
done
"$CONCBENCH" queue -p 3 -c 2 -m 4 --pause 1ms --capacity 2 --stop sentinel | outcome
"$CONCBENCH" queue -b -k mpmc,mutex,shm -p 2 -c 2 --rounds 6 --warmup 0 -f csv 2>err |
	cut -d, -f2-5,8 | grep 'message,'
"$CONCBENCH" queue -b --capacity 1,64 --size 8,100 --rounds 6 --warmup 0 -f csv 2>err |
	cut -d, -f2-5,8 | grep -E 'message(,|_sleeps|_band)'
rm err
