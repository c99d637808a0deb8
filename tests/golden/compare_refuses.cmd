. "$TESTS/lib.sh"
cd "$TESTS/results"
try() { echo "\$ concbench compare $*"; "$CONCBENCH" compare "$@" 2>&1; echo "= $?"; }
try
try base.json
try base.json nosuch.json
try base.json other_machine.json
try base.json other_hold.json
try base.json other_version.json
try base.json other_hold.json --force
try base.json fewer.json
try base.json fewer.json --lenient
try base.json stranger.json --lenient
try base.json cut.json
try ../golden/compare.cmd base.json
