#: tty
#: any-order
"$CONCBENCH" subprocess --demo full-pipe --wait-timeout 300ms --color never --seed 1
