#!/usr/bin/python3
"""threads.py - Python: the loops of the tutorials on threading.Lock, threading.local.

--mode lock: each of --workers threads does its share of --tasks rounds of `with lock:
balance += n; balance -= n`. --mode local: reads of an attribute of threading.local().
Prints a line of JSON as the other peers do.
"""
import argparse
import json
import platform
import sys
import threading
import time

balance = 0


def change(lock, rounds, n):
    global balance
    for _ in range(rounds):
        with lock:
            balance += n
            balance -= n


def run_lock(args):
    lock = threading.Lock()
    each = args.tasks // args.workers
    threads = [threading.Thread(target=change, args=(lock, each, 5 + 3 * i))
               for i in range(args.workers)]
    begin = time.monotonic_ns()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ns = time.monotonic_ns() - begin
    if balance != 0:
        sys.exit(f"bench: the balance is {balance}")
    return each * args.workers, ns


def run_local(args):
    school = threading.local()
    school.student = 0
    rounds = range(args.tasks)
    begin = time.monotonic_ns()
    for _ in rounds:
        school.student
    return args.tasks, time.monotonic_ns() - begin


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=1000000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--mode", choices=("lock", "local"), default="lock")
    args = parser.parse_args()
    if args.workers < 1 or args.tasks < args.workers:
        parser.error("--workers is at least 1, and each has a task")
    done, ns = run_lock(args) if args.mode == "lock" else run_local(args)
    print(json.dumps({"peer": "python", "version": platform.python_version(),
                      "workers": args.workers, "tasks": done, "seconds": ns / 1e9,
                      "tasks_per_s": done * 1e9 / ns, "access_ns": ns / done}))


main()
