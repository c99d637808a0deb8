#: orphans
. "$TESTS/lib.sh"
# SIGTERM, after --grace SIGKILL; the whole group, for a shell has children.
run subprocess --timeout 3s --grace 100ms -- \
	sh -c 'trap "" TERM; while :; do sleep 6000; done' 2>err
cut -f5- err | grep -E '^(signal|killed|end)	' | sed 's/	seed=.*//'
run subprocess -q --timeout 100ms -- sleep 6000
"$CONCBENCH" subprocess -q --timeout 100ms --capture -- yes >/dev/null
echo "= $?"
# Nobody takes the output: the timeout is heard all the same.
mkfifo slow
sleep 30 <slow &
"$CONCBENCH" subprocess -q --timeout 300ms --capture -- yes >slow
echo "= $?"
kill $!
rm err slow
