. "$TESTS/lib.sh"
cd "$TESTS/results"
try() { echo "\$ concbench compare $*"; "$CONCBENCH" compare "$@" 2>&1; echo "= $?"; }
try base.json same.json
try base.json slower.json
try base.json slower.json --max-regression 30%
try base.json faster.json -f markdown
try base.json slower.json -f junit
try base.json slower.json --fail-if 'jain < 0.99' --max-regression 50%
try base.json slower.json --fail-if 'median > +10%' --max-regression 50%
try base.json same.json --fail-if 'p99 > 300ns'
try base.json same.json --fail-if 'p99 > 500ns'
try base.json same.json --fail-if 'min > 0.25ns' --fail-if 'acquire < 1.5ms' -f markdown
try base.json same.json --fail-if 'p99 is bad'
try base.json same.json --fail-if 'p99 > nan'
try base.json same.json --fail-if 'nothing > 1'
try base.json same.json --metric acquire_jain --strict
try base.json same.json --metric nosuch
try --base base.json --base same.json base.json slower.json --lenient
try base.json slower.json --fail-if 'mutex.median > +10%' --fail-if 'spin.ops < 0.5 x baseline' --max-regression 50%
try base.json slower.json --fail-if 'spin.median > +10%' --max-regression 50%
try base.json slower.json --fail-if 'mutex.acquire.ops < 0.9 x baseline' --max-regression 50%
try base.json slower.json --fail-if 'ops < 1.0x baseline' --max-regression 50% --strict
try base.json slower.json --fail-if 'p99 > +10%' --max-regression 50%
try base.json same.json --fail-if 'nosuch.median > +10%'
try base.json same.json --max-regression 0.5%
try --base base.json same.json slower.json same.json
echo '$ the JSON'
"$CONCBENCH" compare base.json slower.json -f json | "$TESTS/jsoncheck"
