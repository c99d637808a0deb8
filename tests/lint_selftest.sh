#!/bin/sh
# lint_selftest.sh - every lint fires on a planted violation, and not on clean code.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir core scenarios cli tests
: >"$dir/log"

# plant FILE WANT NAME: standard input is the file; WANT is its lint's answer, a
# part of the message or "clean".
plant() {
	rm -f core/* scenarios/* cli/* tests/*
	cat >"$1"
	out=$(sh "$here/lint.sh" "$1" 2>&1)
	rc=$?
	case $2 in
	clean) [ $rc -eq 0 ] && [ -z "$out" ] ;;
	*) [ $rc -ne 0 ] && case $out in *"$2"*) : ;; *) false ;; esac ;;
	esac
	if [ $? -eq 0 ]; then
		echo ok >>"$dir/log"
	else
		echo "not ok - lint: $3 (exit $rc): $out" | tee -a "$dir/log"
	fi
}

echo '#include "cli/render.h"' | plant core/x.c 'layer: core' 'core includes cli'
echo '#include "scenarios/scenario.h"' | plant core/x.c 'layer: core' 'core includes scenarios'
echo '#include "cli/render.h"' | plant scenarios/x.c 'layer: scenarios' 'scenarios include cli'
echo '#include "scenarios/scenario.h"' | plant cli/x.c clean 'cli may include scenarios'
echo '#include <stdatomic.h>' | plant core/x.c 'stdatomic.h' 'stdatomic outside atom.h'
echo '#include <stdatomic.h>' | plant core/atom.h clean 'stdatomic in atom.h'
echo '	sprintf(buf, "%d", 1);' | plant cli/x.c 'banned call' 'sprintf'
echo '	n = atoi (s);' | plant cli/x.c 'banned call' 'atoi with a space'
echo '	snprintf(buf, 3, "strcpy(x)"); /* system(3) */' | plant cli/x.c clean 'strings and comments'
printf '/*\n * popen(x)\n */ int x;\n' | plant cli/x.c clean 'long comments'
printf '/* x */ strcpy(a, b); /* y */\n' | plant cli/x.c 'banned call' 'between comments'
echo '	return atomic_load(&x);' | plant core/x.c 'atomics:' 'atomic_load'
echo '	clock_gettime(CLOCK_MONOTONIC, &ts);' | plant scenarios/x.c 'clock:' 'clock_gettime'
echo '	clock_gettime(CLOCK_MONOTONIC, &ts);' | plant core/clock.c clean 'clock.c reads the clock'
echo '	printf("x");' | plant core/x.c 'core never prints' 'core prints'
echo '	fputs("x", stderr);' | plant core/x.c 'core never prints' 'core writes to stderr'
echo '	exit(1);' | plant core/x.c 'never exits' 'core exits'
echo '	_exit(1);' | plant core/x.c clean 'a child may _exit'
echo '	puts("x");' | plant scenarios/x.c 'only cli prints' 'scenario prints'
echo '	usleep(100);' | plant tests/test_x.c 'do not sleep' 'a test sleeps'

plant core/x.c clean 'both ends' <<'X'
/*
 * x - hand over.
 * Edge V: give() stores full -> take() sees it.
 */
	atom_store_rel(&b->full, 1); /* V */
	while (!atom_load_acq(&b->full)) /* V */
X
plant core/x.c 'no edge letter' 'no letter' <<'X'
/* Edge V: give() -> take(). */
	atom_store_rel(&b->full, 1); /* V */
	while (!atom_load_acq(&b->full))
		atom_pause();
	x = atom_load_acq(&b->full); /* V */
X
plant core/x.c 'not told in the head' 'letter without a head' <<'X'
	atom_store_rel(&b->full, 1); /* V */
	while (!atom_load_acq(&b->full)) /* V */
X
plant core/x.c 'no release end' 'hand-over made relaxed' <<'X'
/* Edge V: give() -> take(). */
	atom_store_rlx(&b->full, 1);
	while (!atom_load_acq(&b->full)) /* V */
X
plant core/x.c 'no acquire end' 'wait made relaxed' <<'X'
/* Edge V: give() -> take(). */
	atom_store_rel(&b->full, 1); /* V */
	while (!atom_load_rlx(&b->full))
X
plant core/x.c 'no acquire end' 'the other file lacks the end' <<'X'
/* Edge V: give() -> core/y.c. */
	atom_store_rel(&b->full, 1); /* V */
X
plant core/x.c clean 'a kind of edge in brackets' <<'X'
/* Edge V (Dekker): give() -> take(). */
	atom_store_sc(&b->full, 1); /* V */
X
plant core/x.c clean 'a call over two lines' <<'X'
/* Edge V: give() -> take(). */
	atom_store_rel(&b->full,
		       1); /* V */
	if (!atom_cas_acq(&b->full, &one,
			  2)) { /* V */
X

passed=$(grep -c '^ok' "$dir/log")
failed=$(grep -c '^not ok' "$dir/log")
echo "lint selftest: $passed passed, $failed failed"
[ -z "${CONCBENCH_TALLY-}" ] || echo "$passed $failed" >>"$CONCBENCH_TALLY"
[ "$failed" -eq 0 ]
