"""A plain table of columns: what travels between rooms that may not know each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
"""One-dimensional array; a masked array where a value can be absent."""


@dataclass(frozen=True)
class ColumnTable:
    """Named columns of equal length, each with its unit.

    Attributes
    ----------
    names
        Column names, all different.
    units
        One unit a column; ``""`` where a column has none (names, identifiers, yes or no).
    columns
        One array of shape (rows,) a column. Absent values are masked, or NaN in a float column.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.units) == len(self.columns):
            raise ValueError(
                f"{len(self.names)} names, {len(self.units)} units and {len(self.columns)} columns "
                "do not belong together"
            )
        if len(set(self.names)) != len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise ValueError(f"column names are used twice: {', '.join(twice)}")
        shapes = {np.shape(column) for column in self.columns}
        if len(shapes) > 1 or any(len(shape) != 1 for shape in shapes):
            raise ValueError(f"columns need one common length, these have shapes {sorted(shapes)}")

    @property
    def rows(self) -> int:
        """Number of rows; 0 for a table without columns."""
        return len(self.columns[0]) if self.columns else 0

    def column(self, name: str) -> Column:
        """Return the column called `name`.

        Raises
        ------
        KeyError
            If the table has no such column.
        """
        if name not in self.names:
            raise KeyError(f"no column {name!r}; the table has {', '.join(self.names)}")
        return self.columns[self.names.index(name)]
