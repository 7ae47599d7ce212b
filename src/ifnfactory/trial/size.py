"""How much room a trial takes, so that an impossible one is refused before it begins."""

from __future__ import annotations

from typing import Final

from ifnfactory.trial.protocol import Protocol

_BYTES_A_PATIENT: Final = 6_000
"""Covariates, parameters and untreated state, and what it takes to draw them."""
_BYTES_A_VISIT: Final = 100
"""Seven markers of eight bytes and two antibodies for as long as the run lasts, and the values
behind them for as long as their arm is measured."""
_BYTES_A_DAY: Final = 24
"""Where doses are missed: the reasons of three classes of drugs, and two draws of one class while
it is drawn."""


_BYTES_ON_DISK: Final = 60
"""Of a patient's visit: seven numbers that hardly pack, two flags, week and number that do."""


def disk_needed(protocol: Protocol, patients: int) -> int:
    """Return about how many bytes the run folder takes with `patients` in each arm."""
    return patients * len(protocol.arms) * len(protocol.visit_weeks) * _BYTES_ON_DISK


def memory_needed(protocol: Protocol, patients: int) -> int:
    """Return about how many bytes a run with `patients` in each arm holds at its peak.

    tests/test_memory.py measures that a run stays below this.
    """
    visits = len(protocol.visit_weeks) * len(protocol.arms)
    days = 0.0 if protocol.adherence is None else 7.0 * protocol.visit_weeks[-1]
    return patients * (_BYTES_A_PATIENT + _BYTES_A_VISIT * visits + round(_BYTES_A_DAY * days))
