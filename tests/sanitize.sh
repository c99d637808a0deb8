#!/bin/sh
# sanitize.sh - run tests of a sanitizer build; any report anywhere is a failure.
# Usage: sanitize.sh asan|tsan COMMAND...
# Reports go to files, since neither Criterion nor a parent process fails for them.
name=$1
shift
logs=$PWD/build/$name-logs
rm -rf "$logs"
mkdir -p "$logs"
CONCBENCH_FLAVOR=$name
CONCBENCH_TEST_TIMEOUT_FACTOR=${CONCBENCH_TEST_TIMEOUT_FACTOR:-4}
ASAN_OPTIONS=log_path=$logs/asan:detect_leaks=1:detect_stack_use_after_return=1
ASAN_OPTIONS=$ASAN_OPTIONS:allocator_may_return_null=1:exitcode=98
UBSAN_OPTIONS=log_path=$logs/ubsan:print_stacktrace=1:exitcode=98
TSAN_OPTIONS=log_path=$logs/tsan:exitcode=98:die_after_fork=0:second_deadlock_stack=1
# Criterion keeps 48 bytes of its own in some programs.
LSAN_OPTIONS=suppressions=$PWD/tests/lsan.supp:print_suppressions=0
export LSAN_OPTIONS
export CONCBENCH_FLAVOR CONCBENCH_TEST_TIMEOUT_FACTOR
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
"$@"
rc=$?
for log in "$logs"/*; do
	[ -e "$log" ] || continue
	echo "not ok - $name report ${log##*/}"
	head -n 60 "$log"
	[ -z "${CONCBENCH_TALLY-}" ] || echo "0 1" >>"$CONCBENCH_TALLY"
	rc=1
done
[ $rc -eq 0 ] && echo "$name: no report"
exit $rc
