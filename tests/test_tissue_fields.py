"""Fields: every scheme against the exact waves, against the others, and against its own budget."""

from __future__ import annotations

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.tissue.explicit import explicit_advance, explicit_step
from ifnfactory.tissue.implicit import implicit_step, steady_field
from ifnfactory.tissue.lattice import Boundary, Kind, Lattice
from ifnfactory.tissue.limits import diffusion
from ifnfactory.tissue.lobule import one_lobule
from ifnfactory.tissue.measures import niche_length_um
from ifnfactory.tissue.medium import Medium, rate_of_change, total
from ifnfactory.tissue.spectral import spectral_steady, spectral_step
from ifnfactory.tissue.super_step import rkl2_step, stages_needed
from ifnfactory.tissue.team import Team

RNG = np.random.default_rng(7)
LATTICES = {
    "sheet": Lattice(24, 30),
    "closed": Lattice(24, 30, boundary=Boundary.CLOSED),
    "stack": Lattice(10, 12, 4),
    "closed stack": Lattice(10, 12, 4, Boundary.CLOSED),
    "square": Lattice(16, 20, kind=Kind.SQUARE),
}


def patchy(lattice: Lattice, dtype: type = np.float64):
    source = np.where(RNG.random(lattice.shape) < 0.05, 100.0, 0.0).astype(dtype)
    uptake = np.where(RNG.random(lattice.shape) < 0.8, 0.005, 0.0).astype(dtype)
    return source, uptake


def slow_rate(medium: Medium, c, source, uptake):
    """Return the right-hand side one site at a time."""
    lattice = medium.lattice
    sheets, out = c.reshape(lattice.layers, lattice.height, lattice.width), np.zeros(c.size)
    for at, (z, y, x) in enumerate(np.ndindex(sheets.shape)):
        flow = sum(medium.hop * (sheets[z, j, i] - sheets[z, y, x]) for j, i in
                   lattice.neighbours(y, x))  # fmt: skip
        for other in (z - 1, z + 1):
            if 0 <= other < lattice.layers:
                flow += medium.up * (sheets[other, y, x] - sheets[z, y, x])
        lost = medium.decay_per_s + uptake.flat[at]
        out[at] = flow - lost * sheets[z, y, x] + source.flat[at]
    return out.reshape(c.shape)


@pytest.mark.parametrize("name", LATTICES)
def test_rows_are_what_one_site_at_a_time_gives(name: str) -> None:
    medium = Medium(LATTICES[name], 50.0, 1e-4)
    source, uptake = patchy(medium.lattice)
    c = RNG.random(medium.lattice.shape)
    found = rate_of_change(medium, c, source, uptake)
    assert found == pytest.approx(slow_rate(medium, c, source, uptake), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", LATTICES)
def test_the_relaxed_field_is_the_one_that_explicit_steps_end_in(name: str) -> None:
    medium = Medium(LATTICES[name], 50.0, 1e-3)
    source, uptake = patchy(medium.lattice)
    steady, info = steady_field(medium, source, uptake, tolerance=1e-8)
    stepped, _ = explicit_advance(medium, np.zeros_like(source), 8000.0, source, uptake)
    assert info.converged
    assert steady == pytest.approx(stepped, rel=1e-3, abs=1e-6 * steady.max())
    spent = total(steady) * 1e-3 + total(steady, uptake)
    assert spent == pytest.approx(source.sum(), rel=1e-6)


@pytest.mark.parametrize("length", [1.0, 4.0])
def test_the_relaxed_field_is_the_exact_one_of_waves(length: float) -> None:
    medium = Medium(Lattice(96, 96, pitch_um=1.0), 1.5, 1.5 / length**2)
    source, _ = patchy(medium.lattice)
    exact = spectral_steady(medium, source)
    found, _ = steady_field(medium, source, tolerance=1e-9)
    assert np.max(np.abs(found - exact)) < 1e-8 * exact.max()
    single, info = steady_field(medium, source.astype(np.float32), tolerance=1e-6)
    assert info.converged
    assert np.max(np.abs(single - exact)) < 1e-5 * exact.max()


def test_a_warm_start_needs_fewer_sweeps() -> None:
    medium = Medium(Lattice(64, 64), 50.0, 1e-3)
    source, uptake = patchy(medium.lattice)
    cold, first = steady_field(medium, source, uptake)
    _, again = steady_field(medium, source * 1.0001, uptake, start=cold)
    assert again.sweeps < first.sweeps / 2


def test_errors_of_the_schemes_are_the_known_ones() -> None:
    # Published check of super-time-stepping on this very problem: 2.9e-4, 7.3e-5, 2.5e-3.
    assert diffusion.explicit_error() == pytest.approx(2.9e-4, rel=0.02)
    assert diffusion.super_step_error(30.0, 7) == pytest.approx(7.3e-5, rel=0.02)
    assert diffusion.super_step_error(60.0, 9) == pytest.approx(2.5e-3, rel=0.02)
    # Implicit Euler is of first order: half the step, half the error; it never needs a limit.
    long, short = diffusion.implicit_error(120.0), diffusion.implicit_error(60.0)
    assert long / short == pytest.approx(2.0, rel=0.05)
    assert long < 0.02


def test_waves_are_exact_for_any_length_of_step() -> None:
    medium = Medium(Lattice(32, 32), 50.0, 1e-3)
    source, _ = patchy(medium.lattice)
    once = spectral_step(medium, source, 300.0, source)
    twice = spectral_step(medium, spectral_step(medium, source, 100.0, source), 200.0, source)
    assert once == pytest.approx(twice, rel=1e-10)


def test_an_unstable_step_is_refused_with_the_longest_that_is_possible() -> None:
    medium = Medium(Lattice(16, 16), 50.0)
    field = np.zeros((16, 16))
    field[3, 3] = 1.0
    with pytest.raises(UserInputError, match=r"at most 3\.125 s"):
        explicit_step(medium, field, 3.2)
    with pytest.raises(UserInputError, match="give 8 or more"):
        rkl2_step(medium, field, 60.0, stages=5)
    later, _ = explicit_step(medium, field, 3.125)
    assert later.min() >= 0.0
    assert stages_needed(medium, 60.0) == 9
    # The limit is not merely cautious: a little beyond it an amount goes negative.
    assert (field + 3.2 * rate_of_change(medium, field)).min() < 0.0


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Medium(Lattice(8, 8), rate)


def test_nothing_is_lost_by_any_scheme() -> None:
    assert diffusion.worst_imbalance() < 1e-6


@pytest.mark.parametrize("lattice", [Lattice(300, 257), Lattice(40, 130, 8, Boundary.CLOSED)])
def test_bits_do_not_depend_on_the_number_of_threads(lattice: Lattice) -> None:
    medium = Medium(lattice, 50.0, 1e-4)
    source, uptake = patchy(lattice, np.float32)
    start = RNG.random(lattice.shape).astype(np.float32)
    with Team(2) as two:
        for scheme in (
            lambda team: explicit_step(medium, start, 1.0, source, uptake, team),
            lambda team: rkl2_step(medium, start, 30.0, source, uptake, team=team),
            lambda team: implicit_step(medium, start, 60.0, source, uptake, team=team),
        ):
            (alone, *_, book), (shared, *_, other) = scheme(Team(1)), scheme(two)
            assert alone.tobytes() == shared.tobytes()
            assert book == other


def test_a_lobule_keeps_its_signal_inside() -> None:
    lobule = one_lobule(6)
    medium = Medium(lobule.lattice, 50.0, 0.0, lobule.inside.astype(np.uint8))
    field = np.where(lobule.central, 1.0, 0.0)
    for _ in range(200):
        field, book = explicit_step(medium, field, 3.0)
    assert np.all(field[~lobule.inside] == 0.0)
    assert field[lobule.inside] == pytest.approx(1.0 / lobule.inside.sum(), rel=0.2)
    assert book.present == pytest.approx(1.0, rel=1e-12)


def test_the_niche_length_is_measured_without_a_fit() -> None:
    medium = Medium(Lattice(128, 128), 50.0, 50.0 / 100.0**2)
    assert medium.niche_length_um() == pytest.approx(100.0)
    like = np.zeros(medium.lattice.shape)
    assert niche_length_um(medium, None, 64, 64, like) == pytest.approx(100.0, rel=1e-3)
