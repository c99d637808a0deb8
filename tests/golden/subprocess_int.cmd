#: exit 143
# What stops us is passed on to the command; after it we die by the same signal.
"$TESTS/when" ready TERM -- "$CONCBENCH" subprocess -- \
	sh -c 'trap "echo heard; exit 9" TERM; echo ready; while :; do sleep 0.05; done' 2>err
rc=$?
cut -f5- err | grep -E '^(signal|exit|end)	' | sed 's/	seed=.*//'
rm err
exit $rc
