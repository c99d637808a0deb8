. "$TESTS/lib.sh"
# What it finds is the machine's; that verdict, status and findings agree is not.
rc=0; "$CONCBENCH" doctor -f json >doctor.json || rc=$?
"$TESTS/jsoncheck" <doctor.json
python3 - $rc <<'END'
import json, sys
d = json.load(open("doctor.json"))
doubt = [f for f in d["findings"] if f["level"] == "doubt"]
assert d["exit_code"] == int(sys.argv[1]) == bool(doubt), d
assert d["verdict"] == ("doubtful" if doubt else "fit")
assert all(f["why"] for f in d["findings"] if f["level"] in ("doubt", "note")), d
print(*(f["name"] for f in d["findings"]), sep="\n")
END
rm doctor.json
"$CONCBENCH" doctor >out; tail -n 1 out; rm out
run doctor now 2>&1
