. "$TESTS/lib.sh"
"$CONCBENCH" versus -n 2 -t 8 -w noop --seed 1 \
	-k sequential,process,thread,process-pool,thread-pool,coro,coro-process >out
echo "= $?"
grep '	check	' out | cut -f 6- 
grep -c '	model_done	round=' out
for m in wall speed_up cpu memory switches_voluntary switches_involuntary startup; do
	echo "$m $(grep -c "	name=$m	" out)"
done
grep -o 'text=take [a-z-]*: ' out | wc -l
for work in echo sleep:1ms cpu:100us io:1ms mixed:1ms mem:64K; do
	"$CONCBENCH" versus -k sequential,thread,coro-process -n 2 -t 4 \
		-w $work --seed 1 >out
	echo "$work = $? $(grep -c 'passed=true' out)"
done
rm out
