. "$TESTS/lib.sh"
"$CONCBENCH" thread --limit | cut -f4- | grep -E '^MainThread	(threads|check|end)' |
	sed -E 's/	seed=.*//; s/(threads=|detail=)[0-9]+/\1N/; s/, [0-9]+ joined/, N joined/'
"$CONCBENCH" thread --limit --stack 128K -q -f story | grep -c '^  stack 128.0 KiB: .* threads at once'
run thread --limit -n 3 2>&1
