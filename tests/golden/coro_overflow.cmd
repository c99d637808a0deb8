# A stack that overflows: the run names the coroutine and ends with 3.
#: exit 3
"$CONCBENCH" coro spawn --use-stack 1M -q >/dev/null
