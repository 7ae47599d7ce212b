"""The model against what was observed."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

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
        "tenofovir_fibrosis5", "fattovich_cirrhosis_ratio", "china_deaths_80_percent",
        "china_lifetime_hbv_death",
    ):  # fmt: skip
        assert kind in names


def test_json_has_what_the_command_promises() -> None:
    content = json.loads(json.dumps(validation().to_json(), allow_nan=False))
    assert set(content) >= {"inside_percent", "rows"}
    assert "research and education" in content["notice"]
    for key, fitted in (("inside_percent_fitted", True), ("inside_percent_independent", False)):
        hits = [row["inside"] for row in content["rows"] if row["fitted"] is fitted]
        assert content[key] == pytest.approx(100 * sum(hits) / len(hits), abs=0.05)
    for row in content["rows"]:
        assert row["fitted"] == (row["role"] != "validation")
        assert row["people"].endswith("]")  # where the people come from, with its tag
        assert set(row) >= {"target_id", "observed", "low", "high", "modelled", "inside"}
        assert row["low"] <= row["observed"] <= row["high"]
        assert row["inside"] == (row["low"] <= row["modelled"] <= row["high"])


def test_the_command_prints_one_json_object_and_refuses_what_cannot_be_meant() -> None:
    command = [str(Path(sys.executable).with_name("ifn")), "outlook", "validate", "--json"]
    done = subprocess.run([*command, "--people", "200"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["rows"]) == len(targets())
    wrong = [*command, "--people", "0", "--draws", "-1"]
    done = subprocess.run(wrong, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--people 0" in done.stderr
    assert b"--draws -1" in done.stderr


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
