. "$TESTS/lib.sh"
"$CONCBENCH" tls --sharing -n 3 -i 10k | cut -f5- | grep -E '^(check|end)' | sed 's/	seed=.*//'
"$CONCBENCH" tls --sharing -i 1k -f json | "$TESTS/jsoncheck"
timeout 200 "$CONCBENCH" tls --sharing -i 1000G --timeout 100ms >out
echo "= $?"
rm out
