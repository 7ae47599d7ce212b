"""A table of persons: one line a person, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.toml_gate import read_text
from ifnfactory.outlook.cohort_file import GENOTYPES, MAX_START_AGE
from ifnfactory.outlook.fibrosis import stages_of
from ifnfactory.outlook.findings import people_of
from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import People
from ifnfactory.outlook.states import Liver, Phase

Floats = NDArray[np.float64]

PHASES: Final = {phase.name.lower(): int(phase) for phase in Phase}
LIVERS: Final = {
    "no_cirrhosis": int(Liver.NO_CIRRHOSIS),
    "compensated": int(Liver.COMPENSATED),
    "decompensated": int(Liver.DECOMPENSATED),
    "hcc": int(Liver.HCC),
}
STAGE_CODES: Final = {"": -1, "F0": 0, "F1": 1, "F2": 2, "F3": 3}
"""Stages short of cirrhosis, which has the column ``liver``."""

REQUIRED: Final = ("age", "sex", "phase")
OPTIONAL: Final = (
    "liver",
    "fibrosis",
    "log10_hbv_dna",
    "log10_hbsag",
    "alt",
    "genotype",
    "treated",
)
_PROBLEMS_MAX: Final = 50


@dataclass(frozen=True)
class PersonTable:
    """Columns of shape (persons,); not a number, or stage -1, where a cell is empty."""

    age: Floats
    male: NDArray[np.bool_]
    phase: NDArray[np.int8]
    liver: NDArray[np.int8]
    stage: NDArray[np.int8]
    dna: Floats
    hbsag: Floats
    alt: Floats
    genotype: NDArray[np.str_]
    treated: NDArray[np.bool_]

    def people(
        self, values: Values, n: int, group: int, ranks: tuple[Floats, Floats], place: Floats
    ) -> People:
        """Return `n` people: the table's persons over and over, each time with other luck.

        Parameters
        ----------
        ranks, place
            Shape (people,): where HBV DNA, HBsAg and the stage of fibrosis of who was not
            measured stand among people of the phase.
        """
        row = np.arange(n) % self.age.size
        stage, guess = self.stage[row], stages_of(values, self.phase[row], self.age[row], place)
        return people_of(
            values,
            key=np.arange(n, dtype=np.int64),
            group=group,
            age=self.age[row],
            male=self.male[row],
            phase=self.phase[row],
            liver=self.liver[row],
            stage=np.where(stage >= 0, stage, guess).astype(np.int8),
            treated=self.treated[row] & (self.phase[row] != Phase.CURED),
            dna=self.dna[row],
            hbsag=self.hbsag[row],
            ranks=ranks,
            alt=self.alt[row],
            genotype=self.genotype[row],
            anti_hbs=np.zeros(n, dtype=np.bool_),
        )


def read_persons(path: Path) -> PersonTable:
    """Return the persons of a CSV file.

    Raises
    ------
    UserInputError
        If a column is wrong or a cell cannot be meant: all problems with file and line.
    """
    reader = csv.DictReader(io.StringIO(read_text(path, "name a CSV file")))
    columns = [name.strip() for name in reader.fieldnames or []]
    reader.fieldnames = columns
    problems = _column_problems(columns, f"{path}:1")
    rows = list(reader)
    if not rows and not problems:
        problems.append(Problem("there is nobody in the table", f"{path}:1", "add persons"))
    cells = _Cells(path, rows, columns, problems)
    table = PersonTable(
        age=cells.numbers("age", 0, MAX_START_AGE),
        male=cells.words("sex", {"male": 1, "female": 0}, "") > 0,
        phase=cells.words("phase", PHASES, "").astype(np.int8),
        liver=cells.words("liver", LIVERS, "no_cirrhosis").astype(np.int8),
        stage=cells.words("fibrosis", STAGE_CODES, "").astype(np.int8),
        dna=cells.numbers("log10_hbv_dna", -2, 11, " (20,000 IU/mL is 4.3)"),
        hbsag=cells.numbers("log10_hbsag", -3, 6, " (1,000 IU/mL is 3)"),
        alt=cells.numbers("alt", 5, 5_000, " U/L (1 ukat/L is 60 U/L)"),
        genotype=np.array(["-", *GENOTYPES])[
            cells.words("genotype", {name: i for i, name in enumerate(["", *GENOTYPES])}, "")
        ],
        treated=cells.words("treated", {"yes": 1, "no": 0, "1": 1, "0": 0}, "no") > 0,
    )
    if problems:
        raise UserInputError(problems[:_PROBLEMS_MAX])
    return table


def _column_problems(columns: list[str], where: str) -> list[Problem]:
    known = [*REQUIRED, *OPTIONAL]
    problems: list[Problem] = []
    for name in columns:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            fix = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(known)}"
            problems.append(Problem(f"unknown column {name!r}", where, fix))
    problems += [
        Problem(f"the column {name!r} is missing", where, f"add it; needed: {', '.join(REQUIRED)}")
        for name in REQUIRED
        if name not in columns
    ]
    return problems


@dataclass(frozen=True)
class _Cells:
    """The cells of a table, column by column, noting every cell that cannot be meant."""

    path: Path
    rows: list[dict[str, str]]
    columns: list[str]
    problems: list[Problem]

    def numbers(self, name: str, low: float, high: float, hint: str = "") -> Floats:
        """Return a column of numbers between `low` and `high`."""

        def read(cell: str) -> float:
            value = float(cell)
            if not low <= value <= high:
                raise ValueError
            return value

        fix = f"write a number from {low:g} to {high:g}{hint}"
        return np.array(self._read(name, read, np.nan, fix), dtype=np.float64)

    def words(self, name: str, known: dict[str, int], default: str) -> NDArray[np.int64]:
        """Return a column of words as their codes."""
        fix = f"write one of {', '.join(word for word in known if word)}"
        start = known.get(default, 0)
        return np.array(self._read(name, lambda cell: known[cell], start, fix), dtype=np.int64)

    def _read(
        self, name: str, read: Callable[[str], float], default: float, fix: str
    ) -> list[float]:
        if name not in self.columns:
            return [default] * len(self.rows)
        found: list[float] = []
        for line, row in enumerate(self.rows, start=2):
            cell = (row.get(name) or "").strip()
            try:
                found.append(default if not cell and name not in REQUIRED else read(cell))
            except (ValueError, KeyError):
                what = f"{name} = {cell!r} cannot be meant" if cell else f"{name} is empty"
                self.problems.append(Problem(what, f"{self.path}:{line}", fix))
                found.append(default)
        return found
