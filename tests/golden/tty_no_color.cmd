#: tty
#: any-order
NO_COLOR=1 "$CONCBENCH" pool -n 1 -t 1 -w noop --seed 1 --timeline=never
