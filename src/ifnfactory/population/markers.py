"""Serum markers that no trial prints for each patient, and the antibody that follows a loss."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.network.table import ParameterTable, TableEntry, load_table
from ifnfactory.population.patients import Bools, Floats

MARKERS: Final[ParameterTable] = load_table(Path(__file__).with_name("markers.toml"))
"""Numbers of this room that are not parameters of the equations, each with source and tag."""

STRATA: Final = ("hbeag_negative", "hbeag_positive")
"""Stratum names, indexed by HBeAg status."""


@dataclass(frozen=True)
class Antibodies:
    """Who makes the antibody once the antigen is lost, shape (n,) each."""

    anti_hbe: Bools
    anti_hbs: Bools


def in_stratum(entry: TableEntry, stratum: str) -> float:
    """Return the value of `entry` in `stratum`, or its general value."""
    return dict(entry.by).get(stratum, entry.value)


def by_status(entry: TableEntry) -> tuple[float, float]:
    """Return the values of `entry` for HBeAg-negative and HBeAg-positive patients."""
    return in_stratum(entry, STRATA[0]), in_stratum(entry, STRATA[1])


def hbeag_level(score: Floats, hbeag_positive: Bools) -> Floats:
    """Return serum HBeAg [S/CO]; 0 in HBeAg-negative patients."""
    entry = MARKERS["log10_hbeag"]
    return np.where(hbeag_positive, 10.0 ** (entry.value + entry.spread.sd * score), 0.0)


def phase(log10_dna: Floats, alt: Floats, hbeag_positive: Bools) -> NDArray[np.str_]:
    """Return the phase of infection of each patient, for example ``"hbeag_positive_hepatitis"``.

    Infection is normal ALT with high (HBeAg-positive) or low (HBeAg-negative) HBV DNA, as in the
    EASL bands; everything else is hepatitis.
    """
    border = np.array(by_status(MARKERS["phase_log10_dna"]))
    quiet_virus = np.where(hbeag_positive, log10_dna >= border[1], log10_dna < border[0])
    infection = (alt <= MARKERS["phase_alt"].value) & quiet_virus
    status = np.array(STRATA)[hbeag_positive.astype(np.int64)]
    return np.char.add(status, np.where(infection, "_infection", "_hepatitis"))


def hbv_rna_level(score: Floats, phases: NDArray[np.str_]) -> Floats:
    """Return serum HBV RNA [copies/mL]."""
    kinds, which = np.unique(phases, return_inverse=True)
    mean = np.array([in_stratum(MARKERS["log10_hbv_rna"], str(kind)) for kind in kinds])
    sd = np.array([in_stratum(MARKERS["log10_hbv_rna_sd"], str(kind)) for kind in kinds])
    return 10.0 ** (mean[which] + sd[which] * score)


def draw_antibodies(rows: NDArray[np.int64], screened: int, seed: Seed) -> Antibodies:
    """Return who of the candidates `rows` (out of `screened`) makes the antibodies."""

    def chosen(name: str) -> Bools:
        draw = stream(seed, "population", name).random(screened)
        return draw[rows] < MARKERS[f"{name}_probability"].value

    return Antibodies(anti_hbe=chosen("anti_hbe"), anti_hbs=chosen("anti_hbs"))
