"""Laboratory values as people write them, and tables of patients."""

import csv
from pathlib import Path

import pytest

from ifnfactory.assays import quantities
from ifnfactory.assays.quantities import LabTest, ReadingError, read_age, read_lab
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.scores.inputs import NEEDED
from ifnfactory.outlook.scores.reading import read_findings
from ifnfactory.outlook.scores.request import score_of_texts
from ifnfactory.outlook.scores.table import Status, read_patients, score_table


@pytest.mark.parametrize(
    ("test", "text", "value"),
    [
        (quantities.PLATELETS, "145", 145),
        (quantities.PLATELETS, "145 10^9/L", 145),
        (quantities.PLATELETS, "145 x10⁹/L", 145),
        (quantities.PLATELETS, "145 G/L", 145),
        (quantities.PLATELETS, "145000 /µL", 145),
        (quantities.ALBUMIN, "4.1 g/dL", 41),
        (quantities.BILIRUBIN, "1 mg/dL", 17.1),
        (quantities.ALT, "60 IU/L", 60),
        (quantities.ALT, "1 ukat/L", 60),
        (quantities.HBV_DNA, "2e5 IU/mL", 2e5),
        (quantities.HBV_DNA, "undetectable", 0),
        (quantities.HBV_DNA, "<20 IU/mL", 0),
        (quantities.HBV_DNA_COPIES, "100000 copies/mL", 1e5),
        (quantities.HBSAG, "1500", 1500),
    ],
)
def test_results_are_read_in_many_spellings(test: LabTest, text: str, value: float) -> None:
    assert read_lab(test, text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("test", "text", "what", "fix"),
    [
        (quantities.ALT, "1.2", "impossible", "multiples of the upper limit"),
        (quantities.ALT, "60 mg/dL", "unit 'mg/dL'", "U/L"),
        (quantities.ALT, "2 xULN", "unit 'xULN'", "U/L"),
        (quantities.ALBUMIN, "4.1", "impossible", "g/dL"),
        (quantities.PLATELETS, "145000", "impossible", "per microlitre"),
        (quantities.PLATELETS, "-3", "impossible", "1e9/L"),
        (quantities.PLATELETS, "many", "no number", "write for example"),
        (quantities.PLATELETS, "nan", "no number", "write for example"),
        (quantities.HBV_DNA, "5.3", "no unit", "copies/mL"),
        (quantities.HBV_DNA_COPIES, "undetectable", "no number", "limit of detection"),
    ],
)
def test_slips_are_explained(test: LabTest, text: str, what: str, fix: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_lab(test, text)
    assert what in caught.value.what
    assert fix in caught.value.fix


@pytest.mark.parametrize("text", ["200", "-1", "nan", "inf", "old"])
def test_impossible_ages(text: str) -> None:
    with pytest.raises(ReadingError):
        read_age(text)


def test_all_problems_of_a_request_come_at_once() -> None:
    written = {"age": "200", "sex": "mal", "alt": "0.4", "hbv-dna": "50000", "cirrhosis": "yes"}
    with pytest.raises(UserInputError) as caught:
        score_of_texts("reach-b", written)
    where = [problem.where for problem in caught.value.problems]
    assert where == ["--age", "--sex", "--alt", "--hbv-dna", "--hbeag", "--cirrhosis"]


def test_hbsag_below_its_limit_has_no_logarithm() -> None:
    with pytest.raises(UserInputError, match="logarithm"):
        read_findings({"hbsag": "undetectable"})


def patients(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "patients.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_failures_of_a_table_are_counted_and_nobody_is_dropped(tmp_path: Path) -> None:
    text = "id,age,sex,platelets,ancestry\na,52,male,145,\nb,200,male,145,\nc,40,female,,\n"
    rows = read_patients(patients(tmp_path, text + "d,40,female,200,asian\n"))
    scored = score_table(rows)
    assert len(scored.cells) == 4 * len(NEEDED)
    by_status = [cell.status for cell in scored.cells if cell.score == "page-b"]
    assert by_status == [Status.COMPUTED, Status.IMPOSSIBLE, Status.MISSING, Status.OUTSIDE]
    for counts in scored.counts().values():
        assert sum(counts.values()) == 4
    extrapolated = score_table(rows, extrapolate=True)
    (last,) = (c for c in extrapolated.cells if (c.patient, c.score) == ("d", "page-b"))
    assert last.status is Status.COMPUTED
    assert "ancestry" in last.reason


def test_a_patient_scores_alone_as_in_a_table(tmp_path: Path) -> None:
    rows = read_patients(patients(tmp_path, "age,sex,platelets\n52,male,145\n40,female,90\n"))
    for row, patient in zip(rows, score_table(rows).by_patient(), strict=True):
        alone = score_of_texts("page-b", row.written)
        assert patient[0].result is not None
        assert patient[0].result.value == alone.value
    assert [row.patient for row in rows] == ["line 2", "line 3"]


def test_csv_has_one_line_a_score(tmp_path: Path) -> None:
    rows = read_patients(patients(tmp_path, "id,age,sex,platelets\na,52,male,145\n"))
    text = score_table(rows).to_csv()
    lines = list(csv.DictReader(text.splitlines()))
    assert len(lines) == len(NEEDED)
    first = lines[0]
    assert (first["score"], first["value"], first["class"]) == ("page-b", "18", "high")
    assert first["published_risk"].startswith("17 % within 5 years (derivation")
    assert "Caucasian adults" in first["population"]
    assert all("research and education" in line["notice"] for line in lines)


def test_all_faults_of_a_table_come_at_once(tmp_path: Path) -> None:
    text = "id,age,sex,platelet,age\na,52,male,145,52\nb,52\n"
    with pytest.raises(UserInputError) as caught:
        read_patients(patients(tmp_path, text))
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 3
    assert "did you mean 'platelets'" in told[0]
    assert "comes twice" in told[1]
    assert "patients.csv:3" in told[2]


@pytest.mark.parametrize("text", ["", "id,age\n", "\n\n"])
def test_a_table_without_patients(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserInputError, match="no patients"):
        read_patients(patients(tmp_path, text))
