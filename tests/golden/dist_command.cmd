# Commands run by workers that allow it: outputs whole and in order, statuses brought
# home; a worker that does not allow it gives the task back and says so.
. "$TESTS/dist.sh"
master out -- sh -c 'echo out {}; echo err {} >&2; test {} != 2' ::: 1 2 3 4
worker -q --max-tasks 1 >refused 2>refused.err
echo "= $?"
cat refused.err
# Whichever comes late finds that all is done.
worker --allow-exec -q --reconnect 0s >/dev/null 2>&1 &
worker --allow-exec -q --prefetch 2 --reconnect 0s >/dev/null 2>&1
wait $!
ended $master
cat out
grep -E '^err' out.err
sed -n 's/.*	\(check\|warning\)	/\1 /p' out.err | sed 's/on .*:[0-9]*/on WORKER/'
echo "== a program that is not there, a signal, the shell, items by number"
master out --shell -- 'echo {} | tr a-z A-Z' ::: a 'b c'
worker --allow-exec -q >/dev/null
ended $master
cat out
master out -t 2 -- echo n {}
worker --allow-exec -q >/dev/null
ended $master
cat out
master out -- /nonexistent/command {} ::: 1
worker --allow-exec -q >/dev/null
ended $master
sed -n 's/.*\(concbench: .nonexist.*\)/\1/p; s/.*	warning	//p' out.err | sed 's/on .*:[0-9]*/on WORKER/'
master out -- sh -c 'kill -9 $$' {} ::: 1
worker --allow-exec -q >/dev/null
ended $master
sed -n 's/.*	warning	//p' out.err | sed 's/on .*:[0-9]*/on WORKER/'
rm key out out.err refused refused.err
