#: skip tsan it reports the misuse, which is what is shown
# What each kind says to a release by a stranger, a second acquire, a timeout.
. "$TESTS/lib.sh"
"$CONCBENCH" lock -k errorcheck,recursive,robust,mutex,ticket --misuse |
	cut -f4- | grep -E '^main	(call|answer|skipped|check|end)' | sed 's/	seed=.*//'
"$CONCBENCH" lock -k none --misuse >out
echo "= $?"
outcome <out | grep false
rm out
