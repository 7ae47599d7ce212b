"""One set of expectations for every integrator: the compiled kernel and the slow reference."""

import numpy as np
import pytest
from engine_problems import INTEGRATORS, robertson, toy, typical

from ifnfactory.engine.batch import Events, finish, init

pytestmark = pytest.mark.parametrize("make", INTEGRATORS.values(), ids=INTEGRATORS.keys())
NAMES = toy().species_names


def column(name: str) -> int:
    return NAMES.index(name)


def test_doses_superpose_as_bateman_says(make) -> None:
    ka, ke, dose = 0.5, 0.2, 100.0
    constants, initial = typical(toy(), 2)
    days = np.array([0.0, 7.0, 14.0])
    events = Events(
        days, ("depot",) * 3, np.ones(3, bool), np.array([[dose] * 3, [dose, 0.0, 0.0]])
    )
    out = np.array([3.0, 10.0, 20.0, 35.0])
    state, info = make(toy())(init(toy(), constants, initial), 35.0, events, out)

    def bateman(t: np.ndarray) -> np.ndarray:
        since = np.maximum(t, 0.0)
        curve = dose * ka / (ka - ke) * (np.exp(-ke * since) - np.exp(-ka * since))
        return np.where(t > 0, curve, 0.0)

    expected = sum(bateman(out - day) for day in days)
    np.testing.assert_allclose(info.output[0, :, column("central")], expected, rtol=2e-6)
    np.testing.assert_allclose(info.output[1, :, column("central")], bateman(out), rtol=2e-6)
    assert finish(state)[0] == ("completed", 2)


def test_a_visit_on_a_dosing_day_comes_before_the_dose(make) -> None:
    constants, initial = typical(toy(), 1)
    events = Events(np.array([0.0, 7.0]), ("depot",) * 2, np.ones(2, bool), np.full((1, 2), 10.0))
    _, info = make(toy())(init(toy(), constants, initial), 8.0, events, [0.0, 7.0])
    assert info.output[0, 0, column("depot")] == 0.0
    assert info.output[0, 1, column("depot")] == pytest.approx(10 * np.exp(-3.5), rel=1e-5)


def test_an_input_is_held_between_its_settings(make) -> None:
    constants, initial = typical(toy(), 1)
    events = Events(
        np.array([1.0, 3.0]), ("drive", "drive"), np.zeros(2, bool), np.array([[2.0, 0.5]])
    )
    out = [0.5, 2.9, 5.0]
    state, info = make(toy())(init(toy(), constants, initial), 5.0, events, out)
    np.testing.assert_allclose(info.output[0, :, column("effect")], [0.0, 2.0, 0.5], atol=1e-6)
    assert state.constants[0, toy().constant_names.index("drive")] == 0.5


def test_a_run_in_two_parts_is_the_run_in_one(make) -> None:
    constants, initial = typical(toy(), 1)
    events = Events(np.array([0.0, 7.0]), ("depot",) * 2, np.ones(2, bool), np.full((1, 2), 50.0))
    advance = make(toy())
    whole, _ = advance(init(toy(), constants, initial), 14.0, events, [])
    first, _ = advance(init(toy(), constants, initial), 7.0, events, [])
    both, _ = advance(first, 14.0, events, [])
    np.testing.assert_allclose(both.values, whole.values, rtol=1e-5, atol=1e-9)


def test_a_real_power_down_to_small_values(make) -> None:
    # x' = -k x^1.5 has x(t) = (1 + k t / 2)^-2
    constants, initial = typical(toy(), 1)
    out = np.array([1.0, 100.0, 1000.0])
    _, info = make(toy())(init(toy(), constants, initial), 1000.0, Events.none(1), out)
    np.testing.assert_allclose(
        info.output[0, :, column("power")], (1 + 0.05 * out) ** -2, rtol=1e-4
    )


def test_a_patient_who_explodes_is_a_value_and_hurts_nobody(make) -> None:
    constants, initial = typical(toy(), 3)
    constants[1, toy().constant_names.index("g")] = 1.0  # burst at day 1
    state, info = make(toy())(init(toy(), constants, initial), 4.0, Events.none(3), [0.5, 4.0])
    words = dict(finish(state))
    assert words["completed"] == 2
    assert words["step_limit"] + words["non_finite"] == 1
    assert np.isfinite(info.output[[0, 2]]).all()
    assert np.isfinite(info.output[1, 0]).all()
    assert np.isnan(info.output[1, 1]).all()
    with pytest.raises(Exception, match=r"1 (step_limit|non_finite)"):
        finish(state, throw=True)


def test_robertson(make) -> None:
    # Reference values at t = 40: Hairer & Wanner, Solving ODEs II, section IV.1.
    constants, initial = typical(robertson(), 1)
    _, info = make(robertson())(init(robertson(), constants, initial), 40.0, Events.none(1), [40.0])
    expected = [0.7158270688, 0.9185534764e-5, 0.2841637457]
    np.testing.assert_allclose(info.output[0, 0], expected, rtol=1e-5)
