"""The three built-in trials: read without a fault, and say what their papers say."""

import json
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.assays.laboratory import DNA_LLOQ_2000S
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.catalogue import list_protocols, protocol_names, protocol_text
from ifnfactory.trial.endpoints import parse_endpoint
from ifnfactory.trial.protocol import Protocol, PublishedResult, load_protocol, protocol_schema

ROOT = Path(__file__).parents[1]
NAMES = ("janssen2005", "lau2005", "marcellin2004")


def row(protocol: Protocol, arm: str, endpoint: str, week: float) -> PublishedResult:
    (found,) = (
        r for r in protocol.published if (r.arm, r.endpoint, r.week) == (arm, endpoint, week)
    )
    return found


def test_the_library_is_its_files() -> None:
    assert protocol_names() == NAMES
    summaries = {each.name: each for each in list_protocols()}
    assert summaries["lau2005"].arms == ("peg", "peg_lam", "lam")
    assert summaries["lau2005"].n == 814
    assert summaries["marcellin2004"].n == 537
    assert summaries["janssen2005"].n == 266


@pytest.mark.parametrize("name", NAMES)
def test_every_published_row_can_be_simulated(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.published
    arms = {arm.name for arm in protocol.arms}
    for result in protocol.published:
        assert result.arm in arms
        assert result.week in protocol.visit_weeks
        assert result.unit in parse_endpoint(result.endpoint).units
        if result.unit == "%":
            assert result.ci is not None
            assert result.ci[0] <= result.value <= result.ci[1]
            assert result.k is not None
            assert result.n == protocol.arm(result.arm).n


@pytest.mark.parametrize("name", NAMES)
def test_visits_are_dense_early_and_reach_the_end_of_follow_up(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.visit_weeks[:5] == (0, 1, 2, 4, 8)
    assert max(np.diff(protocol.visit_weeks)) <= 4
    for arm in protocol.arms:
        end = arm.regimen.end_of_treatment_week
        assert end in protocol.visit_weeks
        assert protocol.visit_weeks[-1] == end + protocol.follow_up_weeks


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_number_has_its_origin(name: str) -> None:
    protocol = load_protocol(name)
    quantities = {each.quantity for each in protocol.baseline_sources}
    assert {"age", "weight", "alt", "log10_hbv_dna", "log10_hbsag", "genotype"} <= quantities
    for each in protocol.baseline_sources:
        assert each.source.text
        if each.source.tag == "prior" and each.quantity == "weight":
            assert each.default
    assert protocol.laboratory.dna_lloq == pytest.approx(DNA_LLOQ_2000S)
    assert protocol.source_text == protocol_text(name)


def test_lau_2005() -> None:
    protocol = load_protocol("lau2005")
    assert [arm.regimen.prescription() for arm in protocol.arms] == [
        ["peginterferon alfa-2a 180 ug once weekly, weeks 0-48"],
        [
            "lamivudine 100 mg once daily, weeks 0-48",
            "peginterferon alfa-2a 180 ug once weekly, weeks 0-48",
        ],
        ["lamivudine 100 mg once daily, weeks 0-48"],
    ]
    seroconversion = row(protocol, "peg", "hbeag_seroconversion", 72)
    assert (seroconversion.value, seroconversion.k, seroconversion.n) == (32, 87, 271)
    assert seroconversion.ci == (26.58, 38.02)
    assert seroconversion.citation == protocol.citation
    assert row(protocol, "peg_lam", "mean_log10_dna_change", 48).value == -7.2
    assert row(protocol, "lam", "hbsag_seroconversion", 72).value == 0
    assert row(protocol, "peg", "mean_log10_dna_change", 72).weight == 0
    assert protocol.eligibility.hbeag_positive is True
    assert protocol.eligibility.alt_max == 400
    assert protocol.baseline.log10_dna_mean == pytest.approx(10.03 - 0.75)
    # The log-normal keeps the printed mean.
    mean = protocol.baseline.alt_median * np.exp(protocol.baseline.alt_log_sd**2 / 2)
    assert mean == pytest.approx(110.7)


def test_marcellin_2004_borrows_hbsag_from_its_own_later_analysis() -> None:
    protocol = load_protocol("marcellin2004")
    change = row(protocol, "peg", "mean_log10_hbsag_change", 48)
    assert change.value == -0.71
    assert "Brunetto" in change.citation
    loss = row(protocol, "peg", "hbsag_loss", 72)
    assert (loss.k, loss.n) == (7, 177)
    assert protocol.baseline.hbeag_positive_share == 0
    assert protocol.eligibility.hbeag_positive is False


def test_janssen_2005_steps_down_after_32_weeks() -> None:
    protocol = load_protocol("janssen2005")
    assert protocol.arm("peg").regimen.prescription() == [
        "peginterferon alfa-2b 100 ug once weekly, weeks 0-32",
        "peginterferon alfa-2b 50 ug once weekly, weeks 32-52",
    ]
    loss = row(protocol, "peg", "hbeag_loss", 78)
    assert (loss.k, loss.n, loss.tag) == (49, 136, "V")
    assert protocol.baseline.alt_median > 40  # given in multiples of the upper limit


def test_an_unknown_trial_is_met_with_the_nearest_and_all_names() -> None:
    with pytest.raises(UserInputError) as caught:
        load_protocol("lau2006")
    (problem,) = caught.value.problems
    assert "unknown trial 'lau2006'" in problem.what
    assert "did you mean lau2005" in problem.fix
    assert "janssen2005" in problem.fix


def test_the_published_schema_is_current() -> None:
    """Renew it with: json.dumps(protocol_schema(), indent=2, ensure_ascii=False)."""
    committed = json.loads((ROOT / "docs" / "protocol.schema.json").read_text(encoding="utf-8"))
    assert committed == protocol_schema()
