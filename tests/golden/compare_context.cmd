# What differs between two results beside the figures and does not forbid to compare them
# is told: the commit, how it was built, mitigations, the governor.
python3 - "$TESTS/results/base.json" <<'END'
import json, sys
doc = json.load(open(sys.argv[1]))
for name, commit, flags, state in (
    ("a.json", "0123456789ab", "-O2 -g", "Mitigation: Retpolines"),
    ("b.json", "0123456789ab-dirty", "-O3", "Vulnerable"),
    ("c.json", "0123456789ab", "-O2 -g", None),
):
    doc["context"].update(commit=commit, cflags=flags)
    doc["context"]["mitigations"] = {"mds": "Not affected"}
    if state:
        doc["context"]["mitigations"]["spectre_v2"] = state
    json.dump(doc, open(name, "w"))
END
"$CONCBENCH" compare a.json a.json | sed 1,4d
"$CONCBENCH" compare a.json b.json | sed 1,4d
"$CONCBENCH" compare a.json c.json | sed 1,4d
"$CONCBENCH" compare a.json b.json -f json |
	python3 -c 'import json, sys; print(*json.load(sys.stdin)["notes"], sep="\n")'
"$CONCBENCH" compare "$TESTS/results/base.json" a.json | sed 1,4d
rm a.json b.json c.json
# Every result says them, and doctor and version name the commit.
"$CONCBENCH" fork -n 1 -f json | python3 -c '
import json, sys
c = json.load(sys.stdin)["context"]
print(bool(c["commit"]), all(isinstance(x, str) for x in c["mitigations"].values()))'
"$CONCBENCH" doctor -f json | grep -c ', commit '
"$CONCBENCH" version | grep -c '^commit: ..'
