# A stop ends the run that goes on and all that it started; what there is is told.
echo 'first: fork -n 2 -q
long: ab --shell --time 600s -- "echo >>ran; exec sleep 6000" true
never: fork -n 2' >suite.txt
: >ran
"$CONCBENCH" check suite.txt >out 2>/dev/null &
while [ ! -s ran ]; do :; done
kill -TERM $!
rc=0; wait $! 2>/dev/null || rc=$?
echo "= $rc"; cat out; rm -f out ran
"$CONCBENCH" check suite.txt --only long --timeout 300ms 2>/dev/null; echo "= $?"
rm -f ran suite.txt
