"""What a rule changes in what a patient is given: data beside its criterion.

A rule that a trial can follow has a key ``act`` in its document, for example
``act = { does = "hold", cause = "neutropenia", until = { fact = "neutrophils", above = 1.0 },
to_ug = 90 }``. A rule on stopping without one stops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ifnfactory.foundation.evidence import Source
from ifnfactory.rules.conditions import Condition, read_condition

Does = Literal["reduce", "hold", "stop"]
CAUSES: Final = {
    "neutropenia": "adverse event",
    "thrombocytopenia": "adverse event",
    "alt": "adverse event",
    "depression": "adverse event",
    "renal": "adverse event",
    "symptoms": "adverse event",
    "thyroid": "adverse event",
    "hepatic": "adverse event",
    "futility": "lack of efficacy",
    "goal": "goal reached",
}
"""Cause of an action -> the reason that a trial would report if therapy ends for it."""
_ALWAYS: Final = Source("a rule that a protocol switches on is followed", "D")
_KEYS: Final = {"does", "cause", "to_ug", "share", "until", "acted_on", "source", "tag"}


@dataclass(frozen=True)
class Action:
    """What is done where a rule holds.

    Attributes
    ----------
    does
        ``"reduce"`` or ``"hold"`` (while `until` does not hold; for good without it), ``"stop"``.
    cause
        A key of `CAUSES`.
    to_ug
        Largest single dose [µg]: during a reduction, or from the restart after a hold.
    share
        Share of the planned dose, instead of `to_ug`.
    until
        What ends a reduction or a hold.
    acted_on
        Share of patients whose physicians follow the rule: less than 1 where it says "consider".
    """

    does: Does
    cause: str
    to_ug: float | None = None
    share: float | None = None
    until: Condition | None = None
    acted_on: float = 1.0
    acted_on_source: Source = _ALWAYS

    @property
    def words(self) -> str:
        """The action in words."""
        dose = "" if self.to_ug is None else f"{self.to_ug:g} ug"
        if self.share is not None:
            dose = f"{100 * self.share:g} % of the dose"
        some = "" if self.acted_on == 1.0 else f" (in {100 * self.acted_on:g} % of patients)"
        if self.does == "hold":
            return f"hold, then {dose or 'the planned dose'}{some}"
        return f"{dose}{some}" if self.does == "reduce" else f"stop{some}"


def read_action(table: Mapping[str, Any]) -> Action:
    """Return the action of a TOML table.

    Raises
    ------
    ValueError
        If the table is no action.
    """
    if strange := set(table) - _KEYS:
        raise ValueError(f"unknown keys {', '.join(sorted(strange))} of an action")
    does, cause = table["does"], table["cause"]
    if does not in ("reduce", "hold", "stop"):
        raise ValueError(f"{does!r} is none of reduce, hold, stop")
    if cause not in CAUSES:
        raise ValueError(f"cause {cause!r} is none of {', '.join(CAUSES)}")
    if does == "reduce" and ("to_ug" in table) == ("share" in table):
        raise ValueError("a reduction needs to_ug or share")
    acted_on = float(table.get("acted_on", 1.0))
    if not 0.0 <= acted_on <= 1.0:
        raise ValueError(f"acted_on = {acted_on} is no share")
    return Action(
        does=does,
        cause=cause,
        to_ug=table.get("to_ug"),
        share=table.get("share"),
        until=None if "until" not in table else read_condition(table["until"]),
        acted_on=acted_on,
        acted_on_source=Source(table["source"], table["tag"]) if "acted_on" in table else _ALWAYS,
    )
