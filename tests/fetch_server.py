#!/usr/bin/python3
"""fetch_server - a web server that behaves badly, for `concbench coro fetch`.

Usage: fetch_server.py FILE      writes its port to FILE, ends after GET /quit

/hello    12 bytes                  /redirect  to /hello        /loop   to itself
/big      1 MiB                     /missing   404              /reset  RST
/garbage  no HTTP                   /short     less than it said
/stall    nothing, ever             /trickle   a byte now and then
"""
import os
import socket
import struct
import sys
import threading

listener = socket.create_server(("127.0.0.1", 0), backlog=64)
stop = threading.Event()


def answer(body, status="200 OK", extra=""):
    return (f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n{extra}\r\n").encode() + body


def serve(c):
    with c:
        request = b""
        while b"\r\n\r\n" not in request:
            data = c.recv(4096)
            if not data:
                return
            request += data
        path = request.split()[1].decode()
        if path == "/hello":
            c.sendall(answer(b"hello world\n"))
        elif path == "/big":
            c.sendall(answer(b"x" * (1 << 20)))
        elif path == "/redirect":
            c.sendall(answer(b"", "302 Found", "Location: /hello\r\n"))
        elif path == "/loop":
            c.sendall(answer(b"", "302 Found", "Location: /loop\r\n"))
        elif path == "/reset":
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
        elif path == "/garbage":
            c.sendall(b"\x00\xff\x13garbage\r\n\r\n" * 10)
        elif path == "/short":
            c.sendall(answer(b"x" * 100)[:-50])
        elif path == "/stall":
            stop.wait(60)
        elif path == "/trickle":
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not stop.wait(0.1):
                c.sendall(b"x")
        elif path == "/quit":
            c.sendall(answer(b"bye\n"))
            stop.set()
            # Wakes the accept() below.
            socket.create_connection(listener.getsockname()).close()
        else:
            c.sendall(answer(b"not here\n", "404 Not Found"))


def guarded(c):
    try:
        serve(c)
    except OSError:
        pass  # the client has gone


name = sys.argv[1]
with open(name + ".new", "w") as f:
    f.write(str(listener.getsockname()[1]) + "\n")
os.rename(name + ".new", name)
while not stop.is_set():
    client, _ = listener.accept()
    threading.Thread(target=guarded, args=(client,), daemon=True).start()
