"""A throw-away PostgreSQL server."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


class Server:
    """`where` makes the command line that runs words on the server's machine; `clients` are the
    addresses of others that may connect, as in pg_hba.conf."""

    def __init__(self, folder, binaries, user, address, port, where, clients):
        self.folder, self.binaries, self.user = folder, binaries, user
        self.address, self.port, self.where, self.clients = address, port, where, clients
        self.process = None

    def _as_user(self, *command):
        if self.user is None:
            return list(command)
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}",
                "--clear-groups", *command]

    def start(self):
        data = os.path.join(self.folder, "data")
        subprocess.run(self._as_user(os.path.join(self.binaries, "initdb"), "-D", data, "-U",
                                     "smokemesh", "-A", "trust", "--no-sync", "-E", "UTF8"),
                       check=True, capture_output=True)
        with open(os.path.join(data, "pg_hba.conf"), "a", encoding="ascii") as rules:
            rules.writelines(f"host all all {network} trust\n" for network in self.clients)
        self.process = subprocess.Popen(
            self.where(*self._as_user(
                os.path.join(self.binaries, "postgres"), "-D", data, "-k", self.folder, "-p",
                str(self.port), "-c", f"listen_addresses={self.address}", "-c", "fsync=off",
                "-c", "max_connections=300")),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if self._psql("postgres", "select 1").returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start")

    def _psql(self, database, statement):
        return subprocess.run(["psql", "-h", self.folder, "-p", str(self.port), "-U", "smokemesh",
                               "-d", database, "-Atqc", statement],
                              capture_output=True, text=True)

    def rows(self, database, statement):
        """The rows of a query, as tuples of text."""
        done = self._psql(database, statement)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return [tuple(line.split("|")) for line in done.stdout.splitlines()]

    def database(self, name):
        """Makes a database and returns its URL."""
        self.rows("postgres", f"create database {name}")
        return f"postgresql://smokemesh@{self.address}:{self.port}/{name}"

    def drop(self, name):
        self.rows("postgres", f"drop database if exists {name} with (force)")

    def stop(self):
        if self.process is not None:
            # Fast: a smart shutdown would wait for clients that died behind a cut.
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(address="127.0.0.1", port=5432, where=lambda *words: list(words), clients=()):
    """A server that answers; None where there is no other user to run it as."""
    binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"),
                      key=lambda path: int(path.split("/")[4]))
    folder = tempfile.mkdtemp(prefix="smokemesh-postgres-")
    user = None
    if os.geteuid() == 0:
        # In a user namespace of one user there is root alone, as whom PostgreSQL refuses to run.
        with open("/proc/self/uid_map", encoding="ascii") as mapping:
            if int(mapping.read().split()[2]) == 1:
                os.rmdir(folder)
                return None
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    server = Server(folder, binaries[-1], user, address, port, where, clients)
    try:
        server.start()
    except BaseException:
        server.stop()
        raise
    return server
