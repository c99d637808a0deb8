#: skip tsan a lock that is none is a race
# A user's own lock, broken in each way that is told.
. "$TESTS/lib.sh"
cp "$TESTS"/../docs/examples/mylock/mylock.c .
include=$(cd "$TESTS/../include" && pwd)
cc -O2 -I"$include" -fPIC -shared -o mylock.so mylock.c || exit
variant() {
	sed "$1" mylock.c >other.c
	cc -O2 -I"$include" $2 -fPIC -shared -o other.so other.c
	run lock -k ./other.so
}
exec 2>&1
echo "= a lock that is none is found out"
variant 's/return -EBUSY;/return 0;/' >out
grep -o 'check	.*lost.*passed=[a-z]*' out
tail -1 out
variant 's/sizeof(struct mylock), 0/2000, 0/'
variant 's/sizeof(struct mylock), 0/8, 200/'
variant 's/"mylock"/"my lock"/'
variant 's/mylock_acquire, mylock_try/NULL, mylock_try/' -w
variant '/^CONCBENCH/,$d' -w
sed 's/VERSION 1/VERSION 2/' "$include/concbench_lock.h" >concbench_lock.h
cc -O2 -I. -fPIC -shared -o other.so mylock.c
run lock -k ./other.so
sed 's/mylock_try, mylock_release/NULL, mylock_release/; s/"mylock"/"futex"/' mylock.c >other.c
cc -w -O2 -I"$include" -fPIC -shared -o other.so other.c
run lock -k ./other.so --try
run lock --preload -k ./other.so -- true
run lock -k futex,./other.so | grep -o 'check	.*lost.*passed=[a-z]*'
run lock -k other.so
run lock -k ./absent.so
run lock -k ./mylock.c
run lock -k ./mylock.so,./mylock.so
rm -f -- *
