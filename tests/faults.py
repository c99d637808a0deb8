#!/usr/bin/python3
"""faults - every call that can fail does fail once, in small runs of the program.

Usage: faults.py BUILD [WORD...]     only runs whose command line holds a WORD
The N-th call of a function fails (tests/fault.c), for N over all calls that a run
makes; at most FAULTS_MAX (12) of them, spread evenly. The program must end by
itself with 0 or 1 (the fault did no harm) or with 3 and a line on standard error
that says why; it must never crash, hang, or leave anything behind.
"""

import concurrent.futures
import errno
import os
import re
import struct
import sys
import tempfile

import harness

RESULTS = os.path.dirname(os.path.abspath(__file__)) + "/results"
RUNS = [
    "list",
    "fork -n 2",
    "fork -n 2 -k vfork",
    "fork -n 2 -k posix_spawn",
    "fork -n 2 -k clone3",
    "fork --share",
    "process",
    "thread",
    "pool -n 2 -t 4 -w noop -k process",
    "pool -n 2 -t 4 -w noop -k thread",
    "pool -n 2 -t 4 -w noop -f json",
    "pool -n 2 -- echo {} ::: a b c",
    "subprocess --repeat 3 -n 2 -k all -- true",
    "subprocess --capture --input x -- cat",
    "subprocess -f json -- echo x",
    "subprocess --demo full-pipe --wait-timeout 50ms",
    "lock -b -k mutex,ticket -n 3 --rounds 6 --warmup 0 --batch 1ms --locks 4",
    "lock -i 50 -n 2",
    "versus -n 2 -t 4 -w noop",
    "queue -b --rounds 6 --warmup 0 --between thread",
    "pipe -b -k pipe,shm --rounds 6 --warmup 0",
    "coro switch -b --rounds 6 --warmup 0",
    "fork -b --rss 1M --touch 0,100 --rounds 6 --warmup 0",
    "subprocess -b -k spawn --rounds 6 --warmup 0",
    "process -b --rounds 6 --warmup 0",
    "ab --rounds 6 --warmup 0 -- true true",
    f"check {RESULTS}/suite.txt",
    f"compare {RESULTS}/base.json {RESULTS}/same.json",
    f"report {RESULTS}/base.json -f markdown",
    "lock --preload -k mcs -f json -- true",
]
CALLS = {
    "fork": errno.EAGAIN, "vfork": errno.EAGAIN, "posix_spawn": errno.EAGAIN,
    "clone": errno.EAGAIN, "pthread_create": errno.EAGAIN, "mmap": errno.ENOMEM,
    "malloc": errno.ENOMEM, "calloc": errno.ENOMEM, "realloc": errno.ENOMEM,
    "pipe2": errno.EMFILE, "eventfd": errno.EMFILE, "epoll_create1": errno.EMFILE,
    "timerfd_create": errno.EMFILE, "memfd_create": errno.EMFILE,
    "socketpair": errno.EMFILE, "ftruncate": errno.ENOSPC, "write": errno.ENOSPC,
    "open": errno.EMFILE,
}
MAX = int(os.environ.get("FAULTS_MAX", "12"))


def run(build, line, call, n):
    """Runs with call number n failing: the outcome, and how many calls there were."""
    with tempfile.TemporaryDirectory(prefix="concbench-fault-") as scratch:
        count = scratch + "/count"
        with open(count, "wb") as f:
            f.write(bytes(8))
        os.mkdir(scratch + "/tmp")
        env = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": scratch,
            "TMPDIR": scratch + "/tmp", "CB_FAULT_COUNT": count,
            "CB_FAULT": f"{call}:{n}:{CALLS[call]}",
            "LD_PRELOAD": os.path.abspath(build + "/tests/fault.so"),
        }
        argv = [os.path.abspath(build + "/concbench"), *line.split()]
        o = harness.fenced(argv, scratch + "/tmp", env, 120)
        with open(count, "rb") as f:
            calls = struct.unpack("q", f.read())[0]
        if os.listdir(scratch + "/tmp"):
            o.problems.append(f"left files: {os.listdir(scratch + '/tmp')}")
    return o, calls


def judge(o, call):
    problems = list(o.problems)
    said = o.err.strip()
    # A command's own failure has another number when we fail.
    if o.rc not in (0, 1, 3, 125):
        problems.append(f"exit status {o.rc}")
    if o.rc in (3, 125) and not re.search(r"^concbench\b.*: .+", said, re.M):
        problems.append(f"exit 3 without a word why: {said!r}")
    # Without memory pthread_create() says EAGAIN.
    reasons = [os.strerror(CALLS[call])]
    if CALLS[call] == errno.ENOMEM:
        reasons += ["memory", os.strerror(errno.EAGAIN)]
    if o.rc in (3, 125) and not any(r in said for r in reasons):
        problems.append(f"the reason is not told: {said!r}")
    return problems


def sweep(build, line, call):
    """Returns how many faults were tried, and the problems."""
    o, calls = run(build, line, call, 0)
    if o.rc != 0 or o.problems:
        return 1, [f"without a fault: exit {o.rc} {o.problems} {o.err}"]
    step = max(1.0, calls / MAX)
    numbers = sorted({1 + int(i * step) for i in range(min(calls, MAX))})
    problems = []
    for n in numbers:
        o, _ = run(build, line, call, n)
        problems += [f"{call} {n} of {calls}: {x}" for x in judge(o, call)]
    return len(numbers), problems


def main():
    build, words = sys.argv[1], sys.argv[2:]
    runs = [r for r in RUNS if all(w in r for w in words)]
    passed = failed = 0
    with concurrent.futures.ProcessPoolExecutor(
            2 * len(os.sched_getaffinity(0))) as pool:
        todo = {r: [pool.submit(sweep, build, r, c) for c in CALLS] for r in runs}
        for line, futures in todo.items():
            tried, problems = 0, []
            for f in futures:
                n, p = f.result()
                tried += n
                problems += p
            if tried == 0:
                problems.append("no call failed: is fault.so loaded?")
            failed += bool(problems)
            passed += not problems
            print(f"{'not ok' if problems else 'ok'} - concbench {line}"
                  f" ({tried} faults)", flush=True)
            for x in problems[:40]:
                print("    " + x, flush=True)
    if not runs:
        print("not ok - no run matches")
        failed += 1
    print(f"faults: {passed} passed, {failed} failed", flush=True)
    harness.tally(passed, failed)
    sys.exit(1 if failed else 0)


main()
