"""What can be read off a tissue: fractions, lengths, speeds, spread and containment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.implicit import steady_field
from ifnfactory.tissue.medium import Field, Medium

Z95: Final = 1.959963984540054
"""Standard normal quantile of a two-sided interval of 95 %."""

PER_UM3_OF_PM: Final = 6.02214076e23 * 1e-12 / 1e15
"""Molecules per um3 at 1 pmol/L."""

HEPATOCYTES_PER_UM3: Final = 1.3e-4
"""Density of hepatocytes (tissue evidence, niche length)."""


@dataclass(frozen=True)
class Share:
    """A proportion with its 95 % interval (Wilson)."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """The proportion; NaN of nothing."""
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval, 0 to 1 of nothing."""
        if not self.of:
            return 0.0, 1.0
        p, n, z2 = self.value, self.of, Z95 * Z95
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z95 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)


def niche_length_um(
    medium: Medium, uptake: Field | None, row: int, column: int, like: Field
) -> float:
    """Return the length over which the signal of one producer falls, measured in this tissue [um].

    The steady field of a single producer has the second moment 4 lambda2 on a sheet, in the
    continuum and on the lattice alike, so that the length follows without a fit. The tissue has to
    be wide: many lengths, or part of the field is cut off and the length comes out short.

    Parameters
    ----------
    like
        A field of the lattice's shape, for its precision.
    """
    source = np.zeros_like(like)
    source[..., row, column] = 1.0
    field, _ = steady_field(medium, source, uptake, tolerance=1e-7)
    r = medium.lattice.distances_um(row, column)
    weights = field.astype(np.float64)
    # In a stack, too, only distances within the sheets count: two of the three directions.
    return math.sqrt(float(np.sum(weights * r * r) / np.sum(weights)) / 4.0)


def plaque_radius(cells: int, site_area: float) -> float:
    """Return the radius of a disc of so many cells, in the length unit of `site_area`."""
    return math.sqrt(cells * site_area / math.pi)


def slope(times: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return the slope of the least-squares line: a front's speed, a plaque's growth."""
    centred = times - times.mean()
    # Centred as well, so that what does not move has a slope of exactly 0.
    return float(centred @ (values - values[0]) / (centred @ centred))


def secondary_producers(producers_with_loop: float, producers_without: float) -> float:
    """Return the factory's amplification number: further producers that each producer recruits.

    Both are of producers, or of the interferon that they made, in runs with the same random
    numbers, one of them with the loop (interferon receptor to IRF7) cut. NaN without any producer.
    """
    if producers_without <= 0.0:
        return math.nan
    return (producers_with_loop - producers_without) / producers_without


def spread_number(
    times_h: NDArray[np.float64], ever_infected: NDArray[np.float64], generation_h: float
) -> float:
    """Return how many cells an infected cell infects in its generation time, early in a run.

    The first step of the curve of cells ever infected: what was added in one generation after the
    start, for each cell infected at the start. Compare a run with and without interferon.

    Parameters
    ----------
    times_h, ever_infected
        The curve, (samples,); it starts with at least one infected cell.
    """
    if ever_infected[0] <= 0.0 or times_h[-1] < times_h[0] + generation_h:
        return math.nan
    later = float(np.interp(times_h[0] + generation_h, times_h, ever_infected))
    return (later - float(ever_infected[0])) / float(ever_infected[0])


def footprint_um(
    producer_per_s: float, niche_um: float, diffusion_um2_s: float, volume_share: float, pm: float
) -> float:
    """Return the radius within which one producer keeps interferon above a concentration [um].

    The steady profile in three dimensions, c(r) = q / (4 pi phi D r) exp(-r / lambda).

    Parameters
    ----------
    producer_per_s
        Molecules a second.
    volume_share
        Extracellular share of the volume, phi.
    pm
        The concentration [pmol/L].
    """
    wanted = pm * PER_UM3_OF_PM
    strength = producer_per_s / (4.0 * math.pi * volume_share * diffusion_um2_s)
    low, high = 1e-9, 1e6
    for _ in range(200):
        middle = 0.5 * (low + high)
        above = strength / middle * math.exp(-middle / niche_um) > wanted
        low, high = (middle, high) if above else (low, middle)
    return 0.5 * (low + high)


def cells_covered(radius_um: float) -> float:
    """Return the hepatocytes within a sphere."""
    return HEPATOCYTES_PER_UM3 * 4.0 / 3.0 * math.pi * radius_um**3
