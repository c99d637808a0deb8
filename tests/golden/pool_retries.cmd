# A task that fails the first time is done at the second.
. "$TESTS/lib.sh"
"$CONCBENCH" pool -n 2 --retries 1 -- sh -c 'mkdir d{} 2>/dev/null && exit 1; rmdir d{}; echo {}' \
	::: 1 2 3 2>err
echo "= $?"
grep -c 'attempt=2' err
rm err
