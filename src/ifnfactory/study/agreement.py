"""Tables of a repetition beside those of the run: what differs, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.runs.making import NewFile, digest
from ifnfactory.runs.manifest_file import ManifestFile
from ifnfactory.runs.store import Store, safe_name
from ifnfactory.runs.tables import read_parquet
from ifnfactory.runs.verify import fault_of


@dataclass(frozen=True)
class Difference:
    """Something that came out otherwise: a file, or what the program computes with."""

    name: str
    what: str


@dataclass(frozen=True)
class Compared:
    """Files that were compared: their names, their rows together, and what differs."""

    names: tuple[str, ...]
    rows: int
    differences: tuple[Difference, ...]


class Comparison:
    """Files of the repetition beside those of the run."""

    def __init__(self, store: Store, manifest: ManifestFile) -> None:
        self.files, self.rows = 0, 0
        self.differences: list[Difference] = []
        self._store = store
        self._left = {file.name: file for file in manifest.files if file.rows is not None}

    def of(self, made: Sequence[NewFile]) -> Compared:
        """Compare files that the repetition has made, and count them."""
        found = Compared(
            tuple(file.name for file in made),
            sum(file.rows or 0 for file in made),
            tuple(difference for file in made for difference in self._of(file)),
        )
        self.count(found)
        return found

    def count(self, found: Compared) -> None:
        """Count files that were compared now, or before an interruption."""
        self.files, self.rows = self.files + len(found.names), self.rows + found.rows
        self.differences += found.differences
        for name in found.names:
            self._left.pop(name, None)

    def _of(self, file: NewFile) -> Iterator[Difference]:
        there = self._left.get(file.name)
        if there is None:
            yield Difference(file.name, "is not in the run")
        elif there.sha256 != digest(file.content):
            yield from self._why(file)
        elif fault := fault_of(self._store, there):
            yield Difference(file.name, f"comes out as it was written, but {fault}")

    def unmatched(self) -> Iterator[Difference]:
        """Give the tables of the run that the repetition did not make."""
        for name in self._left:
            yield Difference(name, "is only in the run")

    def _why(self, file: NewFile) -> Iterator[Difference]:
        try:
            there = read_parquet(self._store.read(safe_name(file.name)))
        except (OSError, ValueError) as error:
            yield Difference(file.name, f"cannot be read: {error}")
            return
        here = read_parquet(file.content)
        differences = list(_table_differences(there, here))
        for what in differences or ["is written otherwise, but every value agrees"]:
            yield Difference(file.name, what)


def _table_differences(there: ColumnTable, here: ColumnTable) -> Iterator[str]:
    if (there.names, there.rows) != (here.names, here.rows):
        yield (
            f"has {there.rows:,} rows of {len(there.names)} columns in the run, "
            f"{here.rows:,} of {len(here.names)} in the repetition"
        )
        return
    for name in there.names:
        told = _column_difference(there.column(name), here.column(name))
        if told:
            yield f"{name}: {told}"


def _column_difference(there: Column, here: Column) -> str:
    absent = np.ma.getmaskarray(there), np.ma.getmaskarray(here)
    ours, theirs = np.ma.getdata(here), np.ma.getdata(there)
    other = (absent[0] != absent[1]) | (~absent[0] & ~absent[1] & (ours != theirs))
    count = int(np.count_nonzero(other))
    if not count:
        return ""
    told = f"{count:,} of {len(other):,} values differ"
    both = other & ~absent[0] & ~absent[1]
    if ours.dtype.kind == "f" and both.any():
        most = np.max(np.abs(ours[both] - theirs[both]) / np.maximum(np.abs(theirs[both]), 1e-300))
        told += f", by {float(most):.2g} of the value at most"
    return told
