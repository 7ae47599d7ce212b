"""Who was enrolled: one line a covariate, one cell an arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.population.patients import PatientTable
from ifnfactory.trial.result import TrialResult

Cell = Callable[[PatientTable], str]


def baseline_lines(result: TrialResult) -> tuple[tuple[str, ...], ...]:
    """Return a name and a cell per arm for each covariate; what concerns nobody is left out."""
    tables = [arm.patients for arm in result.arms]
    lines = [(name, *(cell(table) for table in tables)) for name, cell in _LINES]
    return tuple(line for line in lines if set(line[1:]) - {"0 %", "0"})


def _range(values: NDArray[np.float64], decimals: int) -> str:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return "–"
    low, middle, high = np.quantile(finite, (0.05, 0.5, 0.95))
    if low == high:
        return f"{middle:.{decimals}f}"
    return f"{middle:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})"


def _share(yes: NDArray[np.bool_]) -> str:
    return f"{100.0 * float(np.mean(yes)):.0f} %" if yes.size else "–"


def _genotypes(table: PatientTable) -> str:
    return ", ".join(f"{kind} {_share(table.genotype == kind)}" for kind in GENOTYPES)


_LINES: Final[tuple[tuple[str, Cell], ...]] = (
    ("Age [year]", lambda t: _range(t.age, 0)),
    ("Women", lambda t: _share(t.female)),
    ("Weight [kg]", lambda t: _range(t.weight, 0)),
    ("HBV genotype", _genotypes),
    ("HBeAg positive", lambda t: _share(t.hbeag_positive)),
    ("HBV DNA, untreated [log10 IU/mL]", lambda t: _range(np.log10(t.hbv_dna0), 1)),
    ("HBsAg, untreated [log10 IU/mL]", lambda t: _range(np.log10(t.hbsag0), 1)),
    ("ALT, untreated [U/L]", lambda t: _range(t.alt0, 0)),
    ("Cirrhosis", lambda t: _share(t.cirrhosis)),
    ("Earlier interferon", lambda t: _share(t.prior_interferon)),
    ("Years on a nucleos(t)ide analogue", lambda t: _range(t.prior_na_years, 0)),
)
