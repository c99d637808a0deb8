#!/usr/bin/python3
"""unit - run the Criterion programs and believe none of them.

Usage: unit.py BUILD PROGRAM...
A program that ran no test exits 0, so the tests are counted: fewer than its
object file holds is a failure, as is a process that outlives the tests.
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

import harness


def expected(program):
    """Tests in the object file: what the source has, after #if and before linking."""
    symbols = subprocess.run(["nm", program + ".o"], capture_output=True, text=True,
                             check=True).stdout
    return len(re.findall(r" [Tt] \w+_impl$", symbols, re.M))


def run(program, build):
    """Returns passed, failed and the text to show."""
    tap = f"{build}/tests/{os.path.basename(program)}.tap"
    if os.path.exists(tap):
        os.unlink(tap)
    with tempfile.TemporaryDirectory(prefix="concbench-unit-") as tmp:
        env = dict(os.environ, TMPDIR=tmp)
        argv = [os.path.abspath(program), f"--tap={os.path.abspath(tap)}"]
        o = harness.fenced(argv, None, env, 120, grace_s=2, zombies_ok=True)
        if os.listdir(tmp):
            o.problems.append(f"left files: {os.listdir(tmp)}")
    lines = []
    if os.path.exists(tap):
        with open(tap, errors="replace") as f:
            lines = f.read().splitlines()
    passed = sum(1 for x in lines if re.match(r"ok\b", x) and "# SKIP" not in x)
    failed = sum(1 for x in lines if re.match(r"not ok\b", x))
    skipped = sum(1 for x in lines if "# SKIP" in x)  # says why, and is no pass
    ran = passed + failed + skipped
    if ran < max(1, expected(program)):
        o.problems.append(f"{ran} tests ran, {expected(program)} are written")
    if o.rc != 0 and failed == 0:
        o.problems.append(f"exit status {o.rc}")
    shown = "".join(f"  {x}\n" for x in o.problems)
    if failed or o.problems:
        keep = [x for x in lines if not re.match(r"ok\b|#|TAP|1\.\.", x)]
        shown += "\n".join(keep + [o.out[-4000:], o.err[-4000:]])
    return passed, failed + len(o.problems), shown


def main():
    build, programs = sys.argv[1], sys.argv[2:]
    total_passed = total_failed = 0
    # A process for each that runs, for what is left behind comes to the process.
    with concurrent.futures.ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        todo = [(p, pool.submit(run, p, build)) for p in programs]
        for program, future in todo:
            passed, failed, shown = future.result()
            total_passed += passed
            total_failed += failed
            word = "not ok" if failed else "ok"
            print(f"{word} - {os.path.basename(program)} ({passed} tests)", flush=True)
            if shown:
                print(shown, flush=True)
    if not programs:
        print("not ok - there are no unit tests")
        total_failed += 1
    print(f"unit: {total_passed} passed, {total_failed} failed", flush=True)
    harness.tally(total_passed, total_failed)
    sys.exit(1 if total_failed else 0)


main()
