. "$TESTS/lib.sh"
"$CONCBENCH" pool -n 1 -t 3 -w echo --seed 1 | by_role
