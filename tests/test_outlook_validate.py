"""The model against what was observed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from ifnfactory.outlook import measures
from ifnfactory.outlook.states import EVENTS, Event
from ifnfactory.outlook.validate import (
    Validation,
    target_cohorts,
    target_mixtures,
    targets,
    validate,
)


@lru_cache(maxsize=1)
def validation() -> Validation:
    return validate(seed=1, people=20_000)


def test_at_least_85_percent_lie_inside() -> None:
    assert validation().inside_percent() >= 85.0


def test_every_kind_of_target_of_the_evidence_is_there() -> None:
    names = " ".join(target.target_id for target in targets())
    for kind in (
        "reveal_hcc13_1e6", "reveal_cirrhosis13_lt300", "yeo_hbsag_loss_cum15",
        "yeo_hbsag_loss_rise", "thiele_hcc_no_cirrhosis", "thiele_hcc_cirrhosis",
        "hepab_hbeag_loss_africa", "hepab_hbeag_loss_western_pacific", "decompensation_rate",
        "eurohep_survival5", "dejongh_survival5", "anderson_hcc", "tenofovir_regression5",
        "china_lifetime_hbv_death",
    ):  # fmt: skip
        assert kind in names


def test_json_has_what_the_command_promises() -> None:
    content = validation().to_json()
    assert set(content) >= {"inside_percent", "rows"}
    for row in content["rows"]:
        assert set(row) >= {"target_id", "observed", "low", "high", "modelled", "inside"}
        assert row["low"] <= row["observed"] <= row["high"]
        assert row["inside"] == (row["low"] <= row["modelled"] <= row["high"])


def test_hcc_risk_is_a_hump_over_hbv_dna() -> None:
    rows = {row.target.target_id: row.modelled for row in validation().rows}
    risks = [rows[f"reveal_hcc13_{n}"] for n in ("lt300", "300", "1e4", "1e5")]
    assert risks == sorted(risks)
    assert rows["reveal_hcc13_1e6"] < 1.5 * rows["reveal_hcc13_1e5"]


def test_every_target_names_people_who_exist() -> None:
    known = {*target_cohorts(), *target_mixtures()}
    for target in targets():
        assert target.cohort in known
        assert target.against is None or target.against in known


def test_a_rate_counts_people_at_risk_only() -> None:
    firsts = np.full((4, EVENTS), -1, dtype=np.int16)
    firsts[0, Event.HCC] = 12  # one year at risk, then the event
    firsts[1, Event.OTHER_DEATH] = 24  # two years at risk
    firsts[2, Event.CIRRHOSIS] = 6
    assert measures.rate(firsts, [Event.HCC], 5) == pytest.approx(100 / (1 + 2 + 5 + 5))
    censored = measures.rate(firsts, [Event.HCC], 5, censor=[Event.CIRRHOSIS])
    assert censored == pytest.approx(100 / (1 + 2 + 0.5 + 5))
    assert measures.cumulative(firsts, [Event.HCC], 5) == 25.0
    assert measures.survival(firsts, 1.5) == 100.0
    assert measures.survival(firsts, 5) == 75.0
