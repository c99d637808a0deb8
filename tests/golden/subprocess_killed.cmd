#: orphans
#: exit 137
# Neither the command nor what it started outlives us when we are killed -9.
"$TESTS/when" ready KILL -- "$CONCBENCH" subprocess -- sh -c 'sleep 6000 & echo ready; wait' \
	>/dev/null 2>&1
