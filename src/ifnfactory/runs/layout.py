"""Where things stand in a run folder.

    manifest.json                    what was run, and size and SHA-256 of every other file
    patients/arm=NAME/*.parquet      one row a patient
    visits/arm=NAME/*.parquet        one row a patient and visit
    endpoints/arm=NAME/*.parquet     one row an endpoint and week
    report.html

The arm is the name of the folder and no column of the file: DuckDB, Arrow and Spark read it as a
column (Hive partitions). A file holds a block of patients and begins with the first one's number,
so that files in the order of their names give patients in the order of their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np

from ifnfactory.foundation.table import ColumnTable
from ifnfactory.runs.store import Store, as_store
from ifnfactory.runs.tables import join_tables, read_parquet

Partitioned = Literal["patients", "visits", "endpoints"]
"""Tables that are partitioned by arm."""
PARTITIONED: Final[tuple[Partitioned, ...]] = ("patients", "visits", "endpoints")
REPORT_NAME: Final = "report.html"


def part_name(table: Partitioned, arm: str, block: str) -> str:
    """Return the name of a part of a table inside the run folder."""
    return f"{table}/arm={arm}/{block}.parquet"


def block_name(first: int) -> str:
    """Return the name of the block that begins with patient `first`; names sort like numbers."""
    return f"{first:09d}"


def arms_of(place: Path | Store, table: Partitioned) -> tuple[str, ...]:
    """Return the arms of which a table has parts, in alphabetical order."""
    return tuple(sorted({arm for arm, _ in _parts(as_store(place), table)}))


def read_table(
    place: Path | Store, table: Partitioned, arms: Sequence[str] | None = None
) -> ColumnTable:
    """Read a table with the arm as its first column.

    Parameters
    ----------
    arms
        Which arms, in which order; None: all, in alphabetical order.
    """
    store = as_store(place)
    names = _parts(store, table)
    parts: list[ColumnTable] = []
    for wanted in arms if arms is not None else sorted({arm for arm, _ in names}):
        for name in sorted(name for arm, name in names if arm == wanted):
            part = read_parquet(store.read(name))
            column = np.full(part.rows, wanted)
            parts.append(
                ColumnTable(("arm", *part.names), ("", *part.units), (column, *part.columns))
            )
    return join_tables(parts)


def _parts(store: Store, table: Partitioned) -> list[tuple[str, str]]:
    """Return arm and name of the parts of a table."""
    found: list[tuple[str, str]] = []
    for name in store.names():
        parts = name.split("/")
        if len(parts) == 3 and parts[0] == table and name.endswith(".parquet"):
            found.append((parts[1].removeprefix("arm="), name))
    return found
