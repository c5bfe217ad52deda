"""What coordinators keep their runs in, read from outside."""

import pathlib
import shutil
import sqlite3
import tempfile


def one_run(runs):
    if len(runs) > 1:
        raise AssertionError(f"{len(runs)} runs were made of one request")
    return runs[0] if runs else None


class File:
    """The SQLite file of a coordinator alone."""

    def __init__(self, folder):
        self.path = folder / "store.db"
        self.url = str(self.path)

    def read(self):
        """The run, as (id, decision), and results by (check, agent, attempt), of a copy."""
        if not self.path.exists():
            return None, {}
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "store.db"
            for suffix in ("", "-wal"):
                source = self._beside(suffix)
                if source.exists():
                    shutil.copyfile(source, copy.with_name(copy.name + suffix))
            db = sqlite3.connect(copy)
            try:
                runs = db.execute("SELECT run_id, decision FROM run").fetchall()
                rows = db.execute(
                    "SELECT c.name, a.name, r.attempt, r.result FROM result r"
                    " JOIN name c ON c.number = r.check_ JOIN name a ON a.number = r.agent"
                ).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return None, {}
                raise
            finally:
                db.close()
        return one_run(runs), {row[:3]: row[3] for row in rows}

    def _beside(self, suffix):
        return self.path.with_name(self.path.name + suffix)

    def sabotage(self):
        """Throws away what was committed lately."""
        self._beside("-wal").unlink(missing_ok=True)

    def remove(self):
        pass  # it goes with its folder


class Database:
    """A database of a PostgreSQL server, which replicas share."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.url = server.database(name)

    def read(self):
        """As above; what is committed is all that others see."""
        query = self.server.rows
        if query(self.name, "SELECT to_regclass('smokemesh.result')") == [("",)]:
            return None, {}
        rows = query(self.name, "SELECT check_name, agent, attempt, result FROM smokemesh.result")
        runs = query(self.name, "SELECT run_id, decision FROM smokemesh.run")
        return (one_run([(run, int(decision)) for run, decision in runs]),
                {(check, agent, int(attempt)): blob for check, agent, attempt, blob in rows})

    def sabotage(self):
        if self.server.rows(self.name, "SELECT to_regclass('smokemesh.result')") != [("",)]:
            self.server.rows(self.name, "DELETE FROM smokemesh.result")

    def remove(self):
        self.server.drop(self.name)
