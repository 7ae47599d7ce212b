"""``ifn clinic``: what is printed, and refusals."""

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.foundation.notice import NOT_FOR_CARE

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples" / "clinic"
PATIENT, TREATED = str(EXAMPLES / "patient.toml"), str(EXAMPLES / "on_treatment.toml")


def advise(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["clinic", "advise", *arguments])


def test_guidelines_stand_side_by_side_with_their_evidence() -> None:
    said = advise(PATIENT)
    assert said.exit_code == 0, said.output
    for title in ("EASL 2017", "EASL 2025", "AASLD 2018", "APASL 2015", "China 2022", "WHO 2024"):
        assert title in said.stdout
    assert "The guidelines disagree." in said.stdout
    assert "[U-H" in said.stdout
    assert "ALT limit 19 U/L, its own" in said.stdout
    assert said.stdout.count(NOT_FOR_CARE) == 2


def test_on_treatment() -> None:
    said = advise(TREATED)
    assert said.exit_code == 0
    assert "consider stopping" in said.stdout
    assert "90 ug once weekly" in said.stdout
    assert "not in the evidence base" in said.stdout


def test_json_is_one_object() -> None:
    found = json.loads(advise(PATIENT, "--json").stdout)
    assert found["notice"] == NOT_FOR_CARE
    assert set(found["disagreements"]) == {"treat", "peginterferon"}


def test_one_guideline() -> None:
    found = json.loads(advise(PATIENT, "--guideline", "easl-2017", "--json").stdout)
    guidelines = {each["document"] for each in found["answers"] if each["kind"] == "guideline"}
    assert guidelines == {"easl-2017"}


def test_all_problems_at_once_and_exit_code_2(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('age = 200\nsex = "f"\nhbeag = "positive"\nalt = "1 mg/dL"\n', encoding="utf-8")
    said = advise(str(file), "--guideline", "easl-2016")
    assert said.exit_code == 2
    told = said.stderr.splitlines()
    assert len(told) == 5
    assert "easl-2016" in told[0]
    assert "Traceback" not in said.stderr


def test_a_missing_file_is_one_line() -> None:
    said = advise("nobody.toml")
    assert said.exit_code == 2
    assert len(said.stderr.splitlines()) == 1


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "sys.argv = ['ifn', 'clinic', 'advise', '--help']\n"
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
    assert "not for deciding a patient's care" in " ".join(done.stdout.split())
