# docs/locks.md has a row for each kind, and for nothing else.
"$CONCBENCH" lock -k list | awk '{ print $1 }' | sort >kinds
sed -n 's/^| `\([a-z0-9_]*\)` .*/\1/p' "$TESTS/../docs/locks.md" | sort >rows
diff kinds rows && echo the same
rm kinds rows
