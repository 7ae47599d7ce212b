"""The built-in trials: every TOML file of the library folder, and nothing else, is one."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

_LIBRARY: Final = files("ifnfactory.trial") / "library"
_SUFFIX: Final = ".toml"


@dataclass(frozen=True)
class ProtocolSummary:
    """One line of the list of trials.

    Attributes
    ----------
    name
        What to call the trial by: the name of its file without ``.toml``.
    arms
        Names of the arms.
    n
        Published number of patients in all arms; None where that of an arm is not known.
    """

    name: str
    title: str
    arms: tuple[str, ...]
    n: int | None


def protocol_names() -> tuple[str, ...]:
    """Return the names of the built-in trials, in alphabetical order."""
    return tuple(
        sorted(
            entry.name.removesuffix(_SUFFIX)
            for entry in _LIBRARY.iterdir()
            if entry.name.endswith(_SUFFIX)
        )
    )


def protocol_text(name: str) -> str:
    """Return the text of the built-in trial called `name`."""
    return (_LIBRARY / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def list_protocols() -> tuple[ProtocolSummary, ...]:
    """Return a summary of every built-in trial; cheap, for the files are not validated."""
    summaries: list[ProtocolSummary] = []
    for name in protocol_names():
        raw = tomllib.loads(protocol_text(name))
        arms = raw["arm"]
        summaries.append(
            ProtocolSummary(
                name=name,
                title=str(raw["title"]),
                arms=tuple(str(arm["name"]) for arm in arms),
                n=sum(arm["n"] for arm in arms) if all("n" in arm for arm in arms) else None,
            )
        )
    return tuple(summaries)
