#!/usr/bin/env python3
"""Runs the whole plan many times on one healthy platform: every run must end with PROMOTE.

Half of the runs share the machine with busy loops, one for each core (`--load all` or `none` for
the others). Prints a line for each run that is not promoted and a summary; exits with 1 when there
was one, when a check needed a retry, or when something was left behind.
"""
import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def burn():
    while True:
        pass


class Load:
    """Busy loops on all cores while it is on."""

    def __init__(self):
        self.processes = []

    def set(self, on):
        while on and len(self.processes) < (os.cpu_count() or 1):
            self.processes.append(multiprocessing.Process(target=burn, daemon=True))
            self.processes[-1].start()
        while not on and self.processes:
            process = self.processes.pop()
            process.kill()
            process.join()


def one_run(command):
    """Returns (decision, reasons, seconds)."""
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=300)
    seconds = time.monotonic() - begin
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return "NO REPORT", [f"exit code {done.returncode}: {done.stderr}"], seconds
    reasons = [f"{check['name']} {check['outcome']}: {check['reason'] or ''}"
               for check in report["checks"] if check["outcome"] != "PASSED"]
    return report["verdict"]["decision"], reasons, seconds


def inside(arguments):
    """Beside the platform: all runs, one after the other."""
    command = [arguments.bin + "/smokemesh", "run", arguments.plan, "--output", "json"]
    load = Load()
    counts = collections.Counter()
    times = {False: [], True: []}
    not_clean = 0
    for number in range(arguments.runs):
        loaded = {"half": number % 2 == 1, "all": True, "none": False}[arguments.load]
        load.set(loaded)
        decision, reasons, seconds = one_run(command)
        counts[decision] += 1
        times[loaded].append(seconds)
        if decision != "PROMOTE" or reasons:
            not_clean += 1
            print(f"run {number + 1}{' with load' if loaded else ''}: {decision}", flush=True)
            for reason in reasons:
                print(f"  {reason}", flush=True)
        if (number + 1) % 50 == 0:
            print(f"{number + 1} of {arguments.runs} runs", file=sys.stderr, flush=True)
    load.set(False)
    for loaded, label in ((False, "idle machine"), (True, "every core busy")):
        if times[loaded]:
            ordered = sorted(times[loaded])
            print(f"{label}: {len(ordered)} runs, median {statistics.median(ordered):.2f} s,"
                  f" longest {ordered[-1]:.2f} s")
    print("verdicts: " + ", ".join(f"{n} {name}" for name, n in counts.most_common()))
    return 1 if not_clean else 0


def outside(arguments):
    """Starts the platform and runs this script beside it."""
    script = [sys.executable, __file__, "--inside", "--runs", str(arguments.runs), "--load",
              arguments.load, "--plan", arguments.plan, "--bin", arguments.bin]
    with tempfile.TemporaryFile("w+") as errors:
        # Clients without a token share one address here, and one bucket of the rate limit.
        done = subprocess.run([arguments.bin + "/smokemesh-stack", "--anonymous-rate-limit",
                               "1000000", "--leftovers", "--", *script], stderr=errors)
        errors.seek(0)
        text = errors.read()
    sys.stderr.write(text)
    if "nothing left behind" in text:
        return done.returncode
    print("something was left behind, or nobody could look")
    return done.returncode or 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--load", choices=("half", "all", "none"), default="half",
                        help="which runs share the machine with busy loops")
    parser.add_argument("--plan", default=str(ROOT / "deploy/plans/aura.yaml"))
    parser.add_argument("--bin", default=str(ROOT / "build/bin"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.exit(inside(arguments) if arguments.inside else outside(arguments))


if __name__ == "__main__":
    main()
