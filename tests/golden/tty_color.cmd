#: tty
#: any-order
"$CONCBENCH" pool -n 1 -t 1 -w noop --seed 1 --timeline=never
