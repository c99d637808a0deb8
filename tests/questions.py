#!/usr/bin/python3
"""questions - the commands of docs/QUESTIONS.md and docs/lock-shapes.md, run as they
stand there.

Usage: questions.py [--write] BUILD [WORD...]   only commands that hold a WORD

A block of the page is

  <!-- run keep=2,6 exit=1 -->
  ```console
  $ concbench lock -k none
  ...its output...
  ```

Each command is run by a shell on a terminal of 80 columns and must end with the
status stated (exit=0 when none is), leave nothing behind, and say something. With
--write what it says replaces the old output: the first and the last lines of it, as
many as keep= says, with an ellipsis between.
"""

import concurrent.futures
import os
import re
import sys
import tempfile

import harness

PAGES = ("docs/QUESTIONS.md", "docs/lock-shapes.md")
BLOCK = re.compile(
    r"<!-- run(?P<options>[^>]*) -->\n```console\n\$ (?P<line>[^\n]*)\n"
    r"(?P<output>.*?)```\n",
    re.S,
)
TIMEOUT_S = 240


def run(build, line):
    with tempfile.TemporaryDirectory(prefix="concbench-question-") as scratch:
        env = {
            "PATH": os.path.abspath(build) + ":" + os.environ["PATH"],
            "LC_ALL": "C.UTF-8", "HOME": scratch, "TMPDIR": scratch,
            "TERM": "xterm", "NO_COLOR": "1",
        }
        return harness.fenced(["sh", "-c", line], scratch, env, TIMEOUT_S, tty=True)


def shortened(text, keep):
    # A progress line is taken back: what stands behind the last return counts.
    lines = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", x.split("\r")[-1]).rstrip()
             for x in text.replace("\r\n", "\n").rstrip("\n").split("\n")]
    first, last = keep
    if len(lines) <= first + last + 1:
        return lines
    return lines[:first] + ["…"] + lines[len(lines) - last:]


def options_of(match):
    given = dict(x.split("=") for x in match["options"].split())
    keep = tuple(int(x) for x in given.get("keep", "4,8").split(","))
    return keep, int(given.get("exit", "0"))


def judge(outcome, status):
    problems = list(outcome.problems)
    if outcome.rc != status:
        problems.append(f"exit status {outcome.rc}, the page says {status}")
    if not outcome.out.strip():
        problems.append("it says nothing")
    return problems


def main():
    args = sys.argv[1:]
    write = "--write" in args
    build, *words = [x for x in args if x != "--write"]
    failed, count = 0, 0
    pages = {}
    for name in PAGES:
        with open(name, encoding="utf-8") as f:
            pages[name] = f.read()
    lines = [m["line"] for page in pages.values() for m in BLOCK.finditer(page)]
    lines = [x for x in lines if not words or any(w in x for w in words)]
    # Figures that are to be shown are measured alone.
    pool = concurrent.futures.ProcessPoolExecutor(
        1 if write else len(os.sched_getaffinity(0)))
    outcomes = {x: pool.submit(run, build, x) for x in lines}

    def one(match):
        nonlocal failed, count
        line = match["line"]
        if line not in outcomes:
            return match[0]
        count += 1
        keep, status = options_of(match)
        outcome = outcomes[line].result()
        problems = judge(outcome, status)
        failed += bool(problems)
        print("not ok" if problems else "ok", "-", line, flush=True)
        for p in problems:
            print("   ", p)
        if problems or not write:
            if problems:
                print("    " + "\n    ".join(outcome.out.splitlines()[-8:]))
            return match[0]
        output = "".join(x + "\n" for x in shortened(outcome.out, keep))
        return (f"<!-- run{match['options']} -->\n```console\n$ {line}\n"
                f"{output}```\n")

    for name, page in pages.items():
        new = BLOCK.sub(one, page)
        blocks = page.count("```console")
        if blocks != len(BLOCK.findall(page)):
            failed += 1
            print(f"not ok - {blocks} blocks in {name}, some without a 'run' line")
        if write and new != page:
            with open(name, "w", encoding="utf-8") as f:
                f.write(new)
    pool.shutdown()
    print(f"questions: {count - failed} passed, {failed} failed")
    harness.tally(count - failed, failed)
    # A pattern that matches nothing must not be a success.
    sys.exit(1 if failed or count == 0 else 0)


main()
