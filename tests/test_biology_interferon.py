"""The interferon factory alone: response, brakes, amplification."""

import numpy as np
import pytest
from solo import Solo, alone

from ifnfactory.biology.interferon import interferon

G0 = 0.0118
PORTS = {
    "interferon_exposure": 0.0,
    "infected_hepatocytes": 0.4,
    "infected_baseline": 0.4,
    "cytolysis": 1e-4,
    "cytolysis_baseline": 1e-4,
    "isg_baseline": G0,
}
QUIET = {
    "endogenous_interferon": 0.0209,
    "priming": G0,
    "socs1": 0.0205,
    "isg": G0,
    "usp18": 0.05 + G0,
    "antiviral_state": G0,
}


def factory(**changed: float) -> Solo:
    return alone(interferon(), PORTS | changed, QUIET)


def test_response_rises_within_a_week_and_stays_under_constant_exposure() -> None:
    course = factory(interferon_exposure=2.4).run([0, 7, 28, 336])
    g = course["isg"]
    assert g[1] > 0.25
    assert g[1] > 0.9 * g[3]
    assert abs(g[2] / g[3] - 1) < 0.03


def test_nothing_happens_without_exposure() -> None:
    course = factory().run([0, 336])
    assert course["isg"][-1] == pytest.approx(G0, rel=0.02)


@pytest.mark.parametrize("brake", ["socs1_half_inhibition", "usp18_half_inhibition"])
def test_brakes_desensitise(brake: str) -> None:
    braked = factory(interferon_exposure=2.4).run([0, 28])["isg"][-1]
    free = factory(interferon_exposure=2.4, **{brake: 1e9}).run([0, 28])["isg"][-1]
    assert free > 1.02 * braked


def test_socs1_brakes_within_hours_and_usp18_within_days() -> None:
    course = factory(interferon_exposure=2.4).run([0, 0.25, 4, 60])
    socs1, usp18 = course["socs1"], course["usp18"]
    assert socs1[1] > 0.95 * socs1[3]
    assert usp18[1] < 0.4 * usp18[3]
    assert usp18[2] > 0.5 * usp18[3]


def test_a_high_basal_usp18_makes_a_weak_responder() -> None:
    usual = factory(interferon_exposure=2.4).run([0, 28])["isg"][-1]
    weak = factory(interferon_exposure=2.4, usp18_basal=2.0).run([0, 28])["isg"][-1]
    assert weak < 0.8 * usual


def test_the_liver_amplifies_a_given_dose_when_cells_die() -> None:
    flare = PORTS["cytolysis_baseline"] * 30
    calm = factory(interferon_exposure=1.0).run([0, 56])
    stirred = factory(interferon_exposure=1.0, cytolysis=flare).run([0, 56])
    unprimed = factory(interferon_exposure=1.0, cytolysis=flare, priming_gain=0.0).run([0, 56])
    assert 1.0 < calm["interferon_amplification"][-1] < 1.1
    assert stirred["interferon_amplification"][-1] > 1.5
    assert stirred["isg"][-1] > 1.1 * calm["isg"][-1]
    assert stirred["endogenous_interferon"][-1] > 1.3 * unprimed["endogenous_interferon"][-1]


def test_infected_cells_are_nearly_invisible() -> None:
    """Suslov 2018: no interferon-stimulated genes in untreated chronic hepatitis B."""
    seen = factory().run([0, 100])["isg"][-1]
    empty = factory(infected_hepatocytes=0.0).run([0, 100])["isg"][-1]
    assert 0.95 * seen < empty < seen


def test_doubling_a_saturating_dose_does_little() -> None:
    one = factory(interferon_exposure=20.0).run([0, 28])["isg"][-1]
    two = factory(interferon_exposure=40.0).run([0, 28])["isg"][-1]
    assert 1.0 < two / one < 1.05


def test_response_falls_back_after_the_last_dose() -> None:
    treated = factory(interferon_exposure=2.4)
    treated.run([0, 336])
    treated.set(interferon_exposure=0.0)
    after = treated.run(np.array([0.0, 14.0, 200.0]))
    assert after["isg"][1] < 0.05
    assert after["isg"][2] == pytest.approx(G0, rel=0.05)
