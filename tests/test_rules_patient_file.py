"""Patient files: what is read, and every slip at once with its line."""

import tomllib
from pathlib import Path

import pytest
from docs_pages import DOCS, marked

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.rules.findings import Treatment
from ifnfactory.rules.patient_file import PatientFile, TreatmentFile, load_patient, parse_patient

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples" / "clinic"
GOOD = (EXAMPLES / "patient.toml").read_text(encoding="utf-8")
TREATED = (EXAMPLES / "on_treatment.toml").read_text(encoding="utf-8")


def faults(text: str) -> list[Problem]:
    with pytest.raises(UserInputError) as caught:
        parse_patient(text, "me.toml")
    return list(caught.value.problems)


def test_the_example_is_read() -> None:
    patient = parse_patient(GOOD, "me.toml")
    assert (patient.age, patient.female, patient.hbeag_positive) == (34, True, True)
    assert patient.hbv_dna == 3e7
    assert (patient.fibrosis, patient.inflammation) == (1, 1)
    assert patient.conditions == ()
    assert patient.treatment == Treatment()


def test_treatment_is_read() -> None:
    treatment = load_patient(EXAMPLES / "on_treatment.toml").treatment
    assert treatment.peginterferon == "peginterferon_alfa_2a"
    assert not treatment.nucleoside
    assert treatment.week == 12


def test_aliases_and_copies_are_understood() -> None:
    text = TREATED.replace('"peginterferon_alfa_2a"', '"peg2b", "etv"')
    text = text.replace('hbv_dna = "8e5 IU/mL"', 'hbv_dna = "1e6 copies/mL"')
    patient = parse_patient(text, "me.toml")
    assert patient.treatment.drugs == ("peginterferon_alfa_2b", "entecavir")
    assert patient.treatment.nucleoside
    assert patient.hbv_dna == pytest.approx(1e6 / 10**0.75)


@pytest.mark.parametrize("word", ['"undetectable"', '"<20 IU/mL"'])
def test_undetectable_dna(word: str) -> None:
    patient = parse_patient(GOOD.replace('"3e7 IU/mL"', word), "me.toml")
    assert patient.hbv_dna == 0


ONE_SLIP = {
    "age 200": ("age = 34", "age = 200", "an age of 200 years is impossible", "0 to 120"),
    "a child": ("age = 34", "age = 12", "an age of 12 years", "adults"),
    "age in words": ("age = 34", 'age = "old"', "no number", "years"),
    "unknown sex": ('"female"', '"f"', "should be 'male' or 'female'", '"male" or "female"'),
    "no platelets": ('platelets = "210 1e9/L"\n', "", "'platelets' is missing", "1e9/L"),
    "ALT in mg/dL": ('"46 U/L"', '"46 mg/dL"', "has the unit 'mg/dL'", "U/L"),
    "ALT in x ULN": ("alt = ", 'alt = "1.1 U/L" #', "ALT of 1.1 U/L is impossible", "multiples"),
    "DNA without a unit": ('"3e7 IU/mL"', '"3e7"', "no unit", "copies/mL"),
    "DNA as a number": ('"3e7 IU/mL"', "3e7", "no unit", "copies/mL"),
    "unknown key": ("genotype", "genotyp", "unknown key 'genotyp'", "genotype"),
    "unknown genotype": ('"B"', '"K"', "genotype = 'K'", "A to J"),
    "unknown condition": ("conditions = []", 'conditions = ["gout"]', "'gout'", "pregnancy"),
    "a truth in quotes": ("= false", '= "no"', "family_history", "true or false"),
    "negative counts": ('"210 1e9/L"', "-210", "impossible", "1e9/L"),
    "F4 without cirrhosis": ('"F1"', '"F4"', "F4 is cirrhosis", "compensated"),
    "cirrhosis in F1": ('"none"', '"compensated"', "does not go with cirrhosis", "correct"),
    "half of an earlier ALT": ("age = 34", "age = 34\nalt_earlier = 50", "its time", "alt_earlier"),
    "AST without a limit": ('ast_uln = "40 U/L"\n', "", "says nothing", "ast_uln"),
    "a pregnant man": (
        'sex = "female"',
        'sex = "male"\nconditions = ["pregnancy"] #',
        "cannot be pregnant",
        "correct",
    ),
}


@pytest.mark.parametrize("case", ONE_SLIP)
def test_one_slip_gives_one_message(case: str) -> None:
    old, new, what, fix = ONE_SLIP[case]
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    if case == "a pregnant man":
        text = text.replace("conditions = []", "")
    (problem,) = faults(text)
    assert what in problem.what
    assert fix in problem.fix
    assert problem.where.startswith("me.toml:")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('["peginterferon_alfa_2a"]', '["pegasus"]', "unknown drug"),
        ('["peginterferon_alfa_2a"]', "[]", "drugs"),
        ('["peginterferon_alfa_2a"]', '["peg2a", "peg2b"]', "two peginterferons"),
        ('["peginterferon_alfa_2a"]', '["entecavir"]', "which is not given"),
        ("week = 12", "week = -3", "week = -3"),
    ],
)
def test_slips_of_treatment(old: str, new: str, what: str) -> None:
    (problem,) = faults(TREATED.replace(old, new))
    assert what in problem.what


def test_all_slips_come_at_once_in_the_order_of_the_file() -> None:
    text = GOOD
    for old, new in (
        ("age = 34", "age = 200"),
        ('"female"', '"f"'),
        ('"3e7 IU/mL"', '"3e7"'),
        ('"46 U/L"', '"0.9"'),
        ("genotype", "genotyp"),
        ('"F1"', '"F4"'),
    ):
        text = text.replace(old, new, 1)
    problems = faults(text)
    assert len(problems) == 6
    lines = [int(problem.where.rsplit(":", 1)[1]) for problem in problems]
    assert lines == sorted(lines)


def test_no_toml_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads("age = ")
    (problem,) = faults("age = ")
    assert "not TOML" in problem.what
    with pytest.raises(UserInputError, match="no such file"):
        load_patient(tmp_path / "nobody.toml")


def test_the_page_explains_every_key() -> None:
    told = " ".join(marked(DOCS / "clinic.md", "table of keys"))
    for key in (*PatientFile.model_fields, *TreatmentFile.model_fields):
        assert f"`{key}`" in told
