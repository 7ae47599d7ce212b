"""HBsAg on interferon falls in two groups of patients: by hand, and in the released population."""

from __future__ import annotations

import numpy as np
import pytest
from evidence_cases import run

from ifnfactory.evidence.hbsag_groups import (
    DEEP,
    LEAST,
    HbsagGroups,
    hbsag_groups,
    published_groups,
)
from ifnfactory.evidence.shapes import shape_of
from ifnfactory.report.group_lines import group_lines, published_words
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import open_simulator


def test_groups_are_counted_by_hand() -> None:
    result = run(load_protocol("lau2005"), 40)
    outcome = result.arms[0]
    panel, weeks = outcome.panel, outcome.panel.week.tolist()
    at_stop, later = weeks.index(48.0), weeks.index(72.0)
    panel.hbsag[:, 0] = 1e4
    panel.hbsag[:10, at_stop] = 10.0  # minus 3
    panel.hbsag[10:16, at_stop] = 1e3  # minus 1
    panel.hbsag[16:36, at_stop] = 1e4 * 10**-0.2
    panel.hbsag[36:, at_stop] = np.nan  # not seen: left out
    panel.hbv_dna[:, later], panel.hbeag[:, later] = 1e6, 100.0
    panel.hbv_dna[:12, later], panel.hbeag[:9, later] = 100.0, 0.1
    (groups,) = hbsag_groups(result, outcome)
    assert groups.hbeag_positive
    assert groups.patients == 36
    assert groups.responders == pytest.approx(25.0)  # HBeAg has to be gone, too
    assert groups.responders_mean == pytest.approx(-3.0)
    assert groups.others_mean == pytest.approx((-3.0 - 6 * 1.0 - 20 * 0.2) / 27)
    shares = (groups.deep, groups.between, groups.shallow)
    assert shares == pytest.approx((100 * 10 / 36, 100 * 6 / 36, 100 * 20 / 36))
    (line,) = group_lines([shape_of(result, outcome)])
    assert line.hbeag == "positive"
    assert line.cells[:3] == ("25 %", "−3.00", f"−{-groups.others_mean:.2f}")


def test_without_interferon_follow_up_or_enough_patients_nothing_is_said() -> None:
    result = run(load_protocol("lau2005"), 30)
    assert shape_of(result, result.arms[2]).hbsag_groups == ()
    short = run(load_protocol("zheng2019"), 30)
    assert hbsag_groups(short, short.arms[0]) == ()
    few = run(load_protocol("lau2005"), LEAST - 1)
    assert hbsag_groups(few, few.arms[0]) == ()


@pytest.fixture(scope="module")
def released() -> dict[bool, HbsagGroups]:
    """Return the groups of the peginterferon arms of two trials, by HBeAg status."""
    simulator = open_simulator()
    found: dict[bool, HbsagGroups] = {}
    for name in ("janssen2005", "marcellin2004"):
        result = simulator.run(load_protocol(name), 400, 1, None)
        (groups,) = hbsag_groups(result, result.arms[0])
        found[groups.hbeag_positive] = groups
    return found


def test_with_hbeag_responders_and_others_are_two_groups_as_published(
    released: dict[bool, HbsagGroups],
) -> None:
    groups, (yes, no) = released[True], published_groups()
    assert (yes.value, no.value) == (-3.34, -0.69)  # Sonneveld 2010
    assert groups.responders_mean == pytest.approx(yes.value, abs=0.6)
    assert groups.others_mean == pytest.approx(no.value, abs=0.4)
    assert "−3.34 in those who responded, −0.69 in the others" in published_words()


@pytest.mark.parametrize("positive", [True, False])
def test_in_both_strata_few_fall_by_an_amount_between_the_groups(
    released: dict[bool, HbsagGroups], positive: bool
) -> None:
    groups = released[positive]
    assert groups.deep_mean < DEEP - 1.0
    assert groups.shallow > 60.0
    assert groups.deep > 8.0
    # Between the groups there are fewer patients than in either: two humps, not one.
    assert groups.between < 0.7 * min(groups.deep, groups.shallow)
