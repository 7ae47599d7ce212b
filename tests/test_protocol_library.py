"""The built-in trials: read without a fault, say what the evidence base says, and can be run."""

import json
from pathlib import Path

import numpy as np
import pytest
from library_page import (
    PAGE,
    Row,
    arm_rows,
    left_out,
    library,
    page,
    parent_of,
    place,
    protocol_of,
)

from ifnfactory.assays.laboratory import DNA_LLOQ_2000S
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.catalogue import list_protocols, protocol_names, protocol_text
from ifnfactory.trial.endpoints import parse_endpoint
from ifnfactory.trial.protocol import Protocol, PublishedResult, load_protocol, protocol_schema
from ifnfactory.trial.run import Simulator, open_simulator

ROOT = Path(__file__).parents[1]
NAMES = protocol_names()


def row(protocol: Protocol, arm: str, endpoint: str, week: float) -> PublishedResult:
    (found,) = (
        r for r in protocol.published if (r.arm, r.endpoint, r.week) == (arm, endpoint, week)
    )
    return found


def test_the_library_is_its_files() -> None:
    summaries = {each.name: each for each in list_protocols()}
    assert tuple(summaries) == NAMES
    assert summaries["lau2005"].arms == ("peg", "peg_lam", "lam")
    assert summaries["lau2005"].n == 814
    assert summaries["marcellin2004"].n == 537
    assert summaries["janssen2005"].n == 266
    assert summaries["japan_peg"].n is None


def test_every_trial_that_can_be_expressed_has_a_protocol() -> None:
    wanted = {
        row.parent
        for row in arm_rows()
        if row.weight > 0 and not any(each.covers(row) for each in left_out())
    }
    assert {parent_of(protocol) for protocol in library()} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_every_published_row_can_be_simulated(name: str) -> None:
    protocol = protocol_of(name)
    assert protocol.published
    for result in protocol.published:
        size = protocol.arm(result.arm).n
        assert result.week in protocol.visit_weeks
        assert result.unit in parse_endpoint(result.endpoint).units
        if result.unit == "%" and size is not None:
            assert result.ci is not None
            assert result.ci[0] <= result.value <= result.ci[1]
            assert result.k is not None
            # In one trial the patients with data at a visit, in two those who were followed on.
            assert result.n is not None
            assert result.n <= size


def test_every_result_of_an_arm_is_in_a_protocol_or_left_out_for_a_reason() -> None:
    for row in arm_rows():
        reasons = [each.why for each in left_out() if each.covers(row)]
        assert len(reasons) <= 1, row.target
        assert reasons or place(row) is not None, row.target


@pytest.mark.parametrize("name", NAMES)
def test_every_published_row_is_that_of_the_evidence_base(name: str) -> None:
    protocol = protocol_of(name)
    found: dict[tuple[str, str, float], Row] = {}
    for row in arm_rows():
        at = place(row)
        if at is not None and at[0].name == name:
            key = (row.arm, row.endpoint, at[1])
            assert key not in found, "patients count once"
            found[key] = row
    assert len(found) == len(protocol.published)
    for result in protocol.published:
        row = found[result.arm, result.endpoint, result.week]
        assert (result.value, result.unit, result.weight) == (row.value, row.unit, row.weight)
        assert result.ci == row.interval
        assert (None if result.k is None else (result.k, result.n)) == row.counts


def test_every_reason_is_needed() -> None:
    for each in left_out():
        assert any(each.covers(row) for row in arm_rows()), each.patterns


@pytest.mark.parametrize("name", NAMES)
def test_visits_are_dense_early_and_reach_the_end_of_follow_up(name: str) -> None:
    protocol = protocol_of(name)
    weeks = np.array(protocol.visit_weeks)
    assert protocol.visit_weeks[:5] == (0, 1, 2, 4, 8)
    assert max(np.diff(weeks[weeks <= 72])) <= 4
    assert max(np.diff(weeks)) <= 12
    ends = [arm.regimen.end_of_treatment_week for arm in protocol.arms]
    assert set(ends) <= set(protocol.visit_weeks)
    assert protocol.visit_weeks[-1] == max(ends) + protocol.follow_up_weeks


@pytest.mark.parametrize("name", NAMES)
def test_every_baseline_number_has_its_origin(name: str) -> None:
    protocol = protocol_of(name)
    quantities = {each.quantity for each in protocol.baseline_sources}
    assert {"age", "weight", "alt", "log10_hbv_dna", "log10_hbsag", "genotype"} <= quantities
    for each in protocol.baseline_sources:
        assert each.source.text
        if "not available for this trial" in each.source.text or each.quantity == "weight":
            assert each.default
    assert protocol.source_text == protocol_text(name)
    assert protocol.laboratory.dna_lloq in (20.0, pytest.approx(DNA_LLOQ_2000S))


@pytest.mark.parametrize("name", NAMES)
def test_who_stops_was_treated_before(name: str) -> None:
    """An arm that is given nothing is one that a nucleos(t)ide analogue is taken from."""
    protocol = protocol_of(name)
    if any(not arm.regimen.courses for arm in protocol.arms):
        assert protocol.baseline.prior_na_years >= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_small_run_computes_every_published_endpoint(name: str, simulator: Simulator) -> None:
    protocol = protocol_of(name)
    result = simulator.run(protocol, patients=20, seed=1)
    told = [row for row in result.rows if row.published is not None]
    assert len(told) == len(protocol.published)
    assert all(row.value is not None for row in told)
    ended = dict(result.status_counts)
    assert ended["completed"] + ended["stopped_by_rule"] == 20 * len(protocol.arms)


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return open_simulator(threads=1)


def test_the_page_is_current() -> None:
    """Renew it with: python tests/library_page.py."""
    assert PAGE.read_text(encoding="utf-8") == page()


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
    assert protocol.laboratory.dna_lloq == pytest.approx(DNA_LLOQ_2000S)


def test_weeks_after_the_end_of_treatment_count_from_each_arm_s_own_end() -> None:
    protocol = load_protocol("lamifn2006")
    assert row(protocol, "lam_ifn", "alt_normal", 78 + 52).value == 38.9
    assert row(protocol, "ifn", "alt_normal", 52 + 52).value == 22.2


def test_osst_switches_after_two_years_with_an_overlap() -> None:
    protocol = load_protocol("osst")
    assert protocol.baseline.prior_na_years == 1.9
    assert protocol.arm("switch_peg").regimen.prescription() == [
        "entecavir 0.5 mg once daily, weeks 0-8",
        "peginterferon alfa-2a 180 ug once weekly, weeks 0-48",
    ]
    # Week 48 from all who were randomised, week 96 from those who were followed on.
    assert row(protocol, "switch_peg", "hbeag_seroconversion", 48).n == 94
    assert row(protocol, "switch_peg", "hbeag_seroconversion", 96).n == 62


def test_one_paper_with_two_populations_is_two_protocols() -> None:
    for name, hbeag in (("yao2007_positive", True), ("yao2007_negative", False)):
        protocol = load_protocol(name)
        assert protocol.eligibility.hbeag_positive is hbeag
        assert parent_of(protocol) == "YAO2007"


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
