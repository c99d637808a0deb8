. "$TESTS/lib.sh"
"$CONCBENCH" subprocess --rss 1M,16M --repeat 2 -k spawn,fork -f json >doc
echo "= $?"
/usr/bin/python3 - <<'END'
import json
d = json.load(open("doc"))
for r in d["tables"][0]["rows"]:
    print(r["rss"], r["spawned_by"], r["spawn_ns"] > 0, r["own_ns"] > 0)
print([c["passed"] for c in d["checks"]])
END
run subprocess --rss 1M -k spawn -f json -- false >doc
tail -1 doc
rm doc
