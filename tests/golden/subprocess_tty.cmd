#: tty
"$CONCBENCH" subprocess --color never --seed 1 -- echo hello
