#!/usr/bin/env python3
"""Cuts the network between real agents, coordinators and PostgreSQL, and looks what comes of it.

  partitions.py --build DIR [--only NAME] [--quick]

Every case is a run whose evidence is on its way when the network is cut. Shown for each: after how
long the loss was seen (detection), what the verdict was, and after how long everybody was back once
the network was whole again (recovery). A wrong verdict, a late detection or recovery is a failure.
`--quick` has short heartbeats and leases: for tests. Without it they are those of the defaults.
Everybody has a certificate, as always between machines.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [HERE, os.path.join(os.path.dirname(HERE), "tools")]
import network  # noqa: E402
import postgres  # noqa: E402

PLAN = """
name: partitions
timeout: 5m
connections: {{web: {{http: "http://127.0.0.1:8000"}}}}
policy: {{rollback: [{{rule: broken, select: critical, not_passed_at_least: 1}}]}}
checks:
  - name: quick
    tags: [critical]
    on: {{service: "*"}}
    http: {{steps: [{{request: {{url: /quick}}}}]}}
  - name: slow
    tags: [critical]
    on: {{service: "*"}}
    timeout: {timeout}s
    http: {{steps: [{{request: {{url: /slow}}}}]}}
"""

PROMOTE, INCONCLUSIVE = 0, 4


class Settings:
    def __init__(self, quick):
        self.heartbeat = 0.4 if quick else 5.0
        self.grace = 3.0 if quick else 15.0
        self.lease = 1.5 if quick else 6.0
        self.slow = 1.5 if quick else 8.0
        # What the design promises: three heartbeats, and everybody back within half a minute.
        self.detection = 3 * self.heartbeat + (2.0 if quick else 0.5)
        self.recovery = 30.0

    def flags(self):
        return ["--heartbeat", f"{int(self.heartbeat * 1000)}ms",
                "--agent-grace", f"{int(self.grace * 1000)}ms"]


class Failed(Exception):
    pass


def until(what, condition, within):
    """Waits for a condition, and returns after how many seconds it held."""
    begin = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - begin
        if time.monotonic() - begin > within:
            raise Failed(f"{what}: not within {within:.1f} s")
        time.sleep(0.05)


class Mesh:
    """Coordinators, two agents and what they check, each on a node of its own."""

    AGENTS = ("a", "b")

    def __init__(self, build, net, settings, folder, coordinators=("c",), store=None):
        self.build, self.net, self.settings, self.folder = build, net, settings, folder
        self.certs = os.path.join(folder, "certs")
        self.make_certificates(coordinators)
        self.processes = []
        self.coordinators = coordinators
        self.run = None
        self.plan = os.path.join(folder, "plan.yaml")
        with open(self.plan, "w", encoding="utf-8") as plan:
            plan.write(PLAN.format(timeout=120))
        for node in coordinators:
            flags = settings.flags()
            if store:
                flags += ["--advertise", self.address(node), "--lease",
                          f"{int(settings.lease * 1000)}ms"]
            self.start(node, "coordinator", "smokemesh", "serve", "--listen", "0.0.0.0:7070",
                       *self.tls(f"replica-{node}"), "--log-level", "info", "--store",
                       store or os.path.join(folder, "store.db"), *flags)
        self.everywhere = ",".join(self.address(node) for node in coordinators)
        for node in self.AGENTS:
            self.spawn(node, "target", [sys.executable,
                                        os.path.join(os.path.dirname(__file__), "target.py"),
                                        str(settings.slow)])
            self.start(node, "agent", "smokemesh-agent", "--coordinator", self.everywhere,
                       "--service", node, "--id", node, *self.tls(f"agent-{node}"))

    def make_certificates(self, coordinators):
        command = [os.path.join(self.build, "bin", "smokemesh"), "certs", "init", "--dir",
                   self.certs, "--coordinator", "127.0.0.1", "--runner", "ci"]
        for node in coordinators:
            command += ["--coordinator", self.net.addresses[node], "--replica", node]
        for node in self.AGENTS:
            command += ["--agent", node]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def tls(self, stem):
        """The options of a program with the certificate `stem`."""
        return ["--tls-cert", os.path.join(self.certs, f"{stem}.crt"),
                "--tls-key", os.path.join(self.certs, f"{stem}.key"),
                "--tls-ca", os.path.join(self.certs, "ca.crt")]

    def await_agents(self):
        until("their targets listen",
              lambda: all("listening" in self.log(node, "target") for node in self.AGENTS), 30)
        until("the agents connect", lambda: self.connected() == set(self.AGENTS), 30)

    def address(self, node):
        return f"{self.net.addresses[node]}:7070"

    def start(self, node, role, program, *arguments):
        self.spawn(node, role, [os.path.join(self.build, "bin", program), *arguments])

    def log(self, node, role):
        with open(os.path.join(self.folder, f"{node}-{role}.log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read()

    def spawn(self, node, role, command):
        log = open(os.path.join(self.folder, f"{node}-{role}.log"), "w", encoding="utf-8")
        process = subprocess.Popen(self.net.command(node, *command), stdout=log,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def agents(self):
        """State by agent, as a coordinator that answers sees it; empty when none does."""
        for node in self.coordinators:
            asked = subprocess.run(
                self.net.command(node, os.path.join(self.build, "bin", "smokemesh"), "agents",
                                 "--coordinator", "127.0.0.1:7070", *self.tls("runner-ci")),
                capture_output=True, text=True, timeout=60)
            if asked.returncode == 0:
                rows = [line.split() for line in asked.stdout.splitlines()[1:]]
                return {row[0]: state for row in rows
                        for state in ("connected", "draining", "lost") if state in row[1:]}
        return {}

    def connected(self):
        return {agent for agent, state in self.agents().items() if state == "connected"}

    def begin(self, node=None):
        """Starts a run and returns when each agent is at its slow check."""
        node = node or self.coordinators[0]
        asked = {each: self.log(each, "target").count("/slow") for each in self.AGENTS}
        self.run = subprocess.Popen(
            self.net.command(node, os.path.join(self.build, "bin", "smokemesh"), "run", self.plan,
                             "--coordinator", "127.0.0.1:7070", "--output", "json",
                             *self.tls("runner-ci")),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until("the checks begin",
              lambda: all(self.log(each, "target").count("/slow") > asked[each]
                          for each in self.AGENTS), 30)

    def verdict(self, within):
        try:
            out, err = self.run.communicate(timeout=within)
        except subprocess.TimeoutExpired as late:
            self.run.kill()
            raise Failed(f"the run did not end within {within:.0f} s") from late
        if self.run.returncode not in (0, 1, 4, 5):
            raise Failed(f"the run ended with {self.run.returncode}: {err.strip()}")
        return self.run.returncode, out

    def whole_or_inconclusive(self, within):
        """The verdict of a run that may have lost an agent for longer than the grace: then it is
        INCONCLUSIVE, and PROMOTE only with all its evidence."""
        code, out = self.verdict(within)
        if code not in (PROMOTE, INCONCLUSIVE) or (code == PROMOTE and "MISSING" in out):
            raise Failed(f"the run ended with {code}")
        return code

    def stop(self):
        if self.run and self.run.poll() is None:
            self.run.kill()
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()


# ---- Cases ------------------------------------------------------------------------------------
# Each returns what it has seen: detection and recovery in seconds, and the exit codes of its runs.


def cut_agents(mesh, agents, to_agent, from_agent):
    for agent in agents:
        if from_agent:
            mesh.net.cut(agent, "c")
        if to_agent:
            mesh.net.cut("c", agent)


def heal_agents(mesh, agents, to_agent, from_agent):
    for agent in agents:
        if from_agent:
            mesh.net.heal(agent, "c")
        if to_agent:
            mesh.net.heal("c", agent)


def lost_for_good(mesh, agents=Mesh.AGENTS, to_agent=True, from_agent=True):
    """The cut outlasts the grace: what the agents know is missing, and no run is promoted."""
    settings = mesh.settings
    mesh.begin()
    cut_agents(mesh, agents, to_agent, from_agent)
    detection = until("the loss is seen", lambda: not mesh.connected() & set(agents),
                      settings.detection)
    code, out = mesh.verdict(settings.grace + settings.slow + 20)
    if code != INCONCLUSIVE or "MISSING" not in out:
        raise Failed(f"evidence is missing, and the run ended with {code}")
    heal_agents(mesh, agents, to_agent, from_agent)
    recovery = until("the agents are back", lambda: mesh.connected() == set(Mesh.AGENTS),
                     settings.recovery)
    mesh.begin()
    again, _ = mesh.verdict(settings.slow + 20)
    if again != PROMOTE:
        raise Failed(f"all is whole again, and a run ended with {again}")
    return detection, recovery, [code, again]


def back_in_time(mesh, agents=Mesh.AGENTS):
    """The cut is over before the grace is: nothing is lost, and the run is promoted."""
    settings = mesh.settings
    mesh.begin()
    cut_agents(mesh, agents, True, True)
    detection = until("the loss is seen", lambda: not mesh.connected() & set(agents),
                      settings.detection)
    heal_agents(mesh, agents, True, True)
    recovery = until("the agents are back", lambda: mesh.connected() == set(Mesh.AGENTS),
                     settings.recovery)
    code = mesh.whole_or_inconclusive(settings.grace + settings.slow + 30)
    return detection, recovery, [code]


def flapping(mesh):
    """The way is cut and whole again every 300 ms, for longer than a session lives in silence."""
    settings = mesh.settings
    mesh.begin()
    begin = time.monotonic()
    while time.monotonic() - begin < 4 * settings.heartbeat + 4:
        cut_agents(mesh, Mesh.AGENTS, True, True)
        time.sleep(0.3)
        heal_agents(mesh, Mesh.AGENTS, True, True)
        time.sleep(0.3)
    recovery = until("the agents are back", lambda: mesh.connected() == set(Mesh.AGENTS),
                     settings.recovery)
    code = mesh.whole_or_inconclusive(settings.grace + settings.slow + 60)
    return None, recovery, [code]


def store_away(mesh):
    """No coordinator reaches PostgreSQL: nothing is acknowledged or decided until it is back."""
    settings = mesh.settings
    mesh.begin()
    for node in mesh.coordinators:
        mesh.net.cut(node, "db")
        mesh.net.cut("db", node)
    time.sleep(2 * settings.lease + settings.slow)
    if mesh.run.poll() is not None:
        raise Failed(f"the run ended with {mesh.run.returncode} without its store")
    for node in mesh.coordinators:
        mesh.net.heal(node, "db")
        mesh.net.heal("db", node)
    recovery = until("the agents are back", lambda: mesh.connected() == set(Mesh.AGENTS),
                     settings.recovery)
    code = mesh.whole_or_inconclusive(settings.grace + settings.slow + 60)
    return None, recovery, [code]


def leader_without_store(mesh):
    """The replica that leads loses PostgreSQL: another one leads, and ends the run."""
    settings = mesh.settings
    leader = until_leader(mesh)
    mesh.begin(next(node for node in mesh.coordinators if node != leader))
    mesh.net.cut(leader, "db")
    mesh.net.cut("db", leader)
    detection = until("another replica leads", lambda: until_leader(mesh) != leader,
                      settings.lease + 15)
    code = mesh.whole_or_inconclusive(settings.grace + settings.slow + 60)
    mesh.net.heal(leader, "db")
    mesh.net.heal("db", leader)
    recovery = until("every agent is connected", lambda: mesh.connected() == set(Mesh.AGENTS),
                     settings.recovery)
    return detection, recovery, [code]


def until_leader(mesh):
    """The replica whose log says last that it leads."""
    newest = None
    for node in mesh.coordinators:
        for match in re.finditer(r"this replica leads, with epoch (\d+)", mesh.log(node, "coordinator")):
            epoch = int(match.group(1))
            if newest is None or epoch > newest[0]:
                newest = (epoch, node)
    return newest[1] if newest else None


AGENT_CASES = {
    "both_ways": lost_for_good,
    "from_the_agents": lambda mesh: lost_for_good(mesh, to_agent=False),
    "to_the_agents": lambda mesh: lost_for_good(mesh, from_agent=False),
    "half_of_the_agents": lambda mesh: lost_for_good(mesh, agents=("a",)),
    "back_in_time": back_in_time,
    "flapping": flapping,
}
STORE_CASES = {
    "store_away": store_away,
    "leader_without_store": leader_without_store,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    network.enter()
    net = network.Network(["a", "b", "c", "d", "db"])
    settings = Settings(arguments.quick)
    failures = 0
    cases = 0
    server = None
    print(f"{'case':24} {'detection':>10} {'recovery':>10}  exit codes", flush=True)
    for name, case in {**AGENT_CASES, **STORE_CASES}.items():
        if arguments.only and not re.search(arguments.only, name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            mesh = None
            try:
                if name in STORE_CASES:
                    server = server or postgres.start(
                        net.addresses["db"], where=lambda *words: net.command("db", *words),
                        clients=[network.ALL])
                    if server is None:
                        print(f"{name:24} skipped: PostgreSQL does not run as this user here")
                        continue
                    mesh = Mesh(arguments.build, net, settings, folder, ("c", "d"),
                                server.database(name))
                else:
                    mesh = Mesh(arguments.build, net, settings, folder)
                cases += 1
                mesh.await_agents()
                detection, recovery, codes = case(mesh)
                seen = "-" if detection is None else f"{detection:.1f} s"
                print(f"{name:24} {seen:>10} {recovery:8.1f} s  {codes}", flush=True)
            except Failed as problem:
                failures += 1
                print(f"{name:24} FAILED: {problem}", flush=True)
                for file in sorted(os.listdir(folder)):
                    if file.endswith(".log"):
                        with open(os.path.join(folder, file), encoding="utf-8",
                                  errors="replace") as log:
                            print(f"--- {file}\n{log.read()[-4000:]}")
            finally:
                if mesh:
                    mesh.stop()
                # A case that failed may have left rules of its own.
                while network.ip("rule", "del", "blackhole", check=False).returncode == 0:
                    pass
    if server:
        server.stop()
    print(f"{cases} cases, {failures} failed")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
