# Each thread greets its own student; its destructors run at its end, in order.
. "$TESTS/lib.sh"
"$CONCBENCH" tls -k pthread_key --seed 1 | by_role | grep -v '^main	summary	.* get '
"$CONCBENCH" tls -n 64 | outcome
"$CONCBENCH" tls -n 64 -k global >out
echo "= $?"
outcome <out | grep 'is never seen'
grep -c 'that is what it is for' out
"$CONCBENCH" tls -q -f story -k all -n 1 | sed -E 's/[0-9.]+ (ns|times a)/N \1/g; s/  +/ /g; s/█+/#/' | grep get
rm out
