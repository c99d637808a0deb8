# A and B by name, each told by its place: pid/tid·name.
"$CONCBENCH" coro switch -i 2 -f story | grep -v seed | tr -s ' '
