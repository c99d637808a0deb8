. "$TESTS/lib.sh"
story() {
	run verify "$@" -f story 2>&1 | sed -E 's/, [0-9.]+ (ns|us|ms|s)$//; s/ +$//; /^ *seed /d'
}
story -k mcs,ticket,futex
story -k mcs -n 3 -i 1 --preemptions 1
story --queue spsc,mutex
story --queue mpmc --preemptions 1
story -k ticket --schedules 3 --preemptions 9
# The controls must fail, each with its schedule.
story -k none
story --queue none -i 1 | tail -n 4
# What cannot be explored is named; nothing left is 77.
story -k mutex
story --queue spsc -n 3
# As JSON.
"$CONCBENCH" verify -k none -f json | "$TESTS/jsoncheck" --schema "$TESTS/../docs/concbench-1.schema.json"
