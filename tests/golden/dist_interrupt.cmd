# Ctrl-C: a worker gives its task back, which is no failed attempt, and dies by the
# signal; a master stops with what it knows, and tells that it is not all.
. "$TESTS/dist.sh"
master out -t 2 --retries 0
for sig in INT TERM; do
	"$TESTS/when" '	run	' $sig -- "$CONCBENCH" dist worker --connect "$address" \
		--authkey-file key -w sleep:1h >stopped
	echo "= $?"
	grep -o 'verdict=[a-z]*' stopped
done
worker -q >/dev/null
ended $master
sed -n 's/.*	check	//p' out
"$TESTS/when" '	try$' INT -- "$CONCBENCH" dist master --bind 127.0.0.1:0 \
	--authkey-file key -t 2 >out
echo "= $?"
sed -n 's/.*	check	//p' out
grep -o 'verdict=[a-z]*' out
rm key out out.err stopped
