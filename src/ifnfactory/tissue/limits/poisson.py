"""The steady field of one producer: Bessel function, lattice, and total amount."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import k0

from ifnfactory.tissue.implicit import steady_field
from ifnfactory.tissue.lattice import Lattice
from ifnfactory.tissue.measures import slope
from ifnfactory.tissue.medium import Field, Medium
from ifnfactory.tissue.spectral import spectral_steady

_HOP: Final = 1.0


def sheet(length: float) -> Medium:
    """Return a wide periodic sheet of pitch 1 and hop rate 1 whose niche is `length` sites."""
    side = 1024 if length > 8 else 512
    diffusion = 1.5 * _HOP
    return Medium(Lattice(side, side, pitch_um=1.0), diffusion, diffusion / length**2)


@lru_cache(maxsize=2)
def lattice_field(length: float) -> Field:
    """Return the field of a producer of 1 at site (0, 0), relaxed by our own solver."""
    medium = sheet(length)
    source = np.zeros(medium.lattice.shape)
    source[0, 0] = 1.0
    field, info = steady_field(medium, source, tolerance=1e-11)
    if not info.converged:
        raise ArithmeticError(f"the relaxation stopped at an imbalance of {info.imbalance}")
    return field


def excess_over_bessel(length: float, distance: int) -> float:
    """Return by how many percent the lattice differs from K0 at `distance` sites along an axis."""
    area = math.sqrt(3.0) / 2.0
    continuum = area * float(k0(distance / length)) / (2.0 * math.pi * 1.5 * _HOP)
    return 100.0 * (float(lattice_field(length)[0, distance]) / continuum - 1.0)


def at_source(length: float) -> float:
    """Return the amount at the producer itself, in units of Q/k."""
    return float(lattice_field(length)[0, 0]) / _HOP


def total_over_expected(length: float) -> float:
    """Return the total amount times the decay over the production; 1 exactly."""
    field = lattice_field(length)
    return float(np.sum(field)) * sheet(length).decay_per_s


def relaxed_beside_waves(length: float) -> float:
    """Return the largest difference of our solver from the exact waves, over the largest amount."""
    medium = sheet(length)
    source = np.zeros(medium.lattice.shape)
    source[0, 0] = 1.0
    exact = spectral_steady(medium, source)
    return float(np.max(np.abs(lattice_field(length) - exact)) / np.max(exact))


def niche_slope(seed: int) -> float:
    """Return the slope of log niche length against log density of randomly placed consumers.

    A line of producers, so that the mean profile falls as exp(-r / lambda); lambda from 6 sites on,
    where the lattice is as good as the continuum.
    """
    rng = np.random.default_rng(seed)
    lattice = Lattice(192, 512, pitch_um=1.0)
    source = np.zeros(lattice.shape)
    source[:, 0] = 1.0
    densities = np.array([0.1, 0.2, 0.4, 0.8])
    # The line of producers runs along an axis: the sites at one distance from it are a column.
    reach = np.arange(3, 40)
    away = np.asarray(reach * (math.sqrt(3.0) / 2.0), dtype=np.float64)
    lengths: list[float] = []
    for density in densities:
        eats = np.where(rng.random(lattice.shape) < density, 0.04, 0.0)
        field, _ = steady_field(Medium(lattice, 1.5), source, eats, tolerance=1e-7)
        profile = np.log(field.mean(axis=0)[reach])
        lengths.append(-1.0 / slope(away, profile))
    return slope(np.log(densities), np.log(np.array(lengths)))
