#!/usr/bin/python3
"""python.py - Python: multiprocessing.Pool, apply_async() a task, get() its result.

Takes the arguments of the other peers and prints the same line of JSON.
"""
import argparse
import ctypes
import json
import multiprocessing
import platform
import sys
import time

WARM_TASKS = 200


def work(text):
    if text == "empty":
        return 0
    if text.startswith("iters:"):
        return int(text[6:])
    raise argparse.ArgumentTypeError("empty or iters:K")


def start(tickets, tallies, burn_path):
    """In each worker: which tally is its own, and burn() of the other peers."""
    global tally, burn
    with tickets.get_lock():
        slot = tickets.value
        tickets.value += 1
    tally = (tallies, 2 * slot)
    if burn_path:
        burn = ctypes.CDLL(burn_path).bench_burn
        burn.argtypes = [ctypes.c_uint64]
        burn.restype = None


def task(number, iters):
    if iters:
        burn(iters)
    tallies, slot = tally
    tallies[slot] += 1
    tallies[slot + 1] += number
    return number


def prove(n, tallies, results):
    count, total = sum(tallies[0::2]), sum(tallies[1::2])
    if count != n or total != n * (n - 1) // 2 or results != list(range(n)):
        sys.exit(f"bench: {n} tasks were submitted, {count} run, or not each once")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=30000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=work, default=0)
    parser.add_argument("--mode", choices=("throughput", "roundtrip"),
                        default="throughput")
    parser.add_argument("--burn", help="shared object with bench_burn()")
    args = parser.parse_args()
    if args.tasks < 1 or args.workers < 1:
        parser.error("--tasks and --workers are at least 1")
    if args.work and not args.burn:
        parser.error("--work iters:K needs --burn FILE")

    context = multiprocessing.get_context("fork")
    tickets = context.Value("i", 0)
    tallies = context.RawArray(ctypes.c_int64, 2 * args.workers)
    out = {"peer": "python", "version": platform.python_version(),
           "workers": args.workers, "iters": args.work, "tasks": args.tasks}
    with context.Pool(args.workers, start, (tickets, tallies, args.burn)) as pool:
        deadline = time.monotonic() + 10
        while 0 in tallies[0::2]:
            for r in [pool.apply_async(task, (i, 0)) for i in range(WARM_TASKS)]:
                r.get()
            if time.monotonic() > deadline:
                sys.exit("bench: not every worker took part in the warm-up")
        tallies[:] = [0] * len(tallies)
        rtt_ns = []
        begin = time.monotonic_ns()
        if args.mode == "throughput":
            pending = [pool.apply_async(task, (i, args.work))
                       for i in range(args.tasks)]
            results = [r.get() for r in pending]
        else:
            results = []
            for i in range(args.tasks):
                t = time.monotonic_ns()
                results.append(pool.apply(task, (i, args.work)))
                rtt_ns.append(time.monotonic_ns() - t)
        ns = time.monotonic_ns() - begin
    prove(args.tasks, tallies, results)
    out["seconds"] = ns / 1e9
    out["tasks_per_s"] = args.tasks * 1e9 / ns
    if rtt_ns:
        rtt_ns.sort()
        out["rtt_ns_median"] = rtt_ns[len(rtt_ns) // 2]
        out["rtt_ns_p99"] = rtt_ns[len(rtt_ns) * 99 // 100]
    print(json.dumps(out))


if __name__ == "__main__":
    main()
