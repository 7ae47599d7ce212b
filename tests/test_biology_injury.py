"""ALT and fibrosis pressure alone."""

import pytest
from solo import Solo, alone

from ifnfactory.biology.injury import injury

PORTS = {
    "cytolysis": 2e-4,
    "cytolysis_baseline": 2e-4,
    "interferon_excess": 0.0,
    "alt_baseline": 90.0,
    "alt_background_own": 30.0,
    "alt_per_cytolysis": 60.0 / 2e-4,
}


def liver(**changed: float) -> Solo:
    return alone(injury(), PORTS | changed, {"serum_alt": 90.0})


def test_alt_follows_cytolysis_within_days() -> None:
    flare = liver(cytolysis=1e-3).run([0, 2, 30])
    assert flare["alt"][1] > 150.0
    assert flare["alt"][2] == pytest.approx(30.0 + 5 * 60.0, rel=1e-3)
    assert liver().run([0, 336])["alt"][-1] == pytest.approx(90.0)


def test_alt_comes_down_to_the_background_without_hepatitis() -> None:
    assert liver(cytolysis=0.0).run([0, 60])["alt"][-1] == pytest.approx(30.0, rel=1e-3)


def test_fibrosis_pressure_remembers_a_year() -> None:
    course = liver(cytolysis=1e-3).run([0, 28, 365, 3650])
    assert 1.0 < course["fibrosis_pressure"][1] < 1.4
    assert course["fibrosis_pressure"][2] == pytest.approx(1 + 4 * (1 - 0.3679), rel=1e-3)
    assert course["fibrosis_pressure"][3] == pytest.approx(5.0, rel=1e-3)
