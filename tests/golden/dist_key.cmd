# Keys: a wrong one is one line on both sides and 3; files that others read, keys that are
# too short for others' ears, no key at all; strangers and garbage do no harm.
. "$TESTS/dist.sh"
echo 'another key' >wrong
master out -t 1
"$CONCBENCH" dist worker --connect "$address" --authkey-file wrong >/dev/null
echo "= $?"
python3 - "$address" <<'END'
import socket, sys
host, port = sys.argv[1].split(":")
for garbage in b"GET / HTTP/1.0\r\n\r\n", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff" + b"\x40" + bytes(7):
    s = socket.create_connection((host, int(port)))
    s.sendall(garbage)
    while s.recv(4096):
        pass
END
worker -q >/dev/null
ended $master
sed -E 's/127.0.0.1:[0-9]+/ADDRESS/' out.err | sort | uniq -c | sed 's/^ *//'
grep -q 'a key for' out out.err && echo "the key leaked"
exec 2>&1
chmod 644 key
"$CONCBENCH" dist worker --authkey-file key | grep -o "exit_code=."
chmod 600 key
: >empty
"$CONCBENCH" dist worker --authkey-file empty | grep -o "exit_code=."
echo short >short
"$CONCBENCH" dist master --bind :0 --authkey-file short | grep -o "exit_code=."
"$CONCBENCH" dist master | grep -o "exit_code=."
"$CONCBENCH" dist worker --authkey-file nothing | grep -o "exit_code=."
echo "== no manager"
python3 -u - >ssh <<'END' &
import socket
s = socket.create_server(("127.0.0.1", 0))
print("listen\taddress=127.0.0.1:%d" % s.getsockname()[1])
c, _ = s.accept()
c.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
c.recv(100)
END
find_address ssh
worker -q --reconnect 0s | grep -o 'exit_code=.'
wait
address=127.0.0.1:1
worker -q --reconnect 0s | grep -o 'exit_code=.'
rm key wrong out out.err empty short ssh
