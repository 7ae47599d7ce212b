"""Spreading in time: the second moment, the stable step, the error of each scheme, the budget."""

from __future__ import annotations

import math

import numpy as np

from ifnfactory.tissue.explicit import explicit_advance, explicit_step
from ifnfactory.tissue.implicit import implicit_step
from ifnfactory.tissue.lattice import Kind, Lattice
from ifnfactory.tissue.medium import Field, Medium, rate_of_change
from ifnfactory.tissue.spectral import spectral_step
from ifnfactory.tissue.super_step import rkl2_step


def second_moment_ratio(steps: int = 40) -> float:
    """Return <r2> / (4 D t) of a drop after some explicit steps; 1 exactly on the lattice."""
    medium = Medium(Lattice(257, 257, pitch_um=1.0), 1.5)
    field = np.zeros(medium.lattice.shape)
    field[128, 128] = 1.0
    dt = 0.5 * medium.longest_step()
    for _ in range(steps):
        field, _ = explicit_step(medium, field, dt)
    r = medium.lattice.distances_um(128, 128)
    return float(np.sum(field * r * r) / np.sum(field)) / (4.0 * 1.5 * dt * steps)


def greens_error() -> float:
    """Return the largest error of a spreading drop against Green's function, over its peak.

    At t = 40 a2/D, well after the 10 a2/D from which the continuum holds.
    """
    medium = Medium(Lattice(257, 257, pitch_um=1.0), 1.5, 0.001)
    field = np.zeros(medium.lattice.shape)
    field[128, 128] = 1.0
    time = 40.0 / 1.5
    field, _ = explicit_advance(medium, field, time, share_of_limit=0.1)
    r = medium.lattice.distances_um(128, 128)
    spread = 4.0 * 1.5 * time
    exact = math.sqrt(3.0) / 2.0 / (math.pi * spread) * np.exp(-r * r / spread - 0.001 * time)
    return float(np.max(np.abs(field - exact)) / np.max(exact))


def longest_step(diffusion_um2_s: float, cubic: bool) -> float:
    """Return the longest explicit step that keeps a single filled site from going negative [s].

    Found by trying, with the kernel itself: the hex sheet, or the cubic lattice.
    """
    lattice = Lattice(8, 8, 8, kind=Kind.SQUARE) if cubic else Lattice(8, 8)
    medium = Medium(lattice, diffusion_um2_s)
    field = np.zeros(lattice.shape)
    field.reshape(-1)[field.size // 2 + 4] = 1.0  # not at the closed top or bottom of the stack
    change = float(np.min(rate_of_change(medium, field)))
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if 1.0 + middle * change >= 0.0 else (low, middle)
    return low


def _two_sources() -> tuple[Medium, Field, Field]:
    """Return the test of tissue.md 4.5: a square lattice with two producers."""
    lattice = Lattice(128, 128, kind=Kind.SQUARE)
    medium = Medium(lattice, 50.0, 1.0 / 3600.0)
    source = np.zeros(lattice.shape)
    source[64, 64] = source[40, 80] = 139.0
    return medium, source, spectral_step(medium, np.zeros(lattice.shape), 600.0, source)


def explicit_error() -> float:
    """Return the error of explicit steps at 0.9 of the limit, against the exact waves."""
    medium, source, exact = _two_sources()
    found, _ = explicit_advance(medium, np.zeros_like(source), 600.0, source)
    return float(np.max(np.abs(found - exact)) / np.max(exact))


def super_step_error(tau_s: float, stages: int) -> float:
    """Return the error of super-steps, against the exact waves."""
    medium, source, exact = _two_sources()
    found = np.zeros_like(source)
    for _ in range(round(600.0 / tau_s)):
        found, _ = rkl2_step(medium, found, tau_s, source, stages=stages)
    return float(np.max(np.abs(found - exact)) / np.max(exact))


def implicit_error(dt_s: float) -> float:
    """Return the error of implicit steps, against the exact waves."""
    medium, source, exact = _two_sources()
    found = np.zeros_like(source)
    for _ in range(round(600.0 / dt_s)):
        found, _, _ = implicit_step(medium, found, dt_s, source, tolerance=1e-8)
    return float(np.max(np.abs(found - exact)) / np.max(exact))


def worst_imbalance(steps: int = 60, seed: int = 1) -> float:
    """Return the largest share of a signal that any scheme loses, float32 and patchy uptake."""
    rng = np.random.default_rng(seed)
    lattice = Lattice(96, 96)
    medium = Medium(lattice, 50.0, 1.0 / 21600.0)
    uptake = np.where(rng.random(lattice.shape) < 0.8, 0.005, 0.0).astype(np.float32)
    source = np.where(rng.random(lattice.shape) < 0.02, 139.0, 0.0).astype(np.float32)
    worst = 0.0
    for scheme in range(3):
        field = np.zeros(lattice.shape, dtype=np.float32)
        book = None
        for _ in range(steps):
            if scheme == 0:
                field, page = explicit_step(medium, field, 2.5, source, uptake)
            elif scheme == 1:
                field, page = rkl2_step(medium, field, 30.0, source, uptake)
            else:
                field, _, page = implicit_step(medium, field, 60.0, source, uptake)
            book = page if book is None else book + page
        worst = max(worst, abs(book.imbalance) if book is not None else math.inf)
    return worst
