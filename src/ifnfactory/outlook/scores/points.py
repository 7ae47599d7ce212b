"""Scores that add up points: one engine over the point tables of ``scores.json``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ifnfactory.outlook.scores.bands import Band, look_up, read_band
from ifnfactory.outlook.scores.catalogue import definitions
from ifnfactory.outlook.scores.inputs import Findings

BANDED: Final[dict[str, str]] = {
    "age": "age",
    "plt": "platelets",
    "albumin_gL": "albumin",
    "alt": "alt",
    "dna_copies_mL": "hbv_dna_copies",
    "hbeag_neg_dna": "hbv_dna_copies",
}
"""Key of a point table -> field of `Findings` whose value is looked up in it."""

FLAGGED: Final[dict[str, str]] = {
    "male": "male",
    "hbeag_pos": "hbeag_positive",
    "cirrhosis": "cirrhosis",
    "diabetes": "diabetes",
    "family_history_HCC": "family_history_hcc",
    "regular_alcohol": "alcohol",
}
"""Key of a number of points -> field of `Findings` that has to be true."""

_LABELS: Final[dict[str, str]] = {
    "alt": "ALT",
    "hbv_dna_copies": "HBV DNA copies/mL",
    "hbeag_positive": "HBeAg-positive",
    "family_history_hcc": "family history of HCC",
    "alcohol": "regular alcohol",
}

_REFERENCE: Final = re.compile(r"^as (.+)$")
_PLATELETS: Final = re.compile(r"^plt_(?:lt|ge)?(\d+)(?:_\d+)?$")


@dataclass(frozen=True)
class Term:
    """One addend: what it is about, the band that was met, and its value."""

    name: str
    band: str
    value: float


def sum_points(definition: Mapping[str, Any], findings: Findings) -> tuple[Term, ...]:
    """Return the terms of a point score; the score is the sum of their values.

    The findings that the definition asks for have to be there.
    """
    terms: list[Term] = []
    for key, table in _tables(definition).items():
        field = BANDED.get(key) or FLAGGED.get(key)
        if field is None or (key == "hbeag_neg_dna" and findings.hbeag_positive):
            continue
        found = getattr(findings, field)
        if key in BANDED:
            band = look_up(_bands(table), found)
            terms.append(Term(_LABELS.get(field, field), band.text, band.meaning))
        else:
            label, points = _LABELS.get(field, field), float(table) if found else 0.0
            terms.append(Term(label, "yes" if found else "no", points))
    return tuple(terms)


def _tables(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the point tables, with references followed and PAGE-B's platelets in one table."""
    tables: dict[str, Any] = {}
    platelets: list[list[Any]] = []
    for key, table in definition.items():
        if _PLATELETS.match(key):
            band = key.removeprefix("plt_").replace("_", "-")
            platelets.append([band.replace("lt", "<").replace("ge", ">="), table])
        elif isinstance(table, str) and (reference := _REFERENCE.match(table)):
            tables[key] = definitions()[reference.group(1)][key]
        else:
            tables[key] = table
    if platelets:
        tables["plt"] = platelets
    return tables


def _bands(rows: list[list[Any]]) -> list[Band[float]]:
    # PAGE-B and mPAGE-B write the lower end of an age band as a number.
    return [
        read_band(lower if isinstance(lower, str) else f">={lower}", float(points))
        for lower, points in rows
    ]
