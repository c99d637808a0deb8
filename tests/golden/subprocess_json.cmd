# A document holds what the command wrote, bounded, and says when it is cut.
"$CONCBENCH" subprocess -f json --keep 10 -- \
	sh -c 'echo 0123456789abc; echo oops >&2; exit 4' >doc 2>err
echo "= $?"
cat err
/usr/bin/python3 - <<'END'
import json
d = json.load(open("doc"))
row = d["tables"][0]["rows"][0]
print(d["exit_code"], d["verdict"], [row[k] for k in
      ("stdout", "stderr", "stdout_bytes", "exit", "end", "cut")])
END
"$CONCBENCH" subprocess -f json --repeat 6 -n 3 -k fork,spawn -- sh -c 'echo $$; exit 2' >doc
echo "= $?"
/usr/bin/python3 - <<'END'
import json
d = json.load(open("doc"))
rows = d["tables"][0]["rows"]
print(len(rows), all(int(r["stdout"]) == r["pid"] for r in rows))
print(sorted(r["spawned_by"] for r in rows))
print([all(r[k] > 0 for r in rows) for k in ("spawn_ns", "own_ns", "exec_ns")])
END
rm doc err
