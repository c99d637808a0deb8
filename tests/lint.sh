#!/bin/sh
# lint.sh - the lints of our own: layers, banned calls, edges. Usage: lint.sh FILE...
# Reads nothing but the files; run from the root of the tree.
here=$(dirname "$0")
rc=0
awk -f "$here/lint_code.awk" "$@" || rc=1
# shellcheck disable=SC2046
set -- $(printf '%s\n' "$@" | grep -Ev '^(tests|bench)/')
[ $# -eq 0 ] || awk -f "$here/lint_edges.awk" "$@" || rc=1
exit $rc
