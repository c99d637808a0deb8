. "$TESTS/lib.sh"
"$CONCBENCH" pool -k thread -n 1 -t 3 -w echo --seed 1 | by_role
