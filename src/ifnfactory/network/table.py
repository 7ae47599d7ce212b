"""Parameter tables: TOML files in which every number has a unit, a source and a tag."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.model import Spread, SpreadKind

_KEYS = {"value", "by", "unit", "symbol", "spread", "sd", "source", "tag", "description"}


@dataclass(frozen=True)
class TableEntry:
    """One parameter as it stands in a file."""

    name: str
    symbol: str
    value: float
    by: tuple[tuple[str, float], ...]
    unit: str
    spread: Spread
    source: Source
    description: str


@dataclass(frozen=True)
class ParameterTable:
    """The entries of one file, by name."""

    file: str
    entries: tuple[TableEntry, ...]

    def __getitem__(self, name: str) -> TableEntry:
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise ModelError(f"{self.file}: no parameter is called {name!r}")

    def __iter__(self) -> Iterator[TableEntry]:
        return iter(self.entries)


def load_table(path: Path) -> ParameterTable:
    """Read one parameter file.

    Raises
    ------
    ModelError
        Listing every entry that lacks a unit, a source or a known tag, or has a strange key.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    entries: list[TableEntry] = []
    faults: list[str] = []
    for name, body in document.items():
        try:
            entries.append(_entry(name, cast("Mapping[str, Any]", body)))
        except (KeyError, ValueError, TypeError) as error:
            faults.append(f"{path.name}: [{name}]: {error}")
    if faults:
        raise ModelError("\n".join(faults))
    return ParameterTable(path.name, tuple(entries))


def _entry(name: str, body: Mapping[str, Any]) -> TableEntry:
    strange = set(body) - _KEYS
    if strange:
        raise ValueError(f"unknown keys {', '.join(sorted(strange))}")
    kind = str(body.get("spread", "none"))
    if kind not in get_args(SpreadKind):
        raise ValueError(f"spread {kind!r} is none of {', '.join(get_args(SpreadKind))}")
    by = cast("Mapping[str, float]", body.get("by", {}))
    return TableEntry(
        name=name,
        symbol=str(body.get("symbol", name)),
        value=float(body["value"]),
        by=tuple((stratum, float(value)) for stratum, value in by.items()),
        unit=str(body["unit"]),
        spread=Spread(cast("SpreadKind", kind), float(body.get("sd", 0.0))),
        source=Source(str(body["source"]), str(body["tag"])),
        description=str(body["description"]),
    )
