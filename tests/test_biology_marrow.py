"""Blood counts alone."""

import numpy as np
import pytest
from solo import alone

from ifnfactory.biology.marrow import marrow

ON_PEGINTERFERON = 12.2 / 8.0
"""Average peginterferon alfa-2a of 180 µg weekly (12.57 ng/mL, PMC5401974) over its marrow EC50."""


def test_platelets_fall_by_thirty_percent_and_are_back_within_eight_weeks() -> None:
    """-30 %, steady within 12 weeks, back 4-8 weeks after the last dose: DMPK-11-RG-148."""
    treated = alone(marrow(), {"marrow_exposure": ON_PEGINTERFERON})
    on = treated.run([0, 84, 336])["platelets"] / 195.0
    assert on[1] == pytest.approx(0.70, abs=0.03)
    assert on[2] == pytest.approx(on[1], abs=0.01)
    treated.set(marrow_exposure=0.0)
    assert treated.run([0, 56])["platelets"][-1] / 195.0 > 0.97


def test_neutrophils_fall_by_about_half_within_weeks() -> None:
    """-40 to -50 % by weeks 4-8 (models.md 5.2)."""
    course = alone(marrow(), {"marrow_exposure": ON_PEGINTERFERON}).run([0, 14, 42])
    assert 0.45 < course["anc"][2] / 3.4 < 0.6
    assert course["anc"][1] / 3.4 < 0.8


def test_no_dose_makes_a_count_negative() -> None:
    course = alone(marrow(), {"marrow_exposure": 1e6}).run(np.linspace(0, 336, 97))
    assert course.states.min() > 0.0


def test_counts_stay_without_interferon() -> None:
    course = alone(marrow(), {"marrow_exposure": 0.0}).run([0, 336])
    assert course.states[:, -1] == pytest.approx(np.ones(5), abs=1e-12)
