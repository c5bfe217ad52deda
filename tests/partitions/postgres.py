"""A throw-away PostgreSQL server on a node of the network."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


class Server:
    def __init__(self, net, node, folder, binaries, user):
        self.net, self.node, self.folder = net, node, folder
        self.binaries, self.user = binaries, user
        self.process = None

    def _as_user(self, *command):
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
                "--clear-groups", *command]

    def start(self):
        data = os.path.join(self.folder, "data")
        subprocess.run(self._as_user(os.path.join(self.binaries, "initdb"), "-D", data, "-U",
                                     "smokemesh", "-A", "trust", "--no-sync", "-E", "UTF8"),
                       check=True, capture_output=True)
        with open(os.path.join(data, "pg_hba.conf"), "a", encoding="ascii") as rules:
            rules.write("host all all 10.77.0.0/16 trust\n")
        self.process = subprocess.Popen(
            self.net.command(self.node, *self._as_user(
                os.path.join(self.binaries, "postgres"), "-D", data, "-k", self.folder,
                "-c", "listen_addresses=*", "-c", "fsync=off")),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if self._sql("select 1", check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start")

    def _sql(self, statement, check=True):
        return subprocess.run(["psql", "-h", self.folder, "-U", "smokemesh", "-d", "postgres", "-qc",
                               statement], check=check, capture_output=True)

    def database(self, name):
        """Makes a database and returns its URL."""
        self._sql(f"create database {name}")
        return f"postgresql://smokemesh@{self.net.addresses[self.node]}:5432/{name}"

    def stop(self):
        # Fast: a smart shutdown would wait for clients that died behind a cut.
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(net, node):
    """A server that answers; None where there is no other user to run it as."""
    binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"),
                      key=lambda path: int(path.split("/")[4]))
    # In a user namespace of one user there is root alone, as whom PostgreSQL refuses to run.
    with open("/proc/self/uid_map", encoding="ascii") as mapping:
        if int(mapping.read().split()[2]) == 1:
            return None
    user = pwd.getpwnam("postgres")
    folder = tempfile.mkdtemp(prefix="smokemesh-partitions-")
    os.chown(folder, user.pw_uid, user.pw_gid)
    server = Server(net, node, folder, binaries[-1], user)
    server.start()
    return server
