# A program that knows nothing of us runs under our locks, and behaves the same.
#: timeout 120
. "$TESTS/lib.sh"
cc -D_GNU_SOURCE -O1 -g -pthread -o prog "$TESTS/preload_prog.c" || exit

# What is known of its mutexes, whatever the times were; not of the one that a thread
# takes first, and nobody knows which.
rows() {
	cut -f5- err | grep 'table=mutex_places.*mutex=\(counter\|main\)' |
		sed -E 's/	(contended|wait|hold)[a-z0-9_]*=[^	]*//g; s/	(module|offset)=.*//; s/\+0x[0-9a-f]+//; s/cond_waits=[1-9][0-9]*/cond_waits=some/' |
		sort -u
}

echo "= as it is"
./prog >plain
cat plain
for kind in mutex futex mcs ticket robust; do
	"$CONCBENCH" lock --preload -v -k $kind -- ./prog >out 2>err
	echo "= $kind $?"
	cmp plain out
	grep -o 'left to the C library.*' err
done
rows
echo "= its status, and what it left when it was killed"
"$CONCBENCH" lock --preload -v -k mcs -- ./prog fail >/dev/null 2>err
echo $?
"$CONCBENCH" lock --preload -v -k mcs -- ./prog crash 2>err
echo $?
rows
echo "= exec: both are measured"
"$CONCBENCH" lock --preload -v -k futex -- ./prog exec >/dev/null 2>err
echo $?
rows | head -1
grep -o 'by . processes in . runs' err
echo "= by turns, and as it is"
"$CONCBENCH" lock --preload -k mutex,futex --plain --runs 2 -- ./prog crash 2>err >out
echo $?
grep -c count out
cut -f5- err | grep '^metric.*program	'
cut -f5- err | grep -E '^summary.*(times that under|it failed)'
echo "= a document has the program's output, too"
"$CONCBENCH" lock --preload -k mcs -f json -- ./prog crash >doc
"$TESTS/jsoncheck" --schema "$TESTS/../docs/concbench-1.schema.json" <doc
grep -c 'count: 80000 of 80000' doc
grep -c '"mutex":"counter+' doc
rm prog plain out err doc
