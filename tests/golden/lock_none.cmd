# The control: without a lock updates are lost, on one CPU, too, and with any seed.
. "$TESTS/lib.sh"
cpu=$(taskset -cp $$ | sed 's/.*: //; s/[,-].*//')
for seed in 1 2 3 4 5 6; do
	"$CONCBENCH" lock -k none --seed $seed >out
	echo "= $?"
	taskset -c "$cpu" "$CONCBENCH" lock -k none --seed $seed -i 10 >>out
	echo "= $?"
done
"$CONCBENCH" lock -k none --between process >>out
echo "= $?"
cut -f5- out | grep 'no update' | sed 's/	detail.*//' | sort -u
grep -c 'that is what it is for' out
"$CONCBENCH" lock -k none -n 1 | outcome
rm out
