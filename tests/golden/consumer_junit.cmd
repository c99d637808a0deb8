#: may-skip
# A reader of JUnit's XML (python3-junitparser): runs, comparisons, suites.
python=/usr/bin/python3
"$python" -c 'import junitparser' 2>/dev/null ||
	{ echo "needs python3-junitparser" >&2; exit 77; }
tell() {
	"$python" - "$1" <<'END'
import sys
from junitparser import JUnitXml
for s in JUnitXml.fromfile(sys.argv[1]):
    bad = [c for c in s if c.result]
    assert s.tests == len(list(s)), "tests"
    assert s.failures + s.errors + s.skipped == len(bad), "results"
    print(s.name, s.tests, s.failures, s.errors, s.skipped)
    for c in bad:
        print(" ", c.name, [type(r).__name__ for r in c.result], bool(c.result[0].text))
END
}
"$CONCBENCH" lock -k mutex,spin -n 2 -i 100 -o junit:out.xml >/dev/null 2>&1; tell out.xml
"$CONCBENCH" ab --rounds 6 --warmup 0 -o junit:out.xml -- true false >/dev/null 2>&1; tell out.xml
"$CONCBENCH" compare "$TESTS/results/base.json" "$TESTS/results/slower.json" -f junit >out.xml; tell out.xml
echo 'bad: lock -k none -n 4
good: fork -n 2 -q
slow: ab --rounds 6 --warmup 0 -- true true; median > 1h' >suite.txt
"$CONCBENCH" check suite.txt -f junit >out.xml 2>/dev/null; tell out.xml
xmllint --noout out.xml && echo well-formed
rm out.xml suite.txt
