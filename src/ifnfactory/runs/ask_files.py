"""The files that a question may read, and the views over them."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.runs.find import FoundRun
from ifnfactory.runs.layout import PARTITIONED, Partitioned

_PART: Final = re.compile(
    rf"({'|'.join(PARTITIONED)})/arm=[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\.parquet"
)


class Files:
    """Files of runs where DuckDB can read them.

    Those of this machine lie where they are. Those of a storage elsewhere are copied into a folder
    of this process, when a question first needs their table; it goes when the files are closed.
    """

    def __init__(self, runs: Sequence[FoundRun]) -> None:
        self._parts = {
            table: [(run, name) for run in runs for name in _parts(run, table)]
            for table in PARTITIONED
        }
        elsewhere = any(run.store.local is None for run in runs)
        self._copies = Path(tempfile.mkdtemp(prefix="ifnfactory-ask-")) if elsewhere else None

    def close(self) -> None:
        """Remove the copies."""
        if self._copies is not None:
            shutil.rmtree(self._copies, ignore_errors=True)

    def paths(self, table: Partitioned) -> list[str]:
        """Return the files of a table, whether they have been fetched or not."""
        return [self._path(run, name) for run, name in self._parts[table]]

    def fetch(self, table: Partitioned, progress: Progress) -> None:
        """Copy a table's files from storages elsewhere.

        Raises
        ------
        UserInputError
            If one cannot be read.
        """
        elsewhere = [(run, name) for run, name in self._parts[table] if run.store.local is None]
        if not elsewhere:
            return
        progress.begin(f"fetching {table}", len(elsewhere))
        for run, name in elsewhere:
            path = Path(self._path(run, name))
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(run.store.read(name))
            except OSError as error:
                fix = f"see: ifn runs verify {run.name}"
                problem = Problem(f"{name} cannot be fetched: {error}", run.name, fix)
                raise UserInputError([problem]) from error
            progress.advance()
        progress.end()

    def view(self, table: Partitioned) -> str:
        """Return the SQL of the view of a table; run and arm are read from the file's name."""
        run = f"regexp_replace(filename, '/{table}/arm=[^/]*/[^/]*$', '')"
        if self._copies is not None:
            folder = re.escape(self._copies.as_posix()).replace("'", "''")
            run = f"regexp_replace({run}, '^{folder}/([^/]*)/', '\\1://')"
        return f"""
            CREATE VIEW {table} AS
            SELECT {run} AS run,
                   regexp_extract(filename, '/arm=([^/]*)/[^/]*$', 1) AS arm,
                   * EXCLUDE (filename)
            FROM read_parquet({sql_list(self.paths(table))}, filename = true,
                              hive_partitioning = false, union_by_name = true)
        """

    def _path(self, run: FoundRun, name: str) -> str:
        if self._copies is None or run.store.local is not None:
            return f"{run.name}/{name}"
        return f"{self._copies.as_posix()}/{run.name.replace('://', '/', 1)}/{name}"


def _parts(run: FoundRun, table: Partitioned) -> list[str]:
    """Return the files of a table that the run's manifest lists and that lie in its folder."""
    names: list[str] = []
    for file in run.manifest.get("files", []):
        name = str(file.get("name", "")) if isinstance(file, dict) else ""
        if name.startswith(f"{table}/") and _PART.fullmatch(name) and ".." not in name:
            names.append(name)
    if run.store.local is None:
        return names
    home = run.store.local.resolve()
    # Where a link leads out of the folder, the file is none of the run's.
    return [n for n in names if (home / n).is_file() and (home / n).resolve() == home / n]


def sql_list(texts: Sequence[str]) -> str:
    """Return an SQL list of strings; a quote is doubled, as SQL wants it."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"
