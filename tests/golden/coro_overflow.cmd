# A stack that overflows: the run names the coroutine and ends with 3.
#: exit 3
#: skip asan the process ends at once there, in other words
#: skip tsan the process ends at once there, in other words
"$CONCBENCH" coro spawn --use-stack 1M -q >/dev/null
