#!/bin/sh
# golden_selftest.sh - golden.py fails for each thing that it is there to catch.
# The "program" is a shell: $CONCBENCH -c '...'.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir" "/dev/shm/selftest.$$"' EXIT
mkdir "$dir/build"
ln -s /bin/sh "$dir/build/concbench"
: >"$dir/log"

# expect pass|TEXT NAME: standard input is the .cmd, $dir/out the expected output.
# TEXT must be among what golden.py says.
expect() {
	rm -rf "$dir/cases"
	mkdir "$dir/cases"
	cat >"$dir/cases/x.cmd"
	[ ! -e "$dir/out" ] || mv "$dir/out" "$dir/cases/x.out"
	said=$(CONCBENCH_TALLY='' CONCBENCH_FLAVOR='' CONCBENCH_GOLDEN=$dir/cases \
		"$here/golden.py" "$dir/build" 2>&1)
	rc=$?
	case $1 in
	pass) [ $rc -eq 0 ] ;;
	*) [ $rc -eq 1 ] && case $said in *"$1"*) : ;; *) false ;; esac ;;
	esac
	if [ $? -eq 0 ]; then
		echo ok >>"$dir/log"
	else
		echo "not ok - golden: $2 (exit $rc): $said" | tee -a "$dir/log"
	fi
}

echo 'a <N> b <T>.' >"$dir/out"
echo 'echo "a 17 b 1.5 ms."' | expect pass 'holes match'
echo 'a <N> b' >"$dir/out"
echo 'echo "a x b"' | expect '+a x b' 'a hole is not anything'
echo 'a' >"$dir/out"
echo 'echo a; echo a' | expect '+a' 'a line too many'
printf 'a\n<...>\nz\n' >"$dir/out"
echo 'echo a; seq 5; echo z' | expect pass 'any number of lines'
printf 'b\nn <N>\na\n' >"$dir/out"
printf '#: any-order\necho n 3; echo a; echo b\n' | expect pass 'any order'
printf 'b\na\n' >"$dir/out"
printf '#: any-order\necho a; echo b; echo b\n' | expect '+b' 'any order, but once'
echo 'echo x' | expect '+x' 'output where none is expected'
echo 'echo x >&2' | expect '+x' 'standard error counts'
echo 'exit 3' | expect 'exit status 3, expected 0' 'exit status'
printf '#: exit 3\nexit 3\n' | expect pass 'expected exit status'
echo '$CONCBENCH -c "sleep 600 &"' | expect 'left process' 'an orphan'
echo '$CONCBENCH -c "setsid sleep 600 & exit 0"' | expect 'left process' 'a daemon'
expect 'left zombies' 'a child not waited for' <<'X'
/usr/bin/python3 -c 'import os
p = os.fork() or os._exit(0)
os.waitid(os.P_PID, p, os.WEXITED | os.WNOWAIT)'
X
echo 'touch x' | expect 'left files in work: x' 'a file'
echo 'touch $TMPDIR/y' | expect 'left files in tmp: y' 'a temporary file'
echo "touch /dev/shm/selftest.$$" | expect 'left in /dev/shm' 'shared memory'
rm -f "/dev/shm/selftest.$$"
printf '#: timeout 0.3\nsleep 600\n' | expect 'still running' 'a hang'
printf '#: tty\n[ -t 1 ] && [ -t 0 ] && tput cols | grep -qx 80\n' | expect pass 'a terminal'
printf '#: exit 143\n$TESTS/when "^3" TERM -- sh -c "seq 9; exec sleep 600" | grep -x 3\n' |
	expect 'exit status 0, expected 143' 'a pipe hides the status'
echo 3 >"$dir/out"
printf '#: exit 143\n$TESTS/when "^3" TERM -- sh -c "echo 3; exec sleep 600"\n' |
	expect pass 'a signal when a line appears'
(
	trap '' INT # as in a background job
	printf '#: exit 130\nsh -c "kill -INT \\$\\$"\n' |
		expect pass 'an interrupt that whoever started us ignores'
)
printf '#: exit 99\n$TESTS/when "^4" TERM -- true\n' | expect pass 'a line that never comes'
printf '#: may-skip\necho why >&2; exit 77\n' | expect pass 'a skip'
printf '#: may-skip\nexit 77\n' | expect 'exit status 77, expected 0' 'a skip without a reason'
printf 'echo why >&2; exit 77\n' | expect 'exit status 77, expected 0' 'a skip nobody allowed'
printf '#: nonsense\n' | expect "unknown directive 'nonsense'" 'a directive'

passed=$(grep -c '^ok' "$dir/log")
failed=$(grep -c '^not ok' "$dir/log")
echo "golden selftest: $passed passed, $failed failed"
[ -z "${CONCBENCH_TALLY-}" ] || echo "$passed $failed" >>"$CONCBENCH_TALLY"
[ "$failed" -eq 0 ]
