"""Cohort files: who is drawn, and every mistake at once with its line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.cohort import draw_people, load_cohort
from ifnfactory.outlook.country import load_country
from ifnfactory.outlook.economics import load_prices
from ifnfactory.outlook.lifetime import Outlook, look_ahead
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.policy import load_policies
from ifnfactory.outlook.questions import question_of_cohort
from ifnfactory.outlook.states import Liver, Phase
from ifnfactory.outlook.words import in_words

GOOD = """
title = "Hepatitis at forty"
location = "China"

[[group]]
name = "untreated"
age = { mean = 40, sd = 8, low = 20, high = 60 }
male = 0.6
phases = { negative_hepatitis = 0.7, positive_hepatitis = 0.3 }
compensated = 0.1
genotypes = { B = 0.3, C = 0.7 }

[[group]]
name = "treated"
label = "On a nucleoside"
age = { mean = 40, sd = 8, low = 20, high = 60 }
male = 0.6
phases = { negative_hepatitis = 0.7, positive_hepatitis = 0.3 }
compensated = 0.1
treated = 1.0
genotypes = { B = 0.3, C = 0.7 }
"""

BAD = """
title = "Wrong"
location = "Chnia"
period = "1990"

[rates]
death_hcc = 0.9
transplant_hcc = 0.4
no_such_rate = 1.0

[[group]]
name = "old"
age = { mean = 200, sd = 8 }
phases = { negative_hepatitis = 0.7, cured = 0.7 }
genotypes = { X = 1.0 }
hbv_dan = { mean = 5, sd = 1 }
"""

COSTS = """
currency = "EUR 2024"
nucleoside = 400
[start]
treated = 100
[states]
hcc = 15000
"""


def write(folder: Path, text: str, name: str = "COHORT.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def answer(folder: Path, people: int = 4_000, draws: int = 4, threads: int = 2) -> Outlook:
    question = question_of_cohort(write(folder, GOOD))
    prices = load_prices(write(folder, COSTS, "COSTS.toml"))
    return look_ahead(question, 30, people, 1, draws, prices, threads)


def test_people_are_as_the_file_says(tmp_path: Path) -> None:
    cohort = load_cohort(write(tmp_path, GOOD))
    people = draw_people(cohort.groups, central(), 20_000, seed=1)
    first = people.group == 0
    assert people.age_months[first].mean() / 12 == pytest.approx(40.0, abs=0.3)
    assert people.male[first].mean() == pytest.approx(0.6, abs=0.02)
    assert (people.phase[first] == Phase.POSITIVE_HEPATITIS).mean() == pytest.approx(0.3, abs=0.02)
    assert (people.liver[first] == Liver.COMPENSATED).mean() == pytest.approx(0.1, abs=0.01)
    assert people.treated[first].sum() == 0
    assert people.treated[~first].all()


def test_groups_differ_only_in_what_the_file_says(tmp_path: Path) -> None:
    cohort = load_cohort(write(tmp_path, GOOD))
    people = draw_people(cohort.groups, central(), 500, seed=1)
    for name in ("key", "age_months", "male", "phase", "liver", "dna_rank", "hbsag_rank"):
        column = getattr(people, name)
        assert np.array_equal(column[:500], column[500:])


def test_one_more_person_changes_nobody_else(tmp_path: Path) -> None:
    groups = load_cohort(write(tmp_path, GOOD)).groups[:1]
    fewer, more = (draw_people(groups, central(), n, seed=1) for n in (500, 501))
    assert np.array_equal(fewer.age_months, more.age_months[:500])
    assert np.array_equal(fewer.hbsag_rank, more.hbsag_rank[:500])


def test_all_mistakes_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    with pytest.raises(UserInputError) as caught:
        load_cohort(write(tmp_path, BAD))
    told = str(caught.value)
    for part in (
        "COHORT.toml:3: unknown location 'Chnia'",
        "did you mean China",
        "unknown period '1990'",
        "rates out of hepatocellular carcinoma sum to 1.3 a year, beyond one",
        "unknown parameter 'no_such_rate'",
        "200",
        "the phases sum to 1.4, not 1",
        "unknown genotype X",
        "unknown key 'hbv_dan'",
    ):
        assert part in told


def test_numbers_in_the_wrong_unit_are_refused_with_the_right_one(tmp_path: Path) -> None:
    text = GOOD.replace(
        "compensated = 0.1", "compensated = 0.1\nhbv_dna = { mean = 2e4, sd = 9 }", 1
    )
    text = text.replace(
        "treated = 1.0", "hbsag = { low = 10, high = 5000 }\nalt = { mean = 0.9, sd = 1 }"
    )
    with pytest.raises(UserInputError) as caught:
        load_cohort(write(tmp_path, text))
    told = str(caught.value)
    assert len(caught.value.problems) == 4
    for part in ("20,000 IU/mL is 4.3", "1,000 IU/mL is 3", "1 ukat/L is 60 U/L"):
        assert part in told


def test_a_price_for_a_group_that_is_not_there_is_refused(tmp_path: Path) -> None:
    cohort = write(tmp_path, GOOD)
    prices = write(tmp_path, COSTS.replace("treated = 100", "treatet = 100"), "COSTS.toml")
    done = ifn("outlook", "run", str(cohort), "--costs", str(prices), "--people", "0")
    assert done.returncode == 2
    for part in ("price for 'treatet'", "the groups are untreated, treated", "--people 0"):
        assert part in done.stderr


def test_a_table_with_wrong_columns_and_cells_is_told_line_by_line(tmp_path: Path) -> None:
    table = "age,sex,phase,agee,alt\n200,male,cured,1,30\n40,man,sleeping,2,x\n"
    write(tmp_path, table, "people.csv")
    text = 'title = "T"\nlocation = "Nowhere"\n[[group]]\nname = "g"\ntable = "people.csv"\n'
    with pytest.raises(UserInputError) as caught:
        load_cohort(write(tmp_path, text))
    told = str(caught.value)
    assert "unknown location 'Nowhere'" in told
    assert "people.csv:1: unknown column 'agee'" in told
    assert "people.csv:2: age = '200' cannot be meant" in told
    assert "people.csv:3: sex = 'man'" in told
    assert "people.csv:3: phase = 'sleeping'" in told
    assert "people.csv:3: alt = 'x'" in told


def test_a_table_of_persons_is_followed(tmp_path: Path) -> None:
    table = "age,sex,phase,liver,log10_hbsag\n40,male,cured,no_cirrhosis,\n"
    table += "50,female,negative_hepatitis,compensated,3.1\n"
    write(tmp_path, table, "people.csv")
    text = 'title = "T"\nlocation = "Italy"\n[[group]]\nname = "g"\ntable = "people.csv"\n'
    people = draw_people(load_cohort(write(tmp_path, text)).groups, central(), 10, seed=1)
    assert people.phase.tolist() == [Phase.CURED, Phase.NEGATIVE_HEPATITIS] * 5
    assert people.age_months.tolist() == [480, 600] * 5
    assert people.liver[1] == Liver.COMPENSATED
    assert np.isfinite(people.hbsag_rank).all()


def test_treatment_avoids_cancer_and_death_and_the_numbers_agree(tmp_path: Path) -> None:
    outlook = answer(tmp_path)
    found = {(row.group, row.measure): row.estimate for row in outlook.rows}
    gains = {row.measure: row.estimate for row in outlook.comparisons}
    avoided = gains["hcc_avoided"].value
    fewer = found["untreated", "hcc"].value - found["treated", "hcc"].value
    assert avoided == pytest.approx(10 * fewer)
    assert avoided > 0
    assert gains["nnt_hcc"].value == pytest.approx(1000 / avoided)
    assert gains["life_years_gained"].value > 0
    assert found["treated", "life_years"].value < 30
    assert found["treated", "discounted_qalys"].value < found["treated", "qalys"].value
    assert found["treated", "costs"].value > 400
    low, high = found["treated", "hcc"].low, found["treated", "hcc"].high
    assert low is not None
    assert high is not None
    assert low < high


@pytest.mark.parametrize(
    ("nucleoside", "start", "said"),
    [(0, 0, "cheaper and better"), (400, 100, "cost of a QALY gained")],
)
def test_a_price_of_a_qaly_is_a_number_or_says_why_not(
    tmp_path: Path, nucleoside: float, start: float, said: str
) -> None:
    text = COSTS.replace("nucleoside = 400", f"nucleoside = {nucleoside}")
    prices = load_prices(write(tmp_path, text.replace("treated = 100", f"treated = {start}")))
    question = question_of_cohort(write(tmp_path, GOOD))
    outlook = look_ahead(question, 30, 2_000, 1, 0, prices)
    row = next(row for row in outlook.comparisons if row.measure == "icer")
    assert said in row.title
    assert (in_words(row) == said) == (nucleoside == 0)


def test_the_answer_does_not_depend_on_threads(tmp_path: Path) -> None:
    one, many = answer(tmp_path, 1_000, 2, 1), answer(tmp_path, 1_000, 2, 5)
    assert one.to_json() == many.to_json()


def ifn(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("ifn")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_prints_json_and_writes_a_report(tmp_path: Path) -> None:
    cohort, out = write(tmp_path, GOOD), tmp_path / "out"
    done = ifn(
        "outlook", "run", str(cohort), "--people", "500", "--draws", "2", "--years", "10",
        "--json", "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert [group["name"] for group in content["groups"]] == ["untreated", "treated"]
    assert "research and education" in content["notice"]
    assert "World Population Prospects" in content["attribution"]
    page = (out / "report.html").read_text(encoding="utf-8")
    for part in (
        "Where people are",
        "Number at risk",
        "competing risks",
        "World Population Prospects",
    ):
        assert part in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert {path.name for path in out.iterdir()} == {
        "manifest.json", "report.html", "estimates.parquet", "states.parquet", "incidence.parquet",
    }  # fmt: skip


def test_bad_input_ends_with_exit_code_2_and_says_everything(tmp_path: Path) -> None:
    cohort = write(tmp_path, BAD)
    done = ifn(
        "outlook", "run", str(cohort), "--years", "900", "--people", "0", "--draws", "-1",
        "--location", "Japan", "--rescue-years", "2",
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for part in (
        "--years 900", "--people 0", "--draws -1", "unknown location", "beyond one",
        "--location: this goes with a run folder only", "--rescue-years: this goes",
    ):  # fmt: skip
        assert part in done.stderr


def test_the_examples_of_the_documentation_are_in_order() -> None:
    folder = Path(__file__).resolve().parents[1] / "docs" / "examples" / "outlook"
    assert len(load_cohort(folder / "cohort.toml").groups) == 3
    assert load_prices(folder / "costs.toml").currency == "EUR 2024"
    assert load_country(folder / "country.toml").end_year == 2050
    assert len(load_policies(folder / "policy.toml")) == 2
