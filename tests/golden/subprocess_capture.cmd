#: orphans
. "$TESTS/lib.sh"
# communicate(): both streams whole while input is fed, whatever their sizes; memory
# does not grow with them.
run subprocess -q --input hello --capture -- tr a-z A-Z
echo
echo abc | run subprocess -q --input-file - -- cat
head -c 60000000 /dev/zero | tr '\0' 'x' >in
"$CONCBENCH" subprocess -q --capture --input-file in -o json:doc -- tee /dev/stderr >out 2>err
echo "= $?"
cmp in out && cmp in err && echo same
"$CONCBENCH" subprocess -q --capture --input-file in -- tee /dev/stderr 2>>err >>out
wc -c <out
"$CONCBENCH" subprocess -q --capture --input-file in -- cat | cmp - in && echo same
/usr/bin/python3 - <<'END'
import json
s = json.load(open("doc"))["summary"]
print(s["stdin_bytes"], s["stdout_bytes"], s["stderr_bytes"])
print("memory is constant:", s["peak_rss_bytes"] < 50e6)
END
# The reader goes; the disk is full.
("$CONCBENCH" subprocess -q --capture -- yes; echo "= $?" >status) | head -1; cat status
"$CONCBENCH" subprocess -q --capture -- echo x 2>err >/dev/full; echo "= $?"
cat err
# The end of the command counts, not that of what it started.
"$CONCBENCH" subprocess -q --capture --drain 10ms -- \
	sh -c 'sleep 6000 & echo $! >pid; echo hi' 2>err
echo "= $?"
cat err
kill -9 "$(cat pid)"
rm -f in out err doc status pid
