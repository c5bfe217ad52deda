"""A network of namespaces that can be cut: every node hangs on one router.

Needs no rights on the machine: the whole network lives in a user, a network and a mount namespace of
its own (unshare(1)), and goes with its last process.
"""
import os
import subprocess
import sys

ALL = "10.77.0.0/16"  # every node's address
SKIPPED = 77  # what ctest takes for "cannot be run here"


def enter():
    """Starts this program again inside namespaces of its own, or says why that is not possible."""
    if os.environ.get("SMOKEMESH_PARTITIONS") == "inside":
        return
    # A process namespace as well: all that was started ends with this program, whatever ends it.
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.geteuid() != 0:
        unshare.append("--map-root-user")
    probe = subprocess.run(unshare + ["ip", "link"], capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"skipped: no network namespaces here: {probe.stderr.strip()}")
        sys.exit(SKIPPED)
    environment = dict(os.environ, SMOKEMESH_PARTITIONS="inside")
    os.execvpe("unshare", unshare + [sys.executable] + sys.argv, environment)


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


class Network:
    """Nodes by name; node N has the address 10.77.N.2."""

    def __init__(self, names):
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        os.makedirs("/run/netns")
        ip("link", "set", "lo", "up")
        self.addresses = {}
        for number, name in enumerate(names, start=1):
            router, node = f"10.77.{number}.1", f"10.77.{number}.2"
            ip("netns", "add", name)
            ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("addr", "add", f"{router}/24", "dev", f"to-{name}")
            ip("link", "set", f"to-{name}", "up")
            ip("-n", name, "addr", "add", f"{node}/24", "dev", "eth0")
            for device in ("eth0", "lo"):
                ip("-n", name, "link", "set", device, "up")
            ip("-n", name, "route", "add", "default", "via", router)
            self.addresses[name] = node
        with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as forward:
            forward.write("1")

    def command(self, node, *words):
        """The command line that runs `words` on a node."""
        return ["ip", "netns", "exec", node, *words]

    def _rule(self, action, sender, receiver):
        ip("rule", action, "from", self.addresses[sender], "to", self.addresses[receiver],
           "blackhole", check=action == "add")

    def cut(self, sender, receiver):
        """From now on nothing that `sender` sends reaches `receiver`; nobody is told."""
        self._rule("add", sender, receiver)

    def heal(self, sender, receiver):
        self._rule("del", sender, receiver)
