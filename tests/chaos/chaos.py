#!/usr/bin/env python3
"""Kills coordinators and agents with SIGKILL while runs go on, and looks at what is left.

Each run has a coordinator with a SQLite store, or with --replicas two that share a PostgreSQL, three
agents with a spool, and a plan of twelve quick checks against a target whose answers are fixed.
Processes are killed at random moments and at named failpoints, and started again, most of them at once.
Then

  * every result that was acknowledged is in the store: what the store held when a coordinator died,
    and every result that an agent's spool held and does not hold any more;
  * the verdict, and the client's exit code, is that of the same plan without a kill;
  * the record makes its verdict again (`smokemesh verify`, of one run in ten);
  * the run has ended by its deadline and 5 s.

Half of the runs go over mutual TLS. A seed and the number of the run decide everything but the
operating system's timing.
"""

import argparse
import collections
import concurrent.futures
import http.server
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import postgres  # noqa: E402
import stores  # noqa: E402

SKIPPED = 77  # what ctest takes for "cannot be run here"
SERVICES = ["cart", "stock", "mail"]
STAGES = 4
PLAN_TIMEOUT = 20.0
EXIT_CODES = {0: "PROMOTE", 1: "ROLLBACK", 5: "HOLD", 4: "INCONCLUSIVE"}
DECISIONS = {1: "PROMOTE", 2: "ROLLBACK", 3: "HOLD", 4: "INCONCLUSIVE"}
FAILPOINTS = ["after_commit", "after_commit:2", "after_commit:4", "after_verdict_stored"]
# Only a PostgreSQL store has these.
SHARED_FAILPOINTS = ["before_commit", "before_commit:3"]
REPLICAS = ["0", "1"]
# Leases so short that another replica leads before the run is over.
SHARED_FLAGS = ["--lease", "1s", "--heartbeat", "300ms"]
TASK = re.compile(rb"[0-9a-f-]{36}/[a-z0-9_]+/[a-z]+/[0-9]+")


class Target(http.server.BaseHTTPRequestHandler):
    """/ok/MS answers 200 after some milliseconds, /bad/MS 500."""

    protocol_version = "HTTP/1.0"

    def do_GET(self):
        kind, pause = self.path.strip("/").split("/")
        time.sleep(int(pause) / 1000)
        self.send_response(200 if kind == "ok" else 500)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass  # a killed agent closes its connection


def plan_text(failing):
    """A plan in which each service has a chain of checks; `failing` of them get a wrong answer."""
    lines = ["name: chaos", f"timeout: {int(PLAN_TIMEOUT)}s", "public_env: [CHAOS_TARGET]",
             'connections: {target: {http: "${CHAOS_TARGET}"}}', "defaults: {timeout: 5s}", "checks:"]
    for service in SERVICES:
        for stage in range(STAGES):
            name = f"{service}_{stage}"
            bad = stage == STAGES - 1 and SERVICES.index(service) < failing
            lines += [f"  - name: {name}", "    tags: [smoke, service]", f"    on: {{service: {service}}}"]
            if stage > 0:
                lines.append(f"    needs: [{service}_{stage - 1}]")
            lines += ["    http:", "      steps:",
                      f"        - request: {{url: /{'bad' if bad else 'ok'}/{20 + 25 * stage}}}",
                      "          expect: [status == 200]"]
    return "\n".join(lines) + "\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One program that is started again and again; its output goes to one log."""

    def __init__(self, command, log, env):
        self.command, self.log, self.env = command, log, env
        self.process = None
        self.begins = 0
        self.back = None  # when it is to be started again

    def start(self, extra=None):
        env = dict(self.env, **(extra or {}))
        with open(self.log, "ab") as out:
            self.begins = out.tell()
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, env=env,
                                            stdin=subprocess.DEVNULL)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.alive():
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def has_said(self, text):
        """Since its last start."""
        return text in pathlib.Path(self.log).read_bytes()[self.begins:]

    def says(self, text, deadline):
        while time.monotonic() < deadline:
            if self.has_said(text):
                return True
            if not self.alive():
                return False
            time.sleep(0.01)
        return False


class Run:
    def __init__(self, options, number, kills):
        self.options = options
        self.random = random.Random(f"{options.seed}/{number}")
        self.number = number
        self.kills = kills
        self.count = collections.Counter()
        self.problems = []
        self.refresh = None  # start the client again when this coordinator is there
        self.store, self.servers, self.agents = None, [], []
        self.client = None
        self.committed = {}  # what copies of the store held
        self.spooled = set()  # tasks whose results a spool held

    def setup(self, folder):
        binaries = pathlib.Path(self.options.bin)
        self.failing = self.random.randrange(3)
        self.plan = folder / "plan.yaml"
        self.plan.write_text(plan_text(self.failing))
        secured = self.random.random() < 0.5
        self.count["over TLS"] += secured
        env = dict(os.environ, CHAOS_TARGET=self.options.target)
        program = binaries / "smokemesh-failpoints"
        if not program.exists():
            program = binaries / "smokemesh"
        database = self.options.database
        if database is None:
            self.store, stems, flags = stores.File(folder), ["coordinator"], []
        else:
            name = f"chaos_{abs(self.number)}{'_calm' if self.number < 0 else ''}"
            self.store = stores.Database(database, name)
            stems, flags = [f"replica-{replica}" for replica in REPLICAS], SHARED_FLAGS
        self.servers = []
        addresses = [f"127.0.0.1:{free_port()}" for _ in stems]
        for stem, address in zip(stems, addresses):
            self.servers.append(
                Process([program, "serve", "--listen", address, "--store", self.store.url, *flags,
                         *self.tls(stem, secured)], folder / f"{stem}.log", env))
        everywhere = ",".join(addresses)
        self.agents = []
        for service in SERVICES:
            state = folder / f"state-{service}"
            state.mkdir()
            agent = Process([binaries / "smokemesh-agent", "--coordinator", everywhere, "--service",
                             service, "--id", service, "--state", state,
                             *self.tls(f"agent-{service}", secured)],
                            folder / f"{service}.log", env)
            agent.state = state
            self.agents.append(agent)
        self.client = Process([binaries / "smokemesh", "run", self.plan, "--coordinator", everywhere,
                               "--request-id", f"chaos-{self.number}",
                               *self.tls("runner-ci", secured)], folder / "run.log", env)

    def tls(self, stem, secured):
        """The options of a program with the certificate `stem`."""
        certs = self.options.certs
        return ["--tls-cert", f"{certs}/{stem}.crt", "--tls-key", f"{certs}/{stem}.key",
                "--tls-ca", f"{certs}/ca.crt"] if secured else []

    def look(self):
        """Notes what the spools hold."""
        held = set()
        for agent in self.agents:
            for name in agent.state.glob("**/*.result"):
                try:
                    found = TASK.search(name.read_bytes())
                except FileNotFoundError:
                    continue
                if found:
                    held.add(found.group().decode())
        self.spooled |= held
        return held

    def note_store(self):
        _, rows = self.store.read()
        for key, blob in rows.items():
            if self.committed.setdefault(key, blob) != blob:
                self.problems.append(f"the stored result {key} changed")

    def kill_server(self, server, why):
        server.kill()
        self.count[why] += 1
        self.note_store()
        if self.options.sabotage:
            self.store.sabotage()
        pause = self.random.uniform(0, 0.1)
        # Some stay away until another replica leads.
        if len(self.servers) > 1 and self.random.random() < 0.5:
            pause = self.random.uniform(0.8, 2.0)
        server.back = time.monotonic() + pause

    def look_after_servers(self):
        """Starts those again that are to come back by now."""
        for server in self.servers:
            if server.back is None and not server.alive():
                self.kill_server(server, "at failpoints")
            if server.back is not None and time.monotonic() >= server.back:
                server.back = None
                server.start(self.failpoint())
                # A client looks for the coordinator by itself, or is started anew with the same
                # request.
                if self.random.random() < 0.5:
                    self.refresh = server

    def failpoint(self):
        """Where the next coordinator dies by itself, by chance."""
        if not self.kills or self.random.random() > 0.25:
            return {}
        points = FAILPOINTS + (SHARED_FAILPOINTS if len(self.servers) > 1 else [])
        return {"SMOKEMESH_FAILPOINT": self.random.choice(points)}

    def moments(self):
        """When whom to kill: pairs of seconds and a process, in order."""
        moments = []

        def within():
            return self.random.uniform(0, 0.45 if len(self.servers) == 1 else 0.7)

        for _ in range(self.random.choice([1, 2, 2, 3])):
            moments.append((within(), self.random.choice(self.servers)))
        for _ in range(self.random.choice([0, 1, 1, 2])):
            moments.append((within(), self.random.choice(self.agents)))
        if self.random.random() < 0.15:  # everything at once
            when = within()
            moments += [(when, process) for process in [*self.servers, *self.agents]]
        return sorted(moments, key=lambda moment: moment[0])

    def drive(self):
        begin = time.monotonic()
        for server in self.servers:
            server.start(self.failpoint())
        for server in self.servers:
            if not server.says(b"listening on", begin + 10):
                raise AssertionError("the coordinator did not start")
        for agent in self.agents:
            agent.start()
        self.client.start()
        # Most kills come while the checks run, some before the run is made.
        if self.random.random() < 0.8:
            self.client.says(b" of chaos: ", begin + 10)
        begin = time.monotonic()
        moments = self.moments() if self.kills else []
        deadline = begin + PLAN_TIMEOUT + 5
        while time.monotonic() < deadline:
            self.look()
            self.look_after_servers()
            while moments and time.monotonic() - begin >= moments[0][0]:
                who = moments.pop(0)[1]
                if who in self.agents:
                    who.kill()
                    self.count["of agents"] += 1
                    who.start()
                elif who.back is None:
                    self.kill_server(who, "of coordinators")
            if self.refresh is not None and self.refresh.has_said(b"listening on"):
                self.refresh = None
                if self.client.alive():
                    self.client.kill()
                    self.client.start()  # the same request again
            if not self.client.alive():
                code = self.client.process.returncode
                if code in EXIT_CODES:
                    return EXIT_CODES[code], time.monotonic() - begin
                if code != 3:
                    raise AssertionError(f"the client ended with {code}")
                self.client.start()
            time.sleep(0.01)
        raise AssertionError("the run did not end in time")

    def check(self, verdict):
        # The last results may be on their way.
        until = time.monotonic() + 5
        while self.look() and time.monotonic() < until:
            self.look_after_servers()
            time.sleep(0.02)
        held = self.look()
        self.stop()
        run, rows = self.store.read()
        if run is None or DECISIONS.get(run[1]) != verdict:
            self.problems.append(f"the client says {verdict}, the store {run}")
        for key, blob in self.committed.items():
            if rows.get(key) != blob:
                self.count["lost"] += 1
                self.problems.append(f"the committed result {key} is gone")
        pairs = {key[:2] for key in rows}
        for task in self.spooled - held:
            _, check, agent, _ = task.split("/")
            if (check, agent) not in pairs:
                self.count["lost"] += 1
                self.problems.append(f"the acknowledged result {task} is not stored")
        if self.number % 10 == 0:
            command = [pathlib.Path(self.options.bin) / "smokemesh", "verify", run[0], "--store",
                       self.store.url]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
            if done.returncode != 0:
                self.problems.append("verify: " + done.stdout + done.stderr)

    def stop(self):
        for process in [self.client, *self.servers, *self.agents]:
            if process is not None:
                process.kill()

    def go(self, expected):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="smokemesh-chaos-", dir=self.options.dir))
        verdict, taken = None, 0.0
        try:
            self.setup(folder)
            verdict, taken = self.drive()
            self.check(verdict)
            if expected is not None and verdict != expected[self.failing]:
                self.count["wrong"] += 1
                self.problems.append(f"{verdict} instead of {expected[self.failing]}")
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            self.problems.append(str(problem))
        finally:
            self.stop()
            if self.store is not None and not self.problems:
                self.store.remove()
        if self.problems and not self.options.sabotage:
            self.problems.append(f"what is left: {folder}")
        elif not self.options.keep:
            shutil.rmtree(folder)
        self.count["slowest"] = taken
        return verdict


def make_certificates(options, folder):
    command = [pathlib.Path(options.bin) / "smokemesh", "certs", "init", "--dir", folder,
               "--coordinator", "127.0.0.1", "--runner", "ci"]
    for service in SERVICES:
        command += ["--agent", service]
    if options.replicas:
        for replica in REPLICAS:
            command += ["--replica", replica]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default="build/bin")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--dir", help="where stores and spools are (default: TMPDIR)")
    parser.add_argument("--keep", action="store_true", help="keep the folders of good runs")
    parser.add_argument("--sabotage", action="store_true",
                        help="throw away what the store has committed: that must be found")
    parser.add_argument("--replicas", action="store_true",
                        help="two coordinators on one PostgreSQL instead of one with a file")
    options = parser.parse_args()

    server = Server(("127.0.0.1", 0), Target)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options.target = f"http://127.0.0.1:{server.server_address[1]}"

    with tempfile.TemporaryDirectory(prefix="smokemesh-chaos-") as folder:
        options.certs = f"{folder}/certs"
        make_certificates(options, options.certs)
        options.database = postgres.start(port=free_port()) if options.replicas else None
        if options.replicas and options.database is None:
            print("skipped: PostgreSQL does not run as this user here")
            return SKIPPED
        try:
            return judge(options)
        finally:
            if options.database is not None:
                options.database.stop()


def judge(options):
    # What each plan comes to when nobody is killed.
    expected, number = {}, 0
    while len(expected) < 3:
        number -= 1
        calm = Run(options, number, kills=False)
        verdict = calm.go(None)
        if calm.problems:
            print(f"without a kill: {'; '.join(calm.problems)}")
            return 1
        if expected.setdefault(calm.failing, verdict) != verdict:
            print("the same plan came to different verdicts without a kill")
            return 1
    print("without kills:", ", ".join(f"{n} checks fail: {expected[n]}" for n in sorted(expected)))

    begin = time.monotonic()
    total, bad, slowest = collections.Counter(), 0, (0.0, 0)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = [Run(options, number, kills=True) for number in range(options.runs)]
        for run, _ in zip(runs, pool.map(lambda one: one.go(expected), runs)):
            slowest = max(slowest, (run.count.pop("slowest", 0.0), run.number))
            total.update(run.count)
            if run.problems:
                bad += 1
                print(f"run {run.number} of seed {options.seed}: {'; '.join(run.problems)}", flush=True)
    kills = sum(total[kind] for kind in ("of coordinators", "of agents", "at failpoints"))
    print(f"runs {options.runs}, {total['over TLS']} over TLS, bad {bad}, kills {kills}: "
          f"{total['of coordinators']} of coordinators, {total['of agents']} of agents, "
          f"{total['at failpoints']} at failpoints; "
          f"lost {total['lost']}, wrong verdicts {total['wrong']}; "
          f"slowest run {slowest[1]} with {slowest[0]:.1f} s, "
          f"all {time.monotonic() - begin:.0f} s")
    if options.sabotage:
        return 0 if total["lost"] > 0 else 1
    # Few kills prove nothing.
    if kills < 2 * options.runs:
        print(f"fewer than {2 * options.runs} kills: this counts as not run")
        return 1
    return 1 if bad else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
