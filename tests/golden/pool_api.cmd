# Every way to hand tasks in, with every work, on every kind of worker.
for kind in process thread; do
	for api in apply apply_async map imap; do
		for work in noop echo sleep:0-2ms cpu:100us mem:64K; do
			"$CONCBENCH" pool -k $kind -n 3 -t 40 -w $work --api $api >out
			rc=$?
			grep -q 'end	verdict=passed' out && [ $rc -eq 0 ] &&
				grep -q 'submitted, [14]0 outcomes, 0 out of order' out ||
				echo "$kind $api $work: $rc"
			runs=$((runs + 1))
		done
	done
done
rm out
echo "$runs runs"
