# What cannot be run under our locks is told before anything starts.
. "$TESTS/lib.sh"
exec 2>&1
run lock -- true
run lock --runs 3
run lock --preload
run lock --preload -n 4 -- true
run lock --preload --hold 1ms -- true
run lock --preload -k none -- true
run lock --preload -k recursive -- true
run lock --preload --bench -- true
run lock --preload -- ./nothing
run lock --preload -- no-such-program
printf 'no program\n' >data
chmod +x data
run lock --preload -- ./data
echo 'int main(void) { return 0; }' >main.c
cc -static -o fixed main.c
run lock --preload -- ./fixed
# A script is as good as its interpreter, and what it starts is under our locks, too.
printf '#!/bin/sh\nexit 3\n' >script
chmod +x script
"$CONCBENCH" lock --preload -- ./script 2>out
echo "= $?"
grep -o 'check	.*' out
grep -o 'the program used no mutex.*' out
# The library is looked for beside the program.
cp "$CONCBENCH" alone
./alone lock --preload -- ./script 2>out
echo "= $?"
grep -o 'warning	.*' out
rm data main.c fixed script out alone
