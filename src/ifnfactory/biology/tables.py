"""The parameter tables of the chapters."""

from __future__ import annotations

from pathlib import Path

from ifnfactory.network.table import ParameterTable, load_table


def chapter_table(chapter: str) -> ParameterTable:
    """Return the parameter table of the chapter called `chapter`."""
    return load_table(Path(__file__).parent / "parameters" / f"{chapter}.toml")
