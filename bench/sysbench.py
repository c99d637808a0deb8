#!/usr/bin/python3
"""sysbench.py - runs `sysbench mutex` and prints its figure as the other peers do.

One mutex, no work between the rounds. sysbench times whole threads, start included, so
the rounds must be many.
"""
import argparse
import json
import re
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=1000000)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    each = args.tasks // args.workers
    done = subprocess.run(
        ["sysbench", "mutex", f"--threads={args.workers}", "--mutex-num=1",
         f"--mutex-locks={each}", "--mutex-loops=0", "run"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    seconds = re.search(r"total time:\s*([0-9.]+)s", done.stdout)
    version = re.search(r"sysbench ([0-9.]+)", done.stdout)
    if done.returncode != 0 or not seconds or float(seconds[1]) <= 0:
        sys.exit("bench: sysbench: " + (done.stderr or done.stdout).strip()[-200:])
    s, n = float(seconds[1]), each * args.workers
    print(json.dumps({"peer": "sysbench", "version": version[1] if version else "",
                      "workers": args.workers, "tasks": n, "seconds": s,
                      "tasks_per_s": n / s}))


main()
