#!/bin/sh
# hacking.sh - the walks of docs/HACKING.md work: each file is added to a copy of the
# tree, and that is all it takes. Usage: hacking.sh BUILD
set -u
build=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tree/$build"
cp -a Makefile cli scenarios core include preload "$dir/tree/"
# Objects as they are, so that only what is new is compiled: with the same flags.
for f in cli scenarios core gen verify pic; do
	[ ! -e "$build/$f" ] || cp -a "$build/$f" "$dir/tree/$build/"
done
awk -v dir="$dir" '
/^```c file=/ { sub(/.*file=/, ""); to = dir "/tree/" $0; print > (dir "/files"); next }
/^```sh runs/ { to = dir "/runs"; next }
/^```/ { to = ""; next }
to != "" { print > to }
' docs/HACKING.md
passed=0 failed=0
verdict() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok - hacking: $2"
		cat "$dir/log"
	fi
}

make -C "$dir/tree" DEV="${DEV-}" BUILD="$build" >"$dir/log" 2>&1
verdict $? "the tree does not build with $(tr '\n' ' ' <"$dir/files")"
! grep -F 'warning:' "$dir/log" >"$dir/warned"
verdict $? "the compiler warns of $(tr '\n' ' ' <"$dir/files")"
while read -r program rest; do
	# shellcheck disable=SC2086
	timeout 120 "$dir/tree/$build/$program" $rest >"$dir/log" 2>&1 </dev/null
	verdict $? "$program $rest"
done <"$dir/runs"
for name in tick bare medians; do
	"$dir/tree/$build/concbench" list >"$dir/log" 2>&1
	grep -qw "$name" "$dir/log"
	verdict $? "'$name' is not in concbench list"
done
echo "hacking: $passed passed, $failed failed"
[ -z "${CONCBENCH_TALLY-}" ] || echo "$passed $failed" >>"$CONCBENCH_TALLY"
[ "$failed" -eq 0 ]
