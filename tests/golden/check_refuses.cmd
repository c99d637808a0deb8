. "$TESTS/lib.sh"
# A suite that does not read: the line, and status 2; nothing was run.
try() { printf '%b\n' "$1" >suite.txt; shift; "$CONCBENCH" check suite.txt "$@" 2>&1; echo "= $?"; }
run check 2>&1
run check nosuch.txt 2>&1
try ''
try '# only\n\n# comments'
try '# a comment\nno colon here'
try 'a b: lock'
try '../x: lock'
try 'a: lock\nb: lock\na: lock'
try 'a:'
try 'a: lok -n 2'
try 'a: list'
try 'a: lock -n none'
try 'a: lock --help'
try 'good: lock\n\nbad: lock --nosuch'
try 'a: lock --bench; p99 is bad'
try 'a: lock --bench; ops >= 0.8 y baseline'
try 'a: lock --bench; a.b.c.d < 1'
try 'a: lock "-k mutex'
try 'a: lock \\\n  --bench; p99 > nan'
try 'a: lock --bench; ops >= 0.8 x baseline'
try 'a: lock' --baseline nosuch
try 'a: lock' --only b
try 'a: lock' -o nosuch:x
try 'a: lock' -o junit:/nonexistent/x.xml
echo '{"schema":"other"}' >base.json
try 'a: lock' --baseline base.json
mkdir base
try 'a: lock' --baseline base
try 'a: lock -q' --baseline base --lenient
try 'a: lock --bench --rounds 6 --warmup 0; nosuch > 1' 2>&1
rm -r base base.json suite.txt
