"""Scores: classes, risks, populations, refusals, and bands."""

import math
from dataclasses import replace

import pytest
from docs_pages import DOCS, cells, marked
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.scores.bands import look_up, read_band
from ifnfactory.outlook.scores.catalogue import all_scores, definitions, load_score
from ifnfactory.outlook.scores.compute import compute_score
from ifnfactory.outlook.scores.inputs import INPUTS, NEEDED, OPTIONAL, Findings

WHOLE = Findings(
    age=45,
    male=True,
    platelets=160,
    albumin=41,
    bilirubin=12,
    alt=70,
    ast=50,
    ast_uln=40,
    ggt=60,
    ggt_uln=50,
    hbeag_positive=False,
    hbv_dna_copies=2e6,
    hbsag=900,
    log10_hbcrag=4.0,
    cirrhosis=False,
    diabetes=False,
    family_history_hcc=False,
    alcohol=False,
    tenofovir=False,
)


def refusal(name: str, findings: Findings) -> list[str]:
    with pytest.raises(UserInputError) as caught:
        compute_score(name, findings)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", NEEDED)
def test_every_score_answers(name: str) -> None:
    result = compute_score(name, WHOLE)
    assert math.isfinite(result.value)
    shown = result.to_json()
    assert shown["notice"].startswith("For research and education")
    assert shown["population"]["text"]
    assert shown["tag"]
    if result.score.range is not None:
        low, high = result.score.range
        assert low <= result.value <= high


@pytest.mark.parametrize("name", NEEDED)
def test_every_needed_finding_is_missed(name: str) -> None:
    told = refusal(name, Findings())
    assert len(told) == len(NEEDED[name])
    for option, line in zip(NEEDED[name], told, strict=True):
        assert line.startswith(f"--{option}: ")
        assert "needs" in line


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("reach-b", {"age": 66}, "holds up to the age of 65"),
        ("reach-b", {"age": 29}, "holds from the age of 30"),
        ("reach-b", {"cirrhosis": True}, "does not hold for patients with cirrhosis"),
        ("reach-b", {"treatment": "nucleoside"}, "holds for treatment none"),
        ("yang-2010", {"age": 70}, "holds up to the age of 65"),
        ("page-b", {"treatment": "none"}, "holds for treatment nucleoside"),
        ("page-b", {"ancestry": "asian"}, "holds for ancestry caucasian"),
        ("page-b", {"age": 15}, "holds from the age of 16"),
        ("mpage-b", {"ancestry": "caucasian"}, "holds for ancestry asian"),
        ("scale-b", {"hbeag_positive": True}, "does not hold for patients with HBeAg"),
        ("amap", {"age": 17}, "holds from the age of 18"),
    ],
)
def test_outside_its_population_a_score_refuses(
    name: str, change: dict[str, object], reason: str
) -> None:
    patient = replace(WHOLE, **change)
    (told,) = refusal(name, patient)
    assert reason in told
    assert "--extrapolate" in told
    result = compute_score(name, patient, extrapolate=True)
    assert reason in " ".join(result.outside)
    assert result.to_json()["extrapolated"] is True


def test_missing_and_outside_are_told_at_once() -> None:
    told = refusal("reach-b", Findings(age=70, cirrhosis=True, male=True))
    assert len(told) == 5


def test_what_nobody_said_is_listed_as_assumed() -> None:
    result = compute_score("page-b", WHOLE)
    assert result.assumed == ("treatment: nucleoside", "ancestry: caucasian")
    said = replace(WHOLE, treatment="nucleoside", ancestry="caucasian")
    assert compute_score("page-b", said).assumed == ()


def test_page_b_risk_has_both_cohorts_and_a_horizon() -> None:
    result = compute_score("page-b", replace(WHOLE, age=52, platelets=145))
    assert (result.value, result.risk_class, result.class_rule) == (18, "high", ">=18")
    assert [(risk.percent, risk.years) for risk in result.risks] == [
        ((17.0, 17.0), (5.0, 5.0)),
        ((16.0, 16.0), (5.0, 5.0)),
    ]


def test_yang_uses_the_e_antigen_instead_of_the_virus() -> None:
    negative = compute_score("yang-2010", WHOLE)
    positive = compute_score("yang-2010", replace(WHOLE, hbeag_positive=True))
    assert positive.value - negative.value == 6 - 5
    assert [risk.years[0] for risk in negative.risks] == [5, 10]


def test_yang_covers_every_number_of_points() -> None:
    score = load_score("yang-2010")
    assert score.range is not None
    for _, risks in score.risks_by_points:
        assert len(risks) == score.range[1] + 1
        assert list(risks) == sorted(risks)


def test_largest_yang_score_is_the_end_of_its_range() -> None:
    worst = replace(WHOLE, age=65, hbeag_positive=True, family_history_hcc=True, alcohol=True)
    assert compute_score("yang-2010", worst).value == 20


def test_gag_chooses_its_version_by_the_core_promoter() -> None:
    with_promoter = replace(WHOLE, core_promoter_mutation=False, cirrhosis=True)
    assert compute_score("gag-hcc", with_promoter).class_rule == ">101"
    without = compute_score("gag-hcc", replace(WHOLE, cirrhosis=True))
    assert "not verified" in str(without.class_rule)


@pytest.mark.parametrize("name", ["reach-b", "gag-hcc", "cu-hcc", "scale-b", "fib-4"])
def test_what_is_not_published_is_not_invented(name: str) -> None:
    result = compute_score(name, WHOLE)
    if name == "reach-b":
        assert result.risk_class is None
    else:
        assert result.risks == ()


@pytest.mark.parametrize(
    ("value", "name"), [(49.999, "low"), (50, "mid"), (60, "mid"), (60.01, "high")]
)
def test_amap_classes_meet_where_they_were_published(value: float, name: str) -> None:
    assert look_up(load_score("amap").classes, value).meaning == name


def test_cut_offs_of_the_catalogue_are_those_of_the_definitions() -> None:
    raw = definitions()
    cuts = {
        "fib-4": [raw["FIB-4"]["cuts"]["low"], raw["FIB-4"]["cuts"]["high"]],
        "apri": [raw["APRI"]["cuts_WHO2024"]["F2"], raw["APRI"]["cuts_WHO2024"]["F4"]],
        "gpr": [raw["GPR"]["cuts"]["F2"], raw["GPR"]["cuts"]["F4"]],
    }
    for name, expected in cuts.items():
        lower = sorted(band.lower for band in load_score(name).classes)
        assert lower == [-math.inf, *expected]


def test_every_risk_belongs_to_a_class_of_its_score() -> None:
    for score in all_scores():
        assert {name for name, _ in score.risks} <= {band.meaning for band in score.classes}


def test_inputs_are_the_same_everywhere() -> None:
    names = [score.name for score in all_scores()]
    assert names == list(NEEDED) == list(OPTIONAL)
    fields = set(Findings.__dataclass_fields__)
    assert {each.field for each in INPUTS.values()} == fields
    for name in NEEDED:
        assert set(NEEDED[name]).isdisjoint(OPTIONAL[name])


def test_unknown_score_names_the_nearest() -> None:
    with pytest.raises(UserInputError, match="did you mean page-b"):
        load_score("pageb")


@pytest.mark.parametrize(
    ("value", "text"),
    [(99.9, "<100"), (100, "100-149"), (149.6, "100-149"), (150, "150-199"), (900, ">=200")],
)
def test_bands_leave_no_gap(value: float, text: str) -> None:
    bands = [read_band(each, 0) for each in ("<100", "100-149", "150-199", ">=200")]
    assert look_up(bands, value).text == text


def test_an_exclusive_end_belongs_to_the_band_below() -> None:
    bands = [read_band(text, 0) for text in ("<8", "8-13", ">13")]
    assert [look_up(bands, value).text for value in (7.9, 8, 13, 13.1)] == [
        "<8",
        "8-13",
        "8-13",
        ">13",
    ]


@pytest.mark.parametrize("text", ["", "about 5", "5 to 6", "-3", "5-"])
def test_no_band(text: str) -> None:
    with pytest.raises(ValueError, match="no band"):
        read_band(text, 0)


@given(
    age=st.floats(16, 110),
    male=st.booleans(),
    platelets=st.floats(1, 2000),
)
def test_page_b_stays_in_its_range_and_never_falls_with_age(
    age: float, male: bool, platelets: float
) -> None:
    def points(years: float) -> float:
        patient = Findings(age=years, male=male, platelets=platelets)
        return compute_score("page-b", patient).value

    assert 0 <= points(age) <= 25
    assert points(age) <= points(age + 10)


def test_the_page_lists_every_score() -> None:
    rows = [cells(row) for row in marked(DOCS / "scores.md", "table of scores")[2:]]
    told = [
        [
            f"`{score.name}`",
            ", ".join(NEEDED[score.name]),
            f"{score.population.text} [{score.population.source.tag}]",
            f"{score.source.text} [{score.source.tag}]",
        ]
        for score in all_scores()
    ]
    assert rows == told
