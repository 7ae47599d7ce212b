"""Every endpoint of the evidence base can be named, and means what its name says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.assays.laboratory import DNA_LLOQ_2000S, Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.endpoints import (
    MEANS,
    PROPORTIONS,
    EndpointContext,
    evaluate,
    parse_endpoint,
)

LAB = Laboratory(dna_lloq=DNA_LLOQ_2000S)
CONTEXT = EndpointContext(LAB, 48.0, np.array([False, True, False]))
WEEKS = np.array([0.0, 12.0, 48.0, 60.0, 72.0])

# Efficacy endpoints of the evidence base's target table.
NAMES = [
    "alt_normal",
    "alt_normal_aasld",
    "alt_normal_central",
    "functional_cure",
    "functional_cure_composite",
    "mean_log10_dna_change",
    "mean_log10_hbsag_change",
    "hbeag_loss",
    "hbeag_seroconversion",
    "hbsag_loss",
    "hbsag_loss_cumulative",
    "hbsag_seroconversion",
    "hbv_dna_lt_100000cp",
    "hbv_dna_lt_10000cp",
    "hbv_dna_lt_100cp",
    "hbv_dna_lt_100iu",
    "hbv_dna_lt_200000cp",
    "hbv_dna_lt_20000cp",
    "hbv_dna_lt_2000iu",
    "hbv_dna_lt_29iu",
    "hbv_dna_lt_300cp",
    "hbv_dna_lt_312cp",
    "hbv_dna_lt_4.3log_cp",
    "hbv_dna_lt_400cp",
    "hbv_dna_lt_4700cp",
    "hbv_dna_lt_500cp",
    "hbv_dna_lt_60iu",
]
SAFETY = [
    "alopecia_incidence",
    "alt_dose_mod",
    "alt_flare",
    "alt_flare_5_10xuln_on_treatment",
    "alt_increased_ae",
    "any_treatment_related_ae",
    "discontinuation_ae",
    "discontinuation_any",
    "dose_reduction_any",
    "neutropenia_dose_mod",
    "serious_adverse_event",
    "thrombocytopenia_incidence",
]


def panel(**values: list[list[float]] | list[list[bool]]) -> Panel:
    shape = (3, len(WEEKS))
    sheet = {
        "week": WEEKS,
        "hbv_dna": np.full(shape, 1e8),
        "hbsag": np.full(shape, 1e4),
        "hbeag": np.full(shape, 100.0),
        "hbv_rna": np.full(shape, 1e6),
        "alt": np.full(shape, 100.0),
        "anc": np.full(shape, 3.0),
        "platelets": np.full(shape, 200.0),
        "anti_hbe": np.zeros(shape, dtype=bool),
        "anti_hbs": np.zeros(shape, dtype=bool),
    }
    sheet.update({name: np.array(value) for name, value in values.items()})
    return Panel(**sheet)


def reached(name: str, sheet: Panel, week: float = 72.0) -> list[bool]:
    return evaluate(name, sheet, week, CONTEXT).values.tolist()


@pytest.mark.parametrize("name", [*NAMES, "partial_cure", "relapse", "mean_log10_rna_change"])
def test_every_efficacy_endpoint_has_a_name_a_kind_and_a_unit(name: str) -> None:
    endpoint = parse_endpoint(name)
    assert endpoint.name == name
    assert endpoint.kind == ("mean" if name.startswith("mean") else "proportion")
    assert endpoint.unit == ("%" if endpoint.kind == "proportion" else endpoint.units[0])


@pytest.mark.parametrize("name", SAFETY)
def test_safety_is_a_percentage_of_patients_whose_events_were_written_down(name: str) -> None:
    endpoint = parse_endpoint(name)
    assert (endpoint.kind, endpoint.unit, endpoint.is_safety) == ("proportion", "%", True)
    with pytest.raises(UserInputError, match="not written down"):
        evaluate(name, panel(), 72.0, CONTEXT)


@pytest.mark.parametrize(
    "name",
    ["hbsag_los", "hbv_dna_lt_cp", "hbv_dna_lt_0cp", "", "hbv_dna_lt_4lg", "hbv_dna_lt_9999log_cp"],
)
def test_what_is_no_endpoint_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(UserInputError, match="unknown endpoint") as caught:
        parse_endpoint(name)
    if name == "hbsag_los":
        assert "did you mean hbsag_loss" in caught.value.problems[0].fix


@given(st.integers(1, 9), st.sampled_from(["cp", "iu"]))
def test_a_threshold_may_be_written_as_a_number_or_its_log(exponent: int, unit: str) -> None:
    plain = parse_endpoint(f"hbv_dna_lt_{10**exponent}{unit}").dna_below
    log = parse_endpoint(f"hbv_dna_lt_{exponent}log_{unit}").dna_below
    assert plain == pytest.approx(log)


def test_a_threshold_in_copies_is_converted() -> None:
    assert parse_endpoint("hbv_dna_lt_4.3log_cp").dna_below == pytest.approx(10**3.55)
    dna = [[1e8, 1e8, 1e8, 1e8, value] for value in (70.0, 72.0, 18.0)]
    assert reached("hbv_dna_lt_400cp", panel(hbv_dna=dna)) == [True, False, True]


def test_a_change_of_the_mean_stops_at_the_limit() -> None:
    dna = [[1e8, 1e4, 18.0, 18.0, 18.0], [1e8] * 5, [1e8, np.nan, 1e8, 1e8, np.nan]]
    result = evaluate("mean_log10_dna_change", panel(hbv_dna=dna), 72.0, CONTEXT)
    assert result.values[0] == pytest.approx(-(8 - np.log10(DNA_LLOQ_2000S)))
    assert result.values[1] == 0
    assert result.evaluable.tolist() == [True, True, False]


def test_only_patients_with_hbeag_at_baseline_can_lose_it() -> None:
    hbeag = [[100, 100, 0.5, 0.5, 0.5], [0.5] * 5, [100.0] * 5]
    anti = [[False, False, False, False, True]] * 3
    sheet = panel(hbeag=hbeag, anti_hbe=anti)
    for name in ("hbeag_loss", "hbeag_seroconversion"):
        result = evaluate(name, sheet, 72.0, CONTEXT)
        assert result.values.tolist() == [True, False, False]
        assert result.evaluable.tolist() == [True, False, True]
    assert not any(reached("hbeag_seroconversion", sheet, 60.0))
    assert any(reached("hbeag_loss", sheet, 60.0))


def test_loss_at_a_visit_and_loss_up_to_a_visit() -> None:
    hbsag = [[1e4, 1e4, 0.025, 1.0, 1.0], [1e4] * 5, [1e4, 1e4, 1e4, 1e4, 0.025]]
    sheet = panel(hbsag=hbsag)
    assert reached("hbsag_loss", sheet) == [False, False, True]
    assert reached("hbsag_loss_cumulative", sheet) == [True, False, True]
    assert reached("hbsag_loss_cumulative", sheet, 12.0) == [False, False, False]


def test_limits_of_normal_differ_by_definition_and_sex() -> None:
    sheet = panel(alt=[[100, 100, 100, 100, 29.0]] * 3)
    assert reached("alt_normal", sheet) == [True, True, True]
    assert reached("alt_normal_central", sheet) == [True, True, True]
    assert reached("alt_normal_aasld", sheet) == [True, False, True]


def test_cure_is_judged_24_weeks_after_all_therapy() -> None:
    sheet = panel(hbsag=[[0.025] * 5] * 3, hbv_dna=[[18.0] * 5, [18.0] * 5, [500.0] * 5])
    assert reached("functional_cure", sheet) == [True, True, False]
    with pytest.raises(UserInputError, match="week 72 or later"):
        evaluate("functional_cure", sheet, 60.0, CONTEXT)


def test_relapse_counts_the_controlled_and_only_after_the_stop() -> None:
    dna = [
        [1e8, 1e8, 100.0, 1e4, 100.0],  # controlled, relapsed in between
        [1e8, 1e8, 100.0, 100.0, 100.0],  # stays controlled
        [1e8, 1e8, 1e5, 1e8, 1e8],  # never controlled
    ]
    result = evaluate("relapse", panel(hbv_dna=dna), 72.0, CONTEXT)
    assert result.values.tolist() == [True, False, False]
    assert result.evaluable.tolist() == [True, True, False]
    with pytest.raises(UserInputError, match="after the end of treatment"):
        evaluate("relapse", panel(hbv_dna=dna), 48.0, CONTEXT)


def test_a_week_without_a_visit_and_a_blind_laboratory_are_told() -> None:
    with pytest.raises(UserInputError, match="no visit in week 50"):
        evaluate("hbsag_loss", panel(), 50.0, CONTEXT)
    with pytest.raises(UserInputError, match="cannot tell"):
        evaluate("hbv_dna_lt_100cp", panel(), 72.0, CONTEXT)


@pytest.mark.parametrize("name", [*PROPORTIONS, *MEANS, "hbv_dna_lt_2000iu"])
def test_every_endpoint_can_be_evaluated(name: str) -> None:
    result = evaluate(name, panel(), 72.0, CONTEXT)
    assert result.values.shape == result.evaluable.shape == (3,)
    assert result.values.dtype == (bool if result.endpoint.kind == "proportion" else float)
    assert not result.values.any()  # nobody was treated, nothing moved
