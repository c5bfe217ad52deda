#!/usr/bin/env python3
"""Measures the built programs: start-up, memory of an idle agent, wall time of the whole plan.

Prints a Markdown table. Machines are noisy: compare figures of one run with each other only; the
last column is the ratio to a plain `curl` process that fetches the same page in the same run.
"""
import argparse
import http.server
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

TRIVIAL = """\
name: trivial
connections: {web: {http: "http://127.0.0.1:%d"}}
checks:
  - name: page
    tags: [smoke]
    http:
      steps:
        - {request: {url: /}, expect: ["status == 200"]}
"""


class Page(http.server.BaseHTTPRequestHandler):
    """Answers every GET with an empty 200."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def seconds(command, **kwargs):
    """Runs a command that must succeed; returns its wall time."""
    begin = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=300, **kwargs)
    elapsed = time.monotonic() - begin
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nexited with {done.returncode}:\n{done.stdout}")
    return elapsed


def median_ms(command, times, **kwargs):
    seconds(command, **kwargs)  # warm caches
    return statistics.median(seconds(command, **kwargs) for _ in range(times)) * 1000


def idle_agent_mb(binaries, folder):
    """Proportional memory (PSS) and RSS of an agent that is connected and idle, in MB."""
    server = subprocess.Popen(
        [binaries / "smokemesh", "serve", "--listen", "127.0.0.1:0", "--store", folder / "bench.db"],
        stdout=subprocess.PIPE, text=True)
    agent = None
    try:
        address = server.stdout.readline().split()[-1]
        agent = subprocess.Popen([binaries / "smokemesh-agent", "--coordinator", address,
                                  "--service", "bench"])
        deadline = time.monotonic() + 20
        while True:
            listed = subprocess.run([binaries / "smokemesh", "agents", "--coordinator", address],
                                    capture_output=True, text=True, check=False)
            if "bench" in listed.stdout:
                break
            if time.monotonic() > deadline:
                sys.exit("the agent did not connect within 20 s")
        rollup = pathlib.Path(f"/proc/{agent.pid}/smaps_rollup").read_text().splitlines()
        values = {line.split(":")[0]: int(line.split()[1]) for line in rollup[1:]}
        return values["Pss"] / 1024, values["Rss"] / 1024
    finally:
        for process in (agent, server):
            if process:
                process.terminate()
                process.wait(timeout=30)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build", help="build folder")
    parser.add_argument("--times", type=int, default=15, help="repetitions of short commands")
    parser.add_argument("--plan-times", type=int, default=5, help="repetitions of the whole plan")
    args = parser.parse_args()
    binaries = (ROOT / args.build / "bin").resolve()
    smokemesh, stack = binaries / "smokemesh", binaries / "smokemesh-stack"
    plan = ROOT / "deploy/plans/aura.yaml"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="smokemesh-bench-"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        port = server.server_address[1]
        trivial = folder / "trivial.yaml"
        trivial.write_text(TRIVIAL % port)
        rows = []
        curl = median_ms(["curl", "-s", "-o", os.devnull, f"http://127.0.0.1:{port}/"], args.times)
        rows.append(("`curl` of the page, for comparison", f"{curl:.1f} ms", "1"))
        start = median_ms([smokemesh, "run", trivial], args.times)
        rows.append(("`smokemesh run`, one-shot, one trivial HTTP check", f"{start:.0f} ms",
                     f"{start / curl:.1f}"))
        lint = median_ms([smokemesh, "lint", plan], args.times)
        rows.append(("`smokemesh lint deploy/plans/aura.yaml`", f"{lint:.0f} ms",
                     f"{lint / curl:.1f}"))
        pss, rss = idle_agent_mb(binaries, folder)
        rows.append(("idle `smokemesh-agent`, connected: PSS / RSS", f"{pss:.1f} / {rss:.1f} MB", ""))

        # The command that the stack runs measures itself, so that its start-up does not count.
        for name, flags, extra in (("whole plan, one-shot", [], ["env", "-u", "SMOKEMESH_COORDINATOR"]),
                                   ("whole plan, mesh of three agents", ["--mesh"], [])):
            script = (f'import subprocess,time,statistics\nt=[]\nfor i in range({args.plan_times + 1}):\n'
                      f' b=time.monotonic()\n r=subprocess.run({[str(x) for x in extra + [smokemesh, "run", plan]]!r},'
                      'stdout=subprocess.PIPE,text=True)\n t.append(time.monotonic()-b)\n'
                      ' assert r.returncode==0, r.stdout\nprint(statistics.median(t[1:])*1000)')
            done = subprocess.run([stack, "--anonymous-rate-limit", "100000", *flags, "--", sys.executable, "-c", script],
                                  capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                sys.exit(f"{name} failed:\n{done.stdout}\n{done.stderr}")
            wall = float(done.stdout.split()[-1])
            rows.append((f"`smokemesh run deploy/plans/aura.yaml`: {name}", f"{wall:.0f} ms",
                         f"{wall / curl:.1f}"))
        print("| what | median | ratio to curl |\n|---|---|---|")
        for row in rows:
            print("| " + " | ".join(row) + " |")
    finally:
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
