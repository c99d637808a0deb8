# A user's own lock: the example of docs/, built by its own Makefile.
. "$TESTS/lib.sh"
cp "$TESTS"/../docs/examples/mylock/mylock.c "$TESTS"/../docs/examples/mylock/Makefile .
include=$(cd "$TESTS/../include" && pwd)
flags="-O2 -Werror"
# A ThreadSanitizer build must see how it orders.
! is_tsan || flags="$flags -fsanitize=thread"
make -s CPPFLAGS="-I$include" CFLAGS="$flags" || exit

for more in '' '--between process' '-n 3 --acquire-timeout 20s'; do
	"$CONCBENCH" lock -k ./mylock.so,ticket $more >out
	echo "= $more $?"
	cut -f5- out | grep '^check'
done
echo "= measured"
"$CONCBENCH" lock -b --rounds 6 --time 1s -k ./mylock.so,spin -f json >out 2>/dev/null
echo "= $?"
"$TESTS/jsoncheck" --schema "$TESTS/../docs/concbench-1.schema.json" <out
grep -o '"kind":"./mylock.so,spin"' out
grep -o '"kind":"mylock"' out | head -1
echo "= under a program"
cc -D_GNU_SOURCE -O1 -pthread -o prog "$TESTS/preload_prog.c"
./prog >plain
! is_tsan || make -s -B CPPFLAGS="-I$include"
"$CONCBENCH" lock --preload -k ./mylock.so -- ./prog >out 2>err
echo "= $?"
cmp plain out
grep -o 'check	.*' err
rm -f -- *
