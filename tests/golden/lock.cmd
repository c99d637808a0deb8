# Two threads, one balance: nothing lost with a lock; every kind, threads and processes.
. "$TESTS/lib.sh"
"$CONCBENCH" lock -i 2000 --seed 1 | cut -f4- | grep -E '^main	(started|check|summary|end)' |
	sed -E 's/(summary	text=mutex: the owner) changed.*/\1/'
for kind in atomic errorcheck futex mcs mtx mutex recursive robust sem spin ticket; do
	"$CONCBENCH" lock -k $kind -n 3 -i 1000 | outcome
done
"$CONCBENCH" lock -k atomic,errorcheck,futex,mcs,mutex,recursive,robust,sem,spin,ticket \
	-n 3 -i 1000 --between process | outcome | sort -u | grep -v 'passed=true'
