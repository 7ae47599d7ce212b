"""``ifn score``: answers, refusals and exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.scores.inputs import NEEDED

PATIENT = {
    "age": "45",
    "sex": "male",
    "platelets": "160",
    "albumin": "41",
    "bilirubin": "12",
    "alt": "70",
    "ast": "50",
    "ast-uln": "40",
    "ggt": "60",
    "ggt-uln": "50",
    "hbeag": "negative",
    "hbv-dna": "4e5 IU/mL",
    "hbsag": "900",
    "log10-hbcrag": "4",
    "cirrhosis": "no",
    "diabetes": "no",
    "family-history": "no",
    "alcohol": "no",
    "tenofovir": "no",
}


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def options(name: str) -> list[str]:
    return [part for each in NEEDED[name] for part in (f"--{each}", PATIENT[each])]


def test_the_example_of_the_issue() -> None:
    said = ifn("score", "page-b", "--age", "52", "--sex", "male", "--platelets", "145", "--json")
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    assert (found["value"], found["class"]) == (18, "high")
    assert found["notice"] == NOT_FOR_CARE


@pytest.mark.parametrize("name", NEEDED)
def test_every_score_has_a_command(name: str) -> None:
    said = ifn("score", name, *options(name))
    assert said.exit_code == 0, said.output
    assert NOT_FOR_CARE in said.stdout
    assert "holds for" in said.stdout
    machine = ifn("score", name, *options(name), "--json")
    assert json.loads(machine.stdout)["score"] == name


def test_a_class_without_evidence_is_not_invented() -> None:
    assert "not in the evidence base" in ifn("score", "reach-b", *options("reach-b")).stdout


def test_all_problems_at_once_and_exit_code_2() -> None:
    said = ifn("score", "page-b", "--age", "200", "--sex", "mal")
    assert said.exit_code == 2
    lines = said.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["--age", "--sex", "--platelets"]
    assert "Traceback" not in said.stderr


def test_outside_its_population() -> None:
    typed = ["score", "reach-b", *options("reach-b")]
    typed[typed.index("--age") + 1] = "70"
    refused = ifn(*typed)
    assert refused.exit_code == 2
    assert "holds up to the age of 65" in refused.stderr
    told = ifn(*typed, "--extrapolate")
    assert told.exit_code == 0
    assert "EXTRAPOLATED" in told.stdout


def test_list() -> None:
    said = ifn("score", "list")
    assert said.exit_code == 0
    assert all(name in said.stdout for name in NEEDED)
    machine = json.loads(ifn("score", "list", "--json").stdout)
    assert [each["score"] for each in machine] == list(NEEDED)


@pytest.fixture
def table(tmp_path: Path) -> str:
    file = tmp_path / "patients.csv"
    text = "id,age,sex,platelets\na,52,male,145\nb,200,male,145\n"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_table(table: str) -> None:
    said = ifn("score", "--all", table)
    assert said.exit_code == 0
    assert "18 high" in said.stdout
    assert "impossible" in said.stdout
    assert NOT_FOR_CARE in said.stdout
    machine = json.loads(ifn("score", "--all", table, "--json").stdout)
    assert machine["counts"]["page-b"] == {
        "impossible value": 1,
        "missing input": 0,
        "outside its population": 0,
        "computed": 1,
    }
    assert ifn("score", "--all", table, "--csv").stdout.startswith("id,score,status,value")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["--all", "nowhere.csv"],
        ["--json", "page-b", "--age", "52"],
        ["pageb"],
        ["page-b", "--weight", "70"],
    ],
)
def test_wrong_ways_to_ask(arguments: list[str]) -> None:
    said = ifn("score", *arguments)
    assert said.exit_code == 2
    assert "Traceback" not in said.output


@pytest.mark.parametrize("arguments", [["--help"], ["page-b", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['ifn', 'score', *{arguments!r}]\n"
        "import atexit\n"
        "heavy = ['numpy', 'pint', 'rich', 'scipy', 'matplotlib', 'pyarrow']\n"
        "atexit.register(lambda: print('HEAVY', [m for m in heavy if m in sys.modules]))\n"
        "from ifnfactory.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"
