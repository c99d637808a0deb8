"""harness - run a command behind a fence, and see what it leaves behind.

The calling process becomes a subreaper, so whatever the command forgets comes to
it: living processes, zombies nobody waited for. New names in /dev/shm and in the
scratch folder count as leftovers, too.
"""

import ctypes
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl
import time

PR_SET_CHILD_SUBREAPER = 36
FACTOR = float(os.environ.get("CONCBENCH_TEST_TIMEOUT_FACTOR", "1"))
FLAVOR = os.environ.get("CONCBENCH_FLAVOR", "")


class Outcome:
    def __init__(self):
        self.rc = None  # exit status, 128 + N when killed by signal N
        self.out = self.err = ""
        self.problems = []  # what else went wrong, a line each


def shm_names():
    # But for what tests that run beside us make: Criterion's arenas, the semaphores of
    # Python (for a moment; sem_open() first makes one of another name), our own selftest.
    others = r"bxf|sem\.mp-|sem\.\w{6}$"
    if "CONCBENCH_GOLDEN" not in os.environ:
        others += r"|selftest\."
    return {n for n in os.listdir("/dev/shm") if not re.match(others, n)}


def children():
    """PIDs of our living children and their command lines."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as f:
                fields = f.read().rsplit(b")", 1)[1].split()
            if int(fields[1]) == os.getpid() and fields[0] != b"Z":
                with open(f"/proc/{name}/cmdline", "rb") as f:
                    line = f.read().replace(b"\0", b" ").decode(errors="replace")
                found[int(name)] = line.strip()
        except (OSError, IndexError):
            continue
    return found


def reap_zombies():
    """Reaps what has ended; returns the PIDs, and whether children still live."""
    pids = []
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return pids, False
        if pid == 0:
            return pids, True
        pids.append(pid)


def collect_leftovers(grace_s, zombies_ok):
    """What is left when the command has ended; ends it, too."""
    problems = []
    deadline = time.monotonic() + grace_s
    pids, living = reap_zombies()
    while living and time.monotonic() < deadline:
        time.sleep(0.01)
        more, living = reap_zombies()
        pids += more
    if pids and not zombies_ok:
        problems.append(f"left zombies or orphans that ended: {pids}")
    while living:
        for pid, line in children().items():
            problems.append(f"left process {pid}: {line}")
            os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
        _, living = reap_zombies()
    return problems


def read_tty(master, pidfd, deadline):
    """What the terminal shows until the command ends. None past the deadline."""
    data = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        ready, _, _ = select.select([master, pidfd], [], [], left)
        if master in ready:
            try:
                data += os.read(master, 65536)
                continue
            except OSError:  # EIO: nobody has the terminal open any more
                master = pidfd
        if pidfd in ready:
            return data


def fenced(argv, cwd, env, timeout_s, tty=False, grace_s=0.0, zombies_ok=False):
    """Runs argv in its own session until it ends or its time is over."""
    o = Outcome()
    # Ignored in a background job of a script (`make check &`), and children inherit that.
    for s in (signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(s) == signal.SIG_IGN:
            signal.signal(s, signal.SIG_DFL)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("harness: cannot become a subreaper")
    shm = shm_names()
    deadline = time.monotonic() + timeout_s * FACTOR
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        master = -1
        if tty:
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            streams = dict(stdin=slave, stdout=slave, stderr=slave)
        else:
            streams = dict(stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        p = subprocess.Popen(argv, cwd=cwd, env=env, start_new_session=True, **streams)
        pidfd = os.pidfd_open(p.pid)
        shown = b""
        if tty:
            os.close(slave)
            shown = read_tty(master, pidfd, deadline)
            os.close(master)
            late = shown is None
        else:
            left = max(0.0, deadline - time.monotonic())
            late = not select.select([pidfd], [], [], left)[0]
        os.close(pidfd)
        if late:
            o.problems.append(f"still running after {timeout_s * FACTOR:g} s")
            os.killpg(p.pid, signal.SIGKILL)
        p.wait()
        o.rc = p.returncode if p.returncode >= 0 else 128 - p.returncode
        o.problems += collect_leftovers(grace_s, zombies_ok)
        if not tty:
            out.seek(0)
            err.seek(0)
            shown = out.read()
            o.err = err.read().decode(errors="backslashreplace")
        o.out = (shown or b"").decode(errors="backslashreplace")
        if tty:
            o.out = o.out.replace("\r\n", "\n")
    new = sorted(shm_names() - shm)
    if new:
        o.problems.append(f"left in /dev/shm: {' '.join(new)}")
    return o


def tally(passed, failed):
    """Adds to the count that .ci/run sums up."""
    path = os.environ.get("CONCBENCH_TALLY")
    if path:
        with open(path, "a") as f:
            f.write(f"{passed} {failed}\n")
