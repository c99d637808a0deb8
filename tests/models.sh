#!/bin/sh
# models.sh - models of locks, searched exhaustively by spin, also in the other ways that
# a model names; and each of the bugs that it names must be found in it.
# Usage: models.sh DIR [NAME...]; DIR is for what is built.
set -u
here=$(cd "$(dirname "$0")/models" && pwd)
out=$1
shift
[ $# -gt 0 ] || set -- $(cd "$here" && ls *.pml | sed 's/\.pml$//')
CC=${CC:-cc}
command -v spin >/dev/null || {
	echo "not ok - models: spin is not installed (apt-get install spin)"
	exit 1
}
mkdir -p "$out"
passed=0
failed=0

# search MODEL [WAY-OR-BUG]: 0 when spin finds no error, 1 when it finds one, 2 when it could
# not search all.
search() {
	dir=$out/$1${2:+-$2}
	rm -rf "$dir"
	mkdir -p "$dir"
	(
		cd "$dir" || exit 2
		cp "$here"/*.h . && cp "$here/$1.pml" model.pml || exit 2
		spin ${2:+-D$2} -a model.pml >spin.log 2>&1 || exit 2
		"$CC" -O2 -w -DSAFETY -DNOFAIR -DCOLLAPSE -DMEMLIM=1024 -o pan pan.c \
			>cc.log 2>&1 || exit 2
		./pan -m200000 -w22 >pan.log 2>&1 || exit 2
		grep -q 'max search depth too small' pan.log && exit 2
		grep -Eq 'errors: [1-9]' pan.log && exit 1
		grep -q 'errors: 0' pan.log || exit 2
	)
}

say() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok - $2"
	else
		failed=$((failed + 1))
		echo "not ok - $2"
		cat "$dir"/*.log 2>/dev/null | head -n 40
	fi
}

states() {
	grep -oE '[0-9.e+]+ states, stored' "$dir/pan.log"
}

for name; do
	search "$name"
	say $? "models: $name: $(states)"
	for way in $(sed -n 's/^ \* Ways: //p' "$here/$name.pml"); do
		search "$name" "$way"
		say $? "models: $name: $way: $(states)"
	done
	for bug in $(sed -n 's/^ \* Bugs: //p' "$here/$name.pml"); do
		search "$name" "$bug"
		[ $? -eq 1 ]
		say $? "models: $name: $bug is found"
	done
done
echo "models: $passed passed, $failed failed"
[ -z "${CONCBENCH_TALLY-}" ] || echo "$passed $failed" >>"$CONCBENCH_TALLY"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
