"""Where a signal went: made = taken up + decayed + carried away + present."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ledger:
    """Amounts over a time, and what is there at its end.

    Attributes
    ----------
    made
        By cells, and brought by the blood.
    taken_up, decayed, carried_away
        By receptors, by itself, and by the blood through the central vein.
    before, present
        In the tissue at the start and at the end.
    """

    made: float
    taken_up: float
    decayed: float
    carried_away: float
    before: float
    present: float

    def __add__(self, later: Ledger) -> Ledger:
        return Ledger(
            self.made + later.made,
            self.taken_up + later.taken_up,
            self.decayed + later.decayed,
            self.carried_away + later.carried_away,
            self.before,
            later.present,
        )

    @property
    def imbalance(self) -> float:
        """What is missing, as a share of all that there was; 0 for a signal that never was."""
        given = self.before + self.made
        found = self.taken_up + self.decayed + self.carried_away + self.present
        largest = max(abs(given), abs(found))
        return 0.0 if largest == 0.0 else (given - found) / largest


def empty_ledger(present: float = 0.0) -> Ledger:
    """Return a ledger of no time."""
    return Ledger(0.0, 0.0, 0.0, 0.0, present, present)
