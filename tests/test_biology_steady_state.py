"""The untreated state: exact for every patient, and it stays."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import expit, logit

from ifnfactory.biology.check import CLOCKS
from ifnfactory.biology.steady_state import Baseline, SteadyState, untreated_state
from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import STRATA, Stratum, typical_baseline, typical_patient
from ifnfactory.network.evaluate import changes, turnovers

Floats = NDArray[np.float64]


def draw(stratum: Stratum, n: int, seed: int, width: float) -> tuple[Floats, Baseline]:
    """Draw patients whose parameters lie up to `width` SD from the typical ones."""
    network = build_system()
    rng = np.random.default_rng(seed)
    constants = np.repeat(typical_patient(network, stratum).constants, n, axis=0)
    for column, p in enumerate(network.parameters):
        score = rng.uniform(-width, width, n)
        if p.value is None or p.spread.kind == "none":
            continue
        if p.spread.kind == "logitnormal":
            constants[:, column] = expit(logit(p.typical(stratum)) + p.spread.sd * score)
        elif p.spread.kind == "lognormal":
            constants[:, column] = p.typical(stratum) * np.exp(p.spread.sd * score)
    markers = Baseline(
        hbv_dna=10.0 ** rng.uniform(2, 10.7, n),
        hbsag=10.0 ** rng.uniform(0, 5.3, n),
        hbeag=np.zeros(n),
        hbv_rna=10.0 ** rng.uniform(1, 8, n),
        alt=rng.uniform(12, 600, n),
        hbeag_positive=np.full(n, stratum == "hbeag_positive"),
    )
    return constants, markers


def residual(state: SteadyState) -> Floats:
    network = build_system()
    x, k = state.initial.T, state.constants.T
    share = np.abs(changes(network)(x, k)) / np.maximum(turnovers(network)(x, k), 1e-300)
    return share[[name not in CLOCKS for name in network.species_names]]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.sampled_from(STRATA), st.integers(0, 2**32 - 1), st.floats(0.0, 3.0))
def test_every_right_hand_side_is_zero_for_any_patient(
    stratum: Stratum, seed: int, width: float
) -> None:
    state = untreated_state(build_system(), *draw(stratum, 32, seed, width))
    assert np.all(np.isfinite(state.initial))
    assert state.initial.min() >= 0.0
    assert np.all(np.isfinite(state.constants))
    assert residual(state).max() < 1e-10


@pytest.mark.parametrize("stratum", STRATA)
def test_impossible_draws_are_bent_not_rejected(stratum: Stratum) -> None:
    """Nearly all cells infected and a violent immune attack at once."""
    network = build_system()
    constants = typical_patient(network, stratum).constants
    column = network.constant_names.index
    constants[0, column("infected_fraction")] = 0.97
    constants[0, column("integrated_fraction")] = 0.5
    constants[0, column("total_kill_rate")] = 2.0
    state = untreated_state(network, constants, typical_baseline(stratum))
    names = dict(zip(network.species_names, state.initial[0], strict=True))
    kinds = ("uninfected", "infected", "cured", "integrated")
    cells = [names[f"{kind}_hepatocytes"] for kind in kinds]
    assert residual(state).max() < 1e-10
    assert min(cells) > 0.0
    assert 0.75 < sum(cells) < 1.0
    assert cells[0] > 0.05


def test_given_markers_and_slot_constants_are_kept() -> None:
    network = build_system()
    constants, markers = draw("hbeag_negative", 5, 3, 1.0)
    constants[:, network.constant_names.index("ec50_a")] = 5.166
    before = constants.copy()
    state = untreated_state(network, constants, markers)
    column = network.constant_names.index
    assert np.array_equal(constants, before, equal_nan=True)
    assert np.all(state.constants[:, column("ec50_a")] == 5.166)
    assert np.array_equal(state.constants[:, column("hbv_dna_baseline")], markers.hbv_dna)
    assert np.array_equal(state.initial[:, network.species_names.index("serum_alt")], markers.alt)
    background = state.constants[:, column("alt_background_own")]
    assert np.all(background < markers.alt)


def test_one_more_patient_changes_nobody() -> None:
    constants, markers = draw("hbeag_positive", 9, 5, 2.0)
    network = build_system()
    everybody = untreated_state(network, constants, markers)
    few = Baseline(**{name: value[:4] for name, value in vars(markers).items()})
    first = untreated_state(network, constants[:4], few)
    assert np.array_equal(everybody.initial[:4], first.initial)
    assert np.array_equal(everybody.constants[:4], first.constants)


@lru_cache(maxsize=2)
def stopped(stratum: Stratum) -> SteadyState:
    network = build_system()
    constants, markers = draw(stratum, 6, 11, 1.0)
    for clock in ("seroconversion_hazard", "release_hazard"):
        constants[:, network.constant_names.index(clock)] = 0.0
    return untreated_state(network, constants, markers)


@pytest.mark.parametrize("patient", range(6))
@pytest.mark.parametrize("stratum", STRATA)
def test_untreated_markers_do_not_drift_while_the_clocks_stand_still(
    stratum: Stratum, patient: int
) -> None:
    network, state = build_system(), stopped(stratum)
    x, k = state.initial[patient], state.constants[patient]
    f = changes(network)
    atol = 1e-3 * np.array([s.absolute_tolerance for s in network.species])
    year = solve_ivp(lambda _t, y: f(y, k), (0.0, 365.0), x, method="LSODA", rtol=1e-10, atol=atol)
    for marker in ("virions", "surface_antigen", "rna_particles", "serum_alt"):
        row = network.species_names.index(marker)
        assert abs(np.log10(year.y[row, -1] / x[row])) < 1e-6
