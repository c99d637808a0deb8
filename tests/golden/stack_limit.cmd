#: skip asan its frames are larger
#: skip tsan its frames are larger
# ulimit -s: too small is told before anything is started; the least allowed does for all.
try() {
	sh -c 'ulimit -s $1; shift; exec "$CONCBENCH" "$@"' sh "$@" 2>&1
	echo "= $?"
}
try 16 pool -n 2 -t 3 -w noop
try 255 fork
try 256 pool -n 2 -q -- echo {} ::: a b
try 256 pool -k thread -n 2 -q -- echo {} ::: a b
try 256 subprocess true | tail -n 1
