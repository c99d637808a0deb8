# Every kind is measured and right, spinning ones beyond the cores, too.
"$CONCBENCH" lock -b --rounds 6 --warmup 0 --batch 1ms -k all -n 3 --reads 0,50 -q >out 2>&1
echo "= $?"
grep -E 'check failed|broken' out
rm out
