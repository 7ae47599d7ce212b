"""Known patients under every guideline."""

from dataclasses import replace

import pytest

from ifnfactory.rules.advice import NOT_KNOWN, UNDECIDED, Answer
from ifnfactory.rules.advise import advise
from ifnfactory.rules.findings import PatientFindings, Treatment

HEALTHY = PatientFindings(
    age=25,
    female=False,
    hbeag_positive=False,
    platelets=220,
    alt=18,
    alt_uln=40,
    alt_earlier=18,
    alt_earlier_months=7,
    ast=20,
    ast_uln=40,
    hbv_dna=500,
    hbsag=900,
    genotype="C",
    fibrosis=0,
    inflammation=0,
    liver_stiffness=4.5,
    cirrhosis="none",
    family_history=False,
    neutrophils=3.5,
    creatinine_clearance=100,
    child_pugh=5,
    bilirubin_rising=False,
    conditions=(),
)
SICK = replace(HEALTHY, alt=120, alt_earlier=110, hbv_dna=5e5)


def answer(patient: PatientFindings, document: str, topic: str) -> Answer:
    (found,) = (
        each
        for each in advise(patient).answers
        if (each.document.name, each.topic) == (document, topic)
    )
    return found


def said(patient: PatientFindings, topic: str) -> dict[str, str]:
    return {each.document.name: each.answer for each in advise(patient).of(topic)}


def test_active_hepatitis_is_treated_everywhere() -> None:
    assert set(said(SICK, "treat").values()) == {"treat"}
    allowed = said(SICK, "peginterferon")
    assert allowed.pop("who-2024") == "not used"
    assert set(allowed.values()) == {"may be given"}


def test_inactive_infection_at_25_is_treated_nowhere() -> None:
    assert set(said(HEALTHY, "treat").values()) == {"no criterion met"}
    assert "may be given" not in said(HEALTHY, "peginterferon").values()


@pytest.mark.parametrize(
    ("document", "change", "rule"),
    [
        ("easl-2017", {"cirrhosis": "compensated", "fibrosis": None}, "cirrhosis"),
        ("easl-2017", {"hbv_dna": 2001, "alt": 41}, "active-hepatitis"),
        ("easl-2017", {"hbv_dna": 2001, "fibrosis": 2}, "active-hepatitis"),
        ("easl-2017", {"hbv_dna": 20001, "alt": 81}, "high-dna-high-alt"),
        ("easl-2017", {"hbeag_positive": True, "age": 31}, "hbeag-positive-infection"),
        ("easl-2025", {"fibrosis": 3}, "advanced-fibrosis"),
        ("easl-2025", {"hbv_dna": 2000, "family_history": True}, "dna-and-one-more"),
        ("easl-2025", {"hbv_dna": 2000, "conditions": ("transmission_risk",)}, "dna-and-one-more"),
        ("aasld-2018", {"alt": 70, "hbv_dna": 2001}, "hbeag-negative-hepatitis"),
        (
            "aasld-2018",
            {"alt": 50, "female": True, "hbv_dna": 20001, "hbeag_positive": True},
            "hbeag-positive-hepatitis",
        ),
        ("apasl-2015", {"alt": 81, "hbv_dna": 2001}, "hbeag-negative-hepatitis"),
        ("china-2022", {"alt": 31}, "raised-alt"),
        ("china-2022", {"age": 31}, "normal-alt-and-one-more"),
        ("china-2022", {"cirrhosis": "compensated", "hbv_dna": 0, "fibrosis": 4}, "cirrhosis"),
        ("who-2024", {"liver_stiffness": 7.1}, "significant-fibrosis"),
        ("who-2024", {"ast": 50}, "significant-fibrosis"),
        ("who-2024", {"hbv_dna": 2001, "alt": 41, "alt_earlier": 41}, "dna-and-alt"),
        ("who-2024", {"hbv_dna": None, "alt": 81, "alt_earlier": 81}, "without-dna"),
        ("who-2024", {"conditions": ("hiv",)}, "hiv"),
        ("who-2024", {"family_history": True}, "family-history"),
    ],
)
def test_the_criterion_that_fires(document: str, change: dict[str, object], rule: str) -> None:
    found = answer(replace(HEALTHY, **change), document, "treat")
    assert found.answer in {"treat", "may treat"}
    assert rule in [judged.rule.name for judged in found.fired]
    for judged in found.fired:
        assert judged.because
        assert judged.rule.source.tag


@pytest.mark.parametrize(
    ("document", "change"),
    [
        ("easl-2017", {"hbv_dna": 2000, "alt": 41}),
        ("easl-2017", {"hbv_dna": 5000, "alt": 40}),
        ("easl-2017", {"hbeag_positive": True, "age": 30}),
        ("easl-2025", {"hbv_dna": 1999, "alt": 80}),
        ("aasld-2018", {"alt": 69.9, "hbv_dna": 1e6}),
        ("aasld-2018", {"alt": 100, "hbv_dna": 20000, "hbeag_positive": True}),
        ("apasl-2015", {"alt": 80, "hbv_dna": 1e6}),
        ("china-2022", {"alt": 30}),
        ("china-2022", {"hbv_dna": 0, "alt": 100}),
        ("who-2024", {"hbv_dna": 5000, "alt": 80, "alt_earlier": 39}),
        ("who-2024", {"hbv_dna": 5000, "alt": 80, "alt_earlier_months": 3}),
        ("who-2024", {"liver_stiffness": 7.0}),
    ],
)
def test_just_beside_a_criterion(document: str, change: dict[str, object]) -> None:
    patient = replace(HEALTHY, **change)
    assert answer(patient, document, "treat").answer == "no criterion met"


def test_each_guideline_uses_its_own_limit_of_normal() -> None:
    woman = replace(HEALTHY, female=True, alt=38, alt_uln=33)
    used = {
        each.document.name: (each.alt_limit.value, each.alt_limit.source is not None)
        for each in advise(woman).of("treat")
    }
    assert used == {
        "easl-2017": (40, True),
        "easl-2025": (33, False),
        "aasld-2018": (25, True),
        "apasl-2015": (40, True),
        "china-2022": (19, True),
        "who-2024": (33, False),
    }


def test_without_the_laboratorys_limit_who_is_undecided() -> None:
    found = answer(replace(SICK, alt_uln=None), "who-2024", "treat")
    assert found.answer == UNDECIDED
    assert "alt_uln" in found.missing
    assert answer(replace(SICK, alt_uln=None), "easl-2017", "treat").answer == "treat"


def test_guidelines_that_disagree_stand_side_by_side() -> None:
    patient = replace(HEALTHY, hbeag_positive=True, hbv_dna=5e8, age=35)
    told = advise(patient).disagreements()["treat"]
    assert told["China 2022"] == "treat"
    assert told["EASL 2017"] == "may treat"
    assert told["AASLD 2018"] == "no criterion met"


@pytest.mark.parametrize(
    "change",
    [
        {"platelets": 89},
        {"neutrophils": 1.4},
        {"cirrhosis": "decompensated", "fibrosis": 4},
        {"conditions": ("pregnancy",), "female": True},
        {"conditions": ("autoimmune_hepatitis",)},
        {"conditions": ("mild_depression",)},
    ],
)
def test_contraindications_hold_under_every_guideline(change: dict[str, object]) -> None:
    told = said(replace(SICK, **change), "peginterferon")
    assert told.pop("who-2024") == "not used"
    assert set(told.values()) == {"contraindicated"}


def test_china_has_contraindications_of_its_own() -> None:
    told = said(replace(SICK, conditions=("retinopathy",)), "peginterferon")
    assert told["china-2022"] == "contraindicated"
    assert told["easl-2017"] == "may be given"


def test_unknown_contraindications_leave_the_question_open() -> None:
    found = answer(replace(SICK, conditions=None, neutrophils=None), "easl-2017", "peginterferon")
    assert found.answer == UNDECIDED
    assert found.at_least == "may be given"
    assert set(found.missing) == {"conditions", "neutrophils"}


@pytest.mark.parametrize("condition", ["hiv", "hdv", "hcv"])
def test_patients_whom_the_evidence_does_not_cover(condition: str) -> None:
    told = said(replace(SICK, conditions=(condition,)), "treat")
    assert told.pop("who-2024") == "treat"
    assert set(told.values()) == {NOT_KNOWN}


def test_apasl_has_no_rule_for_cirrhosis() -> None:
    found = answer(replace(HEALTHY, cirrhosis="compensated", fibrosis=4), "apasl-2015", "treat")
    assert found.answer == UNDECIDED
    assert "no rule of APASL" in found.undecided[0].rule.undecidable


def on(drug: str, week: float | None, **change: object) -> PatientFindings:
    start = {"hbsag_start": change.pop("hbsag_start", 3e4), "hbv_dna_start": 1e8}
    more = change.pop("also", ())
    treatment = Treatment((drug, *more), week, **start)
    base = replace(SICK, hbeag_positive=True, hbsag=1e4, hbv_dna=1e4)
    return replace(base, treatment=treatment, **change)


PEG2A, PEG2B = "peginterferon_alfa_2a", "peginterferon_alfa_2b"


@pytest.mark.parametrize(
    ("patient", "document", "expected", "rule"),
    [
        (on(PEG2A, 12, hbsag=21000), "easl-2017", "consider stopping", "week-12-genotype-b-c"),
        (on(PEG2A, 12, hbsag=20000), "easl-2017", "no rule met", None),
        (
            on(PEG2A, 12, hbsag=3.1e4, genotype="A"),
            "easl-2017",
            "consider stopping",
            "week-12-genotype-a-d",
        ),
        (on(PEG2A, 24, hbsag=21000, genotype="A"), "easl-2017", "stop", "week-24"),
        (
            on(PEG2A, 12, hbeag_positive=False, genotype="D", hbsag=3e4, hbv_dna=2e6),
            "easl-2017",
            "stop",
            "week-12-hbeag-negative-d",
        ),
        (
            on(PEG2A, 12, hbeag_positive=False, genotype="B", hbsag=3e4, hbv_dna=2e6),
            "easl-2017",
            "no rule met",
            None,
        ),
        (
            on(PEG2A, 12, hbeag_positive=False, genotype="B", hbsag=3e4, hbv_dna=2e6),
            "stopping-studies",
            "stop",
            "parc-week-12",
        ),
        (on(PEG2A, 24, hbv_dna=2e6), "stopping-studies", "stop", "hansen-week-24"),
        (
            on(PEG2A, 24, hbeag_positive=False, hbsag=2.8e4),
            "stopping-studies",
            "stop",
            "goulis-week-24",
        ),
        (on(PEG2A, 24, hbsag=21000, hbv_dna=2e6), "china-2022", "stop", "week-24-hbeag-positive"),
        (
            on(PEG2A, 12, hbeag_positive=False, hbsag=1e4),
            "china-2022",
            "stop",
            "week-12-hbeag-negative",
        ),
        (
            on(PEG2A, 24, hbeag_positive=False, hbsag=150, hbsag_start=900, also=("entecavir",)),
            "china-2022",
            "continue",
            "week-24-suppressed",
        ),
        (on(PEG2A, 8, neutrophils=0.4), "peg2a-label", "hold", "neutrophils-hold"),
        (on(PEG2A, 8, platelets=24), "peg2a-label", "stop", "platelets-stop"),
        (on(PEG2A, 8, alt=410), "peg2a-label", "consider stopping", "severe-flare"),
        (on(PEG2B, 8, platelets=49), "peg2b-label", "stop", "platelets-stop-older"),
    ],
)
def test_stopping(patient: PatientFindings, document: str, expected: str, rule: str | None) -> None:
    found = answer(patient, document, "stop")
    assert found.answer == expected
    assert [judged.rule.name for judged in found.fired][:1] == ([] if rule is None else [rule])


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"neutrophils": 0.7}, "neutrophils-reduce"),
        ({"platelets": 49}, "platelets-reduce"),
        ({"creatinine_clearance": 29}, "renal"),
        ({"conditions": ("haemodialysis",)}, "renal"),
        ({"conditions": ("moderate_depression",)}, "moderate-depression"),
        ({"alt": 201}, "alt-flare"),
    ],
)
def test_doses(change: dict[str, object], rule: str) -> None:
    found = answer(on(PEG2A, 8, **change), "peg2a-label", "dose")
    assert (found.answer, found.fired[0].rule.name) == ("reduce", rule)


def test_a_label_speaks_only_of_its_own_drug() -> None:
    documents = {each.document.name for each in advise(on(PEG2B, 8)).answers}
    assert "peg2b-label" in documents
    assert "peg2a-label" not in documents


def test_rules_of_a_later_week_are_announced_and_past_ones_are_not() -> None:
    early = answer(on(PEG2A, 8, hbsag=21000), "easl-2017", "stop")
    assert early.answer == "no rule met"
    assert {judged.rule.week for judged in early.later} == {12, 24}
    assert answer(on(PEG2A, 40, hbsag=21000), "easl-2017", "stop").later == ()


def test_an_unknown_week_leaves_stopping_open() -> None:
    found = answer(on(PEG2A, None, hbsag=21000), "easl-2017", "stop")
    assert found.answer == UNDECIDED
    assert found.missing == ("treatment.week",)


def test_low_counts_on_treatment_are_for_the_label_not_for_the_start() -> None:
    patient = on(PEG2A, 8, platelets=60, neutrophils=1.0)
    assert answer(patient, "easl-2017", "peginterferon").answer == "given already"


def test_china_adds_interferon_to_a_suppressed_patient_with_low_hbsag() -> None:
    base = replace(HEALTHY, hbv_dna=0, treatment=Treatment(("entecavir",)))
    assert answer(base, "china-2022", "treat").answer == "treated already"
    assert answer(base, "china-2022", "peginterferon").answer == "may be given"
    high = answer(replace(base, hbsag=1500), "china-2022", "peginterferon")
    assert high.answer == "no criterion met"
    assert answer(base, "easl-2025", "peginterferon").answer == UNDECIDED


def test_telbivudine_is_a_contraindication() -> None:
    patient = replace(HEALTHY, hbv_dna=0, treatment=Treatment(("telbivudine",)))
    assert answer(patient, "china-2022", "peginterferon").answer == "contraindicated"


def test_rules_that_are_assumed_say_so() -> None:
    found = answer(on(PEG2A, 12, hbsag=21000), "easl-2025", "stop")
    assert found.answer == "consider stopping"
    assert "assumed as in easl-2017" in found.note
    assert "[U-L]" in found.note


@pytest.mark.parametrize("name", ["aasld-2018", "who-2024"])
def test_a_guideline_without_a_rule_says_so(name: str) -> None:
    assert answer(on(PEG2A, 12), name, "stop").answer == NOT_KNOWN


def test_buster_chooses_candidates_by_genotype() -> None:
    base = replace(SICK, hbeag_positive=True, hbv_dna=1e9, alt=90)
    for genotype, expected in (("A", "good"), ("B", ""), ("C", ""), ("D", "poor")):
        found = answer(replace(base, genotype=genotype), "buster-2009", "peginterferon")
        assert found.answer == (f"{expected} candidate" if expected else "no criterion met")


def test_monitoring_is_due_and_fits_the_patient() -> None:
    tests = {
        (each.document.name, each.item.test): each.next_week
        for each in advise(on(PEG2A, 5, conditions=("diabetes",))).monitoring
    }
    assert tests["safety-schedule", "full blood count, ALT"] == 8
    assert tests["easl-2017", "TSH"] == 12
    assert ("safety-schedule", "fundus of the eye") in tests
    assert ("safety-schedule", "pregnancy test") not in tests
    silent = dict(advise(HEALTHY).silent)
    assert silent["WHO 2024"] == NOT_KNOWN


def test_one_guideline_can_be_chosen() -> None:
    advice = advise(SICK, ["easl-2017"])
    assert {each.document.name for each in advice.of("treat")} == {"easl-2017"}
    assert advice.disagreements() == {}


def test_advice_is_a_pure_function() -> None:
    assert advise(SICK).to_json() == advise(SICK).to_json()


def test_json_names_guideline_version_evidence_and_notice() -> None:
    found = advise(SICK).to_json()
    assert found["notice"] == "For research and education, not for deciding a patient's care."
    for each in found["answers"]:
        assert each["year"]
        assert each["transcription"]
        assert each["citation"]
        for rule in each["fired"]:
            assert rule["criterion"]
            assert rule["tag"]
