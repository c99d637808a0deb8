. "$TESTS/lib.sh"
exec 2>&1
run subprocess
run subprocess --env A -- true
run subprocess --input x --input-file y -- true
run subprocess -n 3 -- true
run subprocess --rss 10M,x
run subprocess --rss 1G,10M
run subprocess --demo full-pipe --capture
run subprocess --demo full-pipe -- true
run subprocess --demo empty-pipe
run subprocess -k spwan -- true
run subprocess --grace -1 -- true
