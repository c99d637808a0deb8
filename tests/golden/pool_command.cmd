. "$TESTS/lib.sh"
exec 2>err
printf 'x y\n$(id)\n;ls\n' | "$CONCBENCH" pool -n 2 -- echo '<{}>'
echo "= $?"
"$CONCBENCH" pool -n 3 -- sh -c 'sleep 0.0$((4 - $1)); echo $1; echo $1' sh {} ::: 1 2 3
echo "= $?"
"$CONCBENCH" pool -n 2 --shell -- 'echo {} | tr a-z A-Z' ::: a 'b c' "d'e"
echo "= $?"
"$CONCBENCH" pool -n 2 -- test {} -lt 2 ::: 1 2 3
echo "= $?"
"$CONCBENCH" pool -n 2 -- /nonexistent/command {} ::: 1
echo "= $?"
printf 'a\0b\nc\0' | "$CONCBENCH" pool -n 2 -0 -- printf '[%s]\n' {}
echo "= $?"
"$CONCBENCH" pool -n 2 -- true </dev/null
echo "= $?"
printf 'a\nb\0c\n' | "$CONCBENCH" pool -n 1 -- echo {} 2>err2
echo "= $?"
grep -o "item 2.*NUL" err2
# N times the same: nothing is added.
"$CONCBENCH" pool -n 2 -t 2 -q -- echo hi
echo "= $?"
"$CONCBENCH" pool -n 2 -t 2 -q -- echo hi {}
echo "= $?"
rm err err2
