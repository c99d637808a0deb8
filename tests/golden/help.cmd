# Every topic has help of at most 80 columns, and it names each of its options.
. "$TESTS/lib.sh"
"$CONCBENCH" list -f json >list.json
"$TESTS/jsoncheck" <list.json
rm list.json
for topic in '' $("$CONCBENCH" list commands | awk '{ print $1 }'); do
	"$CONCBENCH" $topic --help >help.txt || echo "$topic --help: exit $?"
	[ "$(wc -l <help.txt)" -ge 3 ] || echo "$topic --help: too short"
	awk -v t="$topic" '{ gsub(/[\200-\277]/, "") } length > 80 { print t ": " $0 }' help.txt
	grep -q usage: help.txt || echo "$topic --help: no usage"
	"$CONCBENCH" $topic -h | cmp - help.txt
done
"$CONCBENCH" pool --help >help.txt
for option in $("$CONCBENCH" list options | awk '$1 == "pool" || $1 == "(common)"' |
	grep -oE -- '--[a-z-]+' | sort -u); do
	grep -qE -- "$option" help.txt || echo "pool --help lacks $option"
done
rm help.txt
