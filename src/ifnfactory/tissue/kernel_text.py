"""What all parts of a generated kernel share: names, constants, rows of the work array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ifnfactory.tissue.emit import Constants, Writer
from ifnfactory.tissue.layout import PITCH, Layout, names_seen
from ifnfactory.tissue.model import Model

STORED: Final = {8: "uint8", 16: "uint16", 32: "float32"}
"""Types in which quantities are stored, by their bits."""

JIT: Final = '@njit(nogil=True, cache=True, error_model="numpy")'
"""How every function of a kernel is compiled; division by zero must not be a branch."""


class Kernel:
    """The text of one kernel, part by part."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.model: Model = layout.model
        self.constants = Constants()
        names = [*(q.name for q in self.model.quantities), *(f.name for f in self.model.fields)]
        names += [n.name for n in self.model.neighbours] + [r.name for r in self.model.residents]
        names += ["zone"]
        names += self._frozen(set(names) - {q.name for q in self.model.quantities})
        self.rows = {name: row for row, name in enumerate(names)}
        self.sums = [(f.name, f.secretion) for f in self.model.fields]
        self.sums += [(f"pool {p.name}", p.secretion) for p in self.model.pools]
        self.total_row = len(names)
        self.height = len(names) + len(self.sums)
        moving = layout.moving if self.model.cell_substeps > 1 else ()
        self._later = {name: self.height + place for place, name in enumerate(moving)}
        self._waiting = self.height + len(self.model.quantities)
        self.all_rows = self._waiting + 3 * len(layout.groups)

    def _frozen(self, still: set[str]) -> list[str]:
        """Return the lets that hold still while cells act: they look at fields, not at quantities.

        Those of numbers alone are left out: the compiler takes them out of the loop by itself.
        """
        moving = {quantity.name for quantity in self.model.quantities} | {"dt"}
        found: list[str] = []
        for name, _ in self.model.lets:
            used = self.used([name])
            if not used & moving and used & still:
                found.append(name)
        self.frozen = tuple(found)
        return found

    def row(self, name: str, index: str = "l", array: str = "w") -> str:
        """Return the place of a cell's value at the start of a macro step in a work array."""
        return f"{array}[{self.rows[name] * PITCH} + {index}]"

    def later(self, name: str, index: str = "l") -> str:
        """Return the place of a cell's value at the end of a macro step."""
        return f"w[{self.later_row(name) * PITCH} + {index}]"

    def later_row(self, name: str) -> int:
        """Return the row of a cell's value at the end of a macro step."""
        return self._later.get(name, self.rows[name])

    def waiting(self, group: int, part: int, array: str) -> str:
        """Return the place of a group's random number, hazard passed, and chance passed."""
        return f"{array}[{(self._waiting + 3 * group + part) * PITCH} + l]"

    def variables(self) -> dict[str, str]:
        """Return the local variable of every name that an expression may use."""
        found = {name: self.constants.name(value) for name, value in self.model.constants.items()}
        found |= {name: f"p_{name}" for name in self.layout.numbers}
        found |= {name: f"q_{name}" for name in self.rows}
        moving = [name for name, _ in self.model.lets if name not in self.frozen]
        found |= {name: f"v_{name}" for name in moving}
        found["dt"] = self.constants.name(self.model.cell_step)
        return found

    def writer(self, changed: Iterable[str] = ()) -> Writer:
        """Return a writer; names in `changed` stand for their new values."""
        variables = self.variables() | {name: f"n_{name}" for name in changed}
        return Writer(self.constants, variables)

    def used(self, texts: Iterable[str]) -> set[str]:
        """Return the names that texts use, those of the lets they use included."""
        return names_seen(self.model, texts)

    def numbers(self, names: Iterable[str], indent: str) -> list[str]:
        """Return lines that read numbers of ``p`` into local variables."""
        wanted = set(names)
        return [
            f"{indent}p_{name} = p[{place}]"
            for place, name in enumerate(self.layout.numbers)
            if name in wanted
        ]
