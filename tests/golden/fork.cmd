. "$TESTS/lib.sh"
"$CONCBENCH" fork -n 2 --seed 1 | by_role
