#!/usr/bin/python3
"""golden - runs of the real program against expected output.

Usage: golden.py [--accept] BUILD [NAME-PATTERN...]

tests/golden/NAME.cmd   a shell script; $CONCBENCH is the program, $TESTS this
                        folder, $FAULT the shim of fault.c; it runs in an empty folder and must leave it empty
tests/golden/NAME.out   what it prints; NAME.err likewise (absent: nothing)

Expected lines are literal except for
  <N> a number   <T> a time with its unit   <W> a word   <S> spaces or none
  <*> anything   <...> alone on a line: any number of lines

Directives, lines of NAME.cmd:
  #: exit N           the exit status (0)
  #: any-order        the lines of .out may come in any order
  #: tty              on a terminal of 80 columns (standard error comes with .out)
  #: timeout S        when it counts as hung, in seconds (240)
  #: orphans          the program is killed: its children may need a moment to die
  #: skip FLAVOR WHY  not in build/FLAVOR (asan, tsan)
  #: may-skip         exit status 77 is a skip; the last line on standard error says why
"""

import concurrent.futures
import difflib
import fnmatch
import glob
import os
import re
import shlex
import sys
import tempfile

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.environ.get("CONCBENCH_GOLDEN", HERE + "/golden")
HOLES = {
    "<N>": r"-?[0-9]+(?:\.[0-9]+)?",
    "<T>": r"[0-9]+(?:\.[0-9]+)? *(?:ns|us|µs|ms|s|min)",
    "<W>": r"\S+",
    "<S>": r"[ \t]*",
    "<*>": r".*",
}


def line_regex(line):
    parts = re.split("(" + "|".join(re.escape(h) for h in HOLES) + ")", line)
    return "".join(HOLES.get(p, re.escape(p)) for p in parts)


def text_regex(text):
    lines = text.splitlines(keepends=True)
    return "".join(
        r"(?:.*\n)*?" if x.strip() == "<...>" else line_regex(x) for x in lines
    )


def normalized(actual, expected):
    """The lines of actual, those that an expected line matches replaced by it."""
    exact = set(expected)
    regexes = [(re.compile(line_regex(x)), x) for x in expected if "<" in x]
    result = []
    for line in actual:
        if line not in exact:
            line = next((x for r, x in regexes if r.fullmatch(line)), line)
        result.append(line)
    return result


def with_holes(line):
    """A first guess for a new line: times and long numbers become holes."""
    line = re.sub(r"[0-9]+(\.[0-9]+)? (ns|us|µs|ms|s)\b", "<T>", line)
    return re.sub(r"\b[0-9]{4,}\b", "<N>", line)


class Case:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[: -len(".cmd")]
        self.exit, self.tty, self.timeout, self.orphans = 0, False, 240, False
        self.skip, self.any_order, self.may_skip = None, False, False
        with open(path) as f:
            for line in f:
                if line.startswith("#:"):
                    self.directive(shlex.split(line[2:]))

    def directive(self, words):
        if words[0] == "exit":
            self.exit = int(words[1])
        elif words[0] == "any-order":
            self.any_order = True
        elif words[0] == "may-skip":
            self.may_skip = True
        elif words[0] == "tty":
            self.tty = True
        elif words[0] == "timeout":
            self.timeout = float(words[1])
        elif words[0] == "orphans":
            self.orphans = True
        elif words[0] == "skip":
            if harness.FLAVOR == words[1]:
                self.skip = " ".join(words[2:])
        else:
            sys.exit(f"golden: {self.path}: unknown directive '{words[0]}'")

    def expected(self, ext):
        try:
            with open(self.path[:-4] + ext) as f:
                return f.read()
        except FileNotFoundError:
            return ""


def environment(build, scratch):
    keep = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS")
    env = {k: os.environ[k] for k in keep if k in os.environ}
    env.update(
        CONCBENCH=os.path.abspath(build + "/concbench"),
        TESTS=HERE,
        FAULT=os.path.abspath(build + "/tests/fault.so"),
        TMPDIR=scratch + "/tmp",
        HOME=scratch,
        LC_ALL="C.UTF-8",
        TERM="xterm",
        PYTHONDONTWRITEBYTECODE="1",
    )
    return env


def run_case(case, build, accept):
    """Returns the problems, a line each, and why it was skipped, if it was."""
    with tempfile.TemporaryDirectory(prefix="concbench-run-") as scratch:
        os.mkdir(scratch + "/tmp")
        os.mkdir(scratch + "/work")
        o = harness.fenced(
            ["sh", case.path], scratch + "/work", environment(build, scratch),
            case.timeout, tty=case.tty, grace_s=5.0 if case.orphans else 0.0,
            zombies_ok=case.orphans,
        )
        for folder in ("work", "tmp"):
            names = os.listdir(f"{scratch}/{folder}")
            if names:
                o.problems.append(f"left files in {folder}: {' '.join(sorted(names))}")
    if case.may_skip and o.rc == 77 and o.err.strip() and not o.problems:
        return [], o.err.splitlines()[-1]
    if o.rc != case.exit:
        o.problems.append(f"exit status {o.rc}, expected {case.exit}")
    for ext, text in ((".out", o.out), (".err", o.err)):
        expected = case.expected(ext)
        if re.fullmatch(text_regex(expected), text):
            continue
        want = expected.splitlines()
        got = normalized(text.splitlines(), want)
        if case.any_order and sorted(want) == sorted(got):
            continue
        if accept:
            with open(case.path[:-4] + ext, "w") as f:
                f.writelines((x if x in want else with_holes(x)) + "\n" for x in got)
            continue
        o.problems += difflib.unified_diff(
            want, got, f"{case.name}{ext} expected", "seen", lineterm=""
        )
    return o.problems, None


def main():
    args = sys.argv[1:]
    accept = "--accept" in args
    args = [a for a in args if a != "--accept"]
    build, patterns = args[0], args[1:] or ["*"]
    cases = [Case(p) for p in sorted(glob.glob(CASES + "/*.cmd"))]
    cases = [c for c in cases if any(fnmatch.fnmatch(c.name, p) for p in patterns)]
    passed = failed = skipped = 0
    # Most of them mostly wait.
    with concurrent.futures.ProcessPoolExecutor(
            2 * len(os.sched_getaffinity(0))) as pool:
        todo = [(c, None if c.skip else pool.submit(run_case, c, build, accept))
                for c in cases]
        for case, future in todo:
            problems, skip = future.result() if future else ([], case.skip)
            if skip:
                skipped += 1
                print(f"skip - {case.name}: {skip}", flush=True)
                continue
            passed, failed = passed + (not problems), failed + bool(problems)
            print(f"{'not ok' if problems else 'ok'} - {case.name}", flush=True)
            for line in problems:
                print("    " + line, flush=True)
    if passed + failed + skipped == 0:
        print("not ok - no run matches " + " ".join(patterns))
        failed += 1
    skips = f", {skipped} skipped" if skipped else ""
    print(f"runs: {passed} passed, {failed} failed{skips}", flush=True)
    harness.tally(passed, failed)
    sys.exit(1 if failed else 0)


main()
