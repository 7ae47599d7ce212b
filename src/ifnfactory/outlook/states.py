"""Where a person can be, and what can happen to a person in a month.

Three things are followed side by side: the *phase* of the infection (serology and activity), the
*liver*, and as long as there is no cirrhosis its *stage* of fibrosis, F0 to F3. The states of a
report are what a reader wants to see of phase and liver.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]


class Phase(IntEnum):
    """The infection: HBeAg, activity, or its end."""

    POSITIVE_INFECTION = 0
    POSITIVE_HEPATITIS = 1
    NEGATIVE_INFECTION = 2
    NEGATIVE_HEPATITIS = 3
    CURED = 4


class Liver(IntEnum):
    """The liver, or the end.

    `REGRESSED` is a liver that had cirrhosis and is back at F3 or less; it keeps the HCC hazard of
    cirrhosis.
    """

    NO_CIRRHOSIS = 0
    REGRESSED = 1
    COMPENSATED = 2
    DECOMPENSATED = 3
    HCC = 4
    TRANSPLANT = 5
    LIVER_DEATH = 6
    OTHER_DEATH = 7


class State(IntEnum):
    """What a report shows: the phase as long as there is no cirrhosis, then the liver."""

    POSITIVE_INFECTION = 0
    POSITIVE_HEPATITIS = 1
    NEGATIVE_INFECTION = 2
    NEGATIVE_HEPATITIS = 3
    CURED = 4
    COMPENSATED = 5
    DECOMPENSATED = 6
    HCC = 7
    TRANSPLANT = 8
    LIVER_DEATH = 9
    OTHER_DEATH = 10

    @property
    def title(self) -> str:
        """Words for a legend."""
        return _TITLES[self]

    @property
    def alive(self) -> bool:
        """Whether a person in this state lives."""
        return self < State.LIVER_DEATH


class Event(IntEnum):
    """What can happen, at most one of it in a month."""

    NONE = 0
    ACTIVATION = 1
    HBEAG_LOSS_INACTIVE = 2
    HBEAG_LOSS_ACTIVE = 3
    REACTIVATION = 4
    REMISSION = 5
    HBSAG_LOSS = 6
    REVERSION = 7
    STAGE_UP = 8
    STAGE_DOWN = 9
    CIRRHOSIS = 10
    REGRESSION = 11
    DECOMPENSATION = 12
    HCC = 13
    TRANSPLANT = 14
    LIVER_DEATH = 15
    OTHER_DEATH = 16

    @property
    def title(self) -> str:
        """Words for a table."""
        return self.name.lower().replace("_", " ").replace("hbeag", "HBeAg").replace("hcc", "HCC")


_TITLES: Final = {
    State.POSITIVE_INFECTION: "HBeAg-positive infection",
    State.POSITIVE_HEPATITIS: "HBeAg-positive hepatitis",
    State.NEGATIVE_INFECTION: "HBeAg-negative infection",
    State.NEGATIVE_HEPATITIS: "HBeAg-negative hepatitis",
    State.CURED: "functional cure",
    State.COMPENSATED: "compensated cirrhosis",
    State.DECOMPENSATED: "decompensated cirrhosis",
    State.HCC: "hepatocellular carcinoma",
    State.TRANSPLANT: "transplant",
    State.LIVER_DEATH: "liver death",
    State.OTHER_DEATH: "other death",
}

ALIVE: Final = tuple(state for state in State if state.alive)
STATES: Final = len(State)
EVENTS: Final = len(Event)
STAGES: Final = 4
"""Stages of fibrosis short of cirrhosis, F0 to F3 (METAVIR)."""


def state_of(phase: Codes, liver: Codes) -> NDArray[np.int64]:
    """Return the state of each person.

    Parameters
    ----------
    phase, liver
        Shape (people,): codes of `Phase` and `Liver`.
    """
    no_cirrhosis = liver <= Liver.REGRESSED
    return np.where(no_cirrhosis, phase, liver.astype(np.int64) + 3)
