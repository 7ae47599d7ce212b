"""Fast Fourier transforms: the exact field of a periodic sheet with the same uptake everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ifnfactory.tissue.lattice import Kind
from ifnfactory.tissue.medium import Field, Medium


def symbol(medium: Medium, uptake: float = 0.0) -> NDArray[np.float64]:
    """Return the decay rate of each wave [1/s], in the order of `scipy.fft.rfftn`.

    On the hex lattice 2 k (3 - cos p - cos q - cos(p - q)) + loss in axial wave numbers p and q.

    Raises
    ------
    ValueError
        If the medium is not a full periodic sheet.
    """
    lattice = medium.lattice
    if not lattice.torus or medium.inside is not None or lattice.layers > 1:
        raise ValueError("waves need a full periodic sheet of one layer")
    q = 2.0 * np.pi * fft.fftfreq(lattice.height)[:, np.newaxis]
    p = 2.0 * np.pi * fft.rfftfreq(lattice.width)[np.newaxis, :]
    waves = 2.0 - np.cos(p) - np.cos(q)
    if lattice.kind is Kind.HEX:
        waves = waves + 1.0 - np.cos(p - q)
    return 2.0 * medium.hop * waves + medium.decay_per_s + uptake


def spectral_steady(medium: Medium, source: Field, uptake: float = 0.0, workers: int = 1) -> Field:
    """Return the steady field: the exact solution of the screened Poisson equation of the lattice.

    Raises
    ------
    ValueError
        If nothing is ever lost: then there is no steady field.
    """
    rates = symbol(medium, uptake)
    if rates[0, 0] <= 0.0:
        raise ValueError("without decay or uptake the amount grows for ever")
    waves = _waves(source, workers) / rates
    return _back(waves, source, workers)


def spectral_step(
    medium: Medium,
    c: Field,
    dt_s: float,
    source: Field | None = None,
    uptake: float = 0.0,
    workers: int = 1,
) -> Field:
    """Return the field `dt_s` later, exact for a constant source and any length of step."""
    rates = symbol(medium, uptake)
    fade = np.exp(-rates * dt_s)
    waves = _waves(c, workers) * fade
    if source is not None:
        still = np.where(rates > 0.0, rates, 1.0)
        gain = np.where(rates > 0.0, -np.expm1(-rates * dt_s) / still, dt_s)
        waves = waves + _waves(source, workers) * gain
    return _back(waves, c, workers)


def _waves(field: Field, workers: int) -> NDArray[Any]:
    return np.asarray(fft.rfftn(field, workers=workers))


def _back(waves: NDArray[Any], like: Field, workers: int) -> Field:
    return np.asarray(fft.irfftn(waves, s=like.shape, workers=workers), dtype=like.dtype)
