"""Questions in SQL to any number of runs.

DuckDB reads the runs' Parquet files where they lie; those of a storage elsewhere are fetched first,
and only of the views that a question names. It is opened in memory, may touch these files and
nothing else, and is locked before it sees the question; besides, nothing but one SELECT is run.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from ifnfactory.foundation.errors import MissingExtraError, Problem, UserInputError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.runs.ask_files import Files, sql_list
from ifnfactory.runs.ask_runs import RUN_COLUMNS, run_row
from ifnfactory.runs.ask_watch import watched
from ifnfactory.runs.find import FoundRun
from ifnfactory.runs.layout import PARTITIONED

VIEWS: Final = ("runs", *PARTITIONED)
EXTRA: Final = "query"
ROWS_AT_ONCE: Final = 10_000
Connection = Any
"""DuckDB ships no complete types."""


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes
    ----------
    names
        Columns.
    rows
        Rows of Python values; they can be read once, while the archive is open.
    """

    names: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


class Archive:
    """Runs that can be asked; use it as a context.

    Parameters
    ----------
    runs
        What `find_runs` returned.
    progress
        Is told how far a question has come.

    Raises
    ------
    MissingExtraError
        If DuckDB is not installed.
    """

    def __init__(self, runs: Sequence[FoundRun], progress: Progress | None = None) -> None:
        self._progress, self._label = progress or Silent(), f"asking {len(runs):,} runs"
        try:
            import duckdb  # noqa: PLC0415
        except ImportError as error:
            raise MissingExtraError("duckdb", EXTRA) from error
        self._duckdb: Any = duckdb
        self._connection: Connection = duckdb.connect(":memory:")
        self._files = Files(runs)
        self._made: set[str] = set()
        try:
            self._open(runs)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._connection.close()
        self._files.close()

    def ask(self, question: str) -> Answer:
        """Return the answer to one SELECT.

        Raises
        ------
        UserInputError
            If it is anything else, wrong, or reaches for what is not part of the runs.
        """
        self._make_ready(question)
        with self._told():
            self._watched(question, lambda: self._connection.execute(question))
            names = tuple(str(column[0]) for column in self._connection.description)
        return Answer(names, self._rows())

    def save(self, question: str, path: Path) -> int:
        """Write the answer to one SELECT to a new Parquet file; return the number of rows.

        Raises
        ------
        UserInputError
            As `ask` does, or if the file exists already or cannot be written.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._make_ready(question)
        with self._told():
            table = self._watched(question, lambda: self._connection.sql(question).to_arrow_table())
        where, rows = f"--parquet {path}", int(table.num_rows)
        try:
            with path.open("xb") as handle:
                pq.write_table(table, handle, compression="zstd")
        except FileExistsError as error:
            fix = "choose another name"
            raise UserInputError([Problem("this exists already", where, fix)]) from error
        except KeyboardInterrupt:
            path.unlink(missing_ok=True)
            raise
        except OSError as error:
            path.unlink(missing_ok=True)
            what, fix = f"could not be written: {error}", "choose another place"
            raise UserInputError([Problem(what, where, fix)]) from error
        return rows

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        while rows := self._connection.fetchmany(ROWS_AT_ONCE):
            yield from rows

    @contextmanager
    def _told(self) -> Generator[None]:
        """Turn what DuckDB complains about into a problem of the person who asked."""
        try:
            yield
        except self._duckdb.Error as error:
            raise UserInputError([self._problem(error)]) from error

    def _refuse_all_but_select(self, question: str) -> None:
        with self._told():
            statements = self._connection.extract_statements(question)
        kinds = [str(statement.type).rsplit(".", maxsplit=1)[-1] for statement in statements]
        if kinds != ["SELECT"]:
            said = f"this does {', '.join(kinds)}" if kinds else "there is no question"
            what = f"{said}: only one SELECT is answered, and nothing is changed"
            raise UserInputError([Problem(what, "query", "for example: select * from runs")])

    def _open(self, runs: Sequence[FoundRun]) -> None:
        """Close every door but the one to the runs' files, and lock them."""
        allowed = [path for table in PARTITIONED for path in self._files.paths(table)]
        self._make_runs(runs)
        for setting in (
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "python_enable_replacements = false",
            "temp_directory = ''",
            "enable_progress_bar = true",  # to be asked for it; on the screen we draw our own
            "enable_progress_bar_print = false",
            f"allowed_paths = {sql_list(allowed)}",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def _make_ready(self, question: str) -> None:
        """Make the views that a question names; all of them where that cannot be told."""
        self._refuse_all_but_select(question)
        wanted = self._wanted(question)
        for table in PARTITIONED:
            if table in wanted - self._made and self._files.paths(table):
                self._files.fetch(table, self._progress)
                with self._told():
                    self._connection.execute(self._files.view(table))
                self._made.add(table)

    def _wanted(self, question: str) -> set[str]:
        """Return the views that a question needs."""
        named = self._tables_named(question)
        return named if named and named <= set(VIEWS) else set(VIEWS)

    def _watched(self, question: str, work: Callable[[], Any]) -> Any:
        wanted = self._wanted(question)
        parts = sum(len(self._files.paths(table)) for table in PARTITIONED if table in wanted)
        return watched(self._connection, work, self._label, parts, self._progress)

    def _tables_named(self, question: str) -> set[str]:
        """Return the tables that a question names; none where DuckDB cannot tell."""
        # Apart, where no view is known: DuckDB would open the files of one that it knows.
        with self._duckdb.connect(":memory:") as apart:
            apart.execute("SET enable_external_access = false")
            try:
                return {str(name).lower() for name in apart.get_table_names(question)}
            except self._duckdb.Error:
                return set()

    def _make_runs(self, runs: Sequence[FoundRun]) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in RUN_COLUMNS)
        self._connection.execute(f"CREATE TABLE runs ({columns})")
        marks = ", ".join("?" for _ in RUN_COLUMNS)
        self._connection.executemany(
            f"INSERT INTO runs VALUES ({marks})", [run_row(run) for run in runs]
        )

    def _problem(self, error: Exception) -> Problem:
        """Return what DuckDB said in one line, with what would help."""
        first, _, rest = str(error).partition("\n")
        hint = next((line for line in rest.splitlines() if line.startswith("Did you mean")), "")
        there = ["runs", *(table for table in PARTITIONED if self._files.paths(table))]
        fix = f"the views are {', '.join(there)}; see their columns with: describe {there[-1]}"
        if isinstance(error, self._duckdb.PermissionException):
            first = "a question may read the runs and nothing else"
        elif isinstance(error, self._duckdb.OutOfMemoryException):
            fix = "ask for less: filter, or group before you sort"
        elif ".parquet" in first:
            fix = "a file of a run is damaged: see ifn runs verify"
        return Problem(" ".join(f"{first} {hint}".split()).rstrip("."), "query", fix)
