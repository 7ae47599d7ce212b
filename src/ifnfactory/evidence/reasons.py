"""Why a published result is missed, where that can be said."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, cast, get_args

from ifnfactory.evidence.misses import too_high
from ifnfactory.evidence.qualification import Row
from ifnfactory.foundation.errors import ModelError

Kind = Literal["contradicted", "compromise", "mechanism", "unstated"]
Side = Literal["high", "low", "any"]

FILE: Final = Path(__file__).with_name("data") / "reasons.toml"
_KEYS: Final = {"targets", "kind", "side", "why"}


@dataclass(frozen=True)
class Reason:
    """Why some results are missed.

    Attributes
    ----------
    targets
        Patterns of target ids, ``*`` for anything.
    kind
        Another result says otherwise, one number has to serve several trials, the model lacks a
        mechanism, or the trial is not known well enough.
    side
        On which side of the published result the simulated one lies.
    against
        Target ids of the results that say otherwise, or that help to judge.
    """

    targets: tuple[str, ...]
    kind: Kind
    side: Side
    why: str
    against: tuple[str, ...] = ()

    def names(self, target_id: str) -> bool:
        """Return whether a pattern names the target."""
        return any(fnmatchcase(target_id, pattern) for pattern in self.targets)

    def is_about(self, row: Row) -> bool:
        """Return whether it is a reason why this row is missed on the side where it is."""
        here = "high" if too_high(row) else "low"
        return self.side in {here, "any"} and self.names(row.target_id)


@dataclass(frozen=True)
class Explained:
    """A reason and the rows that speak against the missed one."""

    reason: Reason
    against: tuple[Row, ...]


@lru_cache(maxsize=4)
def load_reasons(path: Path = FILE) -> tuple[Reason, ...]:
    """Read the reasons.

    Raises
    ------
    ModelError
        Listing every entry that is incomplete or strange.
    """
    found: list[Reason] = []
    faults: list[str] = []
    for place, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["reason"], 1):
        if not set(body) >= _KEYS or not set(body) <= _KEYS | {"against"}:
            faults.append(
                f"{path.name}: entry {place} needs {', '.join(sorted(_KEYS))}; against may be there"
            )
        elif body["kind"] not in get_args(Kind) or body["side"] not in get_args(Side):
            kinds, sides = (", ".join(get_args(words)) for words in (Kind, Side))
            faults.append(
                f"{path.name}: entry {place}: the kind is one of {kinds}, the side of {sides}"
            )
        else:
            found.append(
                Reason(
                    tuple(body["targets"]),
                    cast("Kind", body["kind"]),
                    cast("Side", body["side"]),
                    body["why"],
                    tuple(body.get("against", ())),
                )
            )
    if faults:
        raise ModelError("\n".join(faults))
    return tuple(found)


def explain(
    row: Row, rows: Sequence[Row], reasons: Sequence[Reason] | None = None
) -> Explained | None:
    """Return why a row is missed, by the first reason that is about it; None: nobody knows."""
    for reason in load_reasons() if reasons is None else reasons:
        if reason.is_about(row):
            return Explained(reason, tuple(r for r in rows if r.target_id in reason.against))
    return None
