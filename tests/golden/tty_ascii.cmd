#: tty
#: any-order
export LC_ALL=C
"$CONCBENCH" pool -n 1 -t 2 -w sleep:20ms --seed 1 --color never
