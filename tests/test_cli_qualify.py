"""``ifn qualify``: what a person sees, what a program reads, and what a mistake is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evidence_cases import Runner
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.evidence import full_qualification as module
from ifnfactory.evidence.qualification import Qualification
from ifnfactory.foundation.progress import Progress
from ifnfactory.trial.protocol import load_protocol

THREE = tuple(load_protocol(name) for name in ("janssen2005", "lau2005", "marcellin2004"))
HEADER = (
    "target_id,trial_id,parent_trial,arm_id,level,endpoint,endpoint_class,time_basis,week,"
    "weeks_after_eot,value,unit,k_used,n_used,ci_low,ci_high,weight_hint\n"
)
LINE = "mine.1,{trial},{trial},peg,arm,hbeag_loss,serology,start,72,,34,%,92,271,28.3,39.9,1\n"


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Put a simulation made by hand in the place of the real one."""
    runner = Runner()
    real = module.qualify

    def qualify(
        patients: int,
        seed: int,
        threads: int | None,
        progress: Progress,
        *,
        targets: object,
        run: object,
    ) -> Qualification:
        return real(patients, seed, threads, progress, targets=targets, protocols=THREE, run=runner)

    monkeypatch.setattr(module, "qualify", qualify)
    return runner


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["qualify", *arguments])


def test_the_screen_shows_shares_and_misses(runner: Runner) -> None:
    said = ifn("--patients", "20", "--seed", "3")
    assert said.exit_code == 0
    assert {(patients, seed) for _, patients, seed, _ in runner.runs} == {
        (20, 3),
        (80, 3),
        (40, 3),
    }
    for words in ("serology", "LAU2005", "largest misses", "published results are inside"):
        assert words in said.stdout
    assert "For research" in said.stdout
    assert "lau2005 (2 of 9)" in said.stderr


def test_json_is_one_object_and_nothing_else(runner: Runner) -> None:
    said = ifn("--patients", "10", "--json")
    assert said.exit_code == 0
    assert said.stdout.count("\n") == 1
    found = json.loads(said.stdout)
    assert found["targets"] == len(found["rows"])
    assert found["patients"] == 10
    by_hand = sum(row["weight"] for row in found["rows"] if row["inside"])
    total = sum(row["weight"] for row in found["rows"])
    assert found["weighted_inside_percent"] == pytest.approx(100 * by_hand / total, abs=1e-3)


def test_out_writes_a_run_folder(runner: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert ifn("--patients", "10", "--out", str(folder)).exit_code == 0
    assert (folder / "report.html").is_file()
    again = ifn("--patients", "10", "--out", str(folder))
    assert again.exit_code == 2
    assert "pass --overwrite" in again.stderr
    assert ifn("--patients", "10", "--out", str(folder), "--overwrite").exit_code == 0


def test_targets_of_ones_own(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEADER + LINE.format(trial="LAU2005"), encoding="utf-8")
    said = ifn("--patients", "10", "--targets", str(file), "--json")
    assert said.exit_code == 0
    assert [row["target_id"] for row in json.loads(said.stdout)["rows"]] == ["mine.1"]


def test_every_mistake_is_told_at_once(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEADER + LINE.format(trial="LAO2005"), encoding="utf-8")
    options = ("--patients", "0", "--threads", "0", "--overwrite", "--targets", str(file))
    said = ifn(*options)
    assert said.exit_code == 2
    assert runner.runs == []
    told = said.stderr.splitlines()
    assert [line.split(": ", 1)[0] for line in told] == [
        "--patients 0",
        "--threads 0",
        "--overwrite",
        f"{file}:2",
    ]
    assert "no protocol for the trial LAO2005" in told[-1]
    assert "ifn trial list" in told[-1]


def test_a_file_of_which_nothing_can_be_compared_is_refused(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    line = LINE.format(trial="LAU2005").replace("hbeag_loss", "hbeag_los")
    file.write_text(HEADER + line, encoding="utf-8")
    said = ifn("--targets", str(file))
    assert said.exit_code == 2
    assert f"{file}:2: nothing to compare it with: unknown endpoint 'hbeag_los'" in said.stderr
    assert runner.runs == []


def test_more_patients_than_the_machine_can_hold(runner: Runner) -> None:
    said = ifn("--patients", "1000000000")
    assert said.exit_code == 2
    assert "GB of memory" in said.stderr
    assert runner.runs == []


def test_an_unknown_population_and_a_file_of_another_model_are_told(
    runner: Runner, tmp_path: Path
) -> None:
    assert "no population ''" in ifn("--population", "").stderr
    said = ifn("--population", "nowhere", "--patients", "0")
    assert said.exit_code == 2
    assert "no population 'nowhere'" in said.stderr
    assert "no patients" in said.stderr  # all problems at once
    file = tmp_path / "old.json"
    file.write_text(
        '{"name": "old", "structure": "f00", "provenance": {}, "reference": {}, '
        '"members": [{"weight": 1.0, "numbers": {}}]}'
    )
    said = ifn("--population", str(file))
    assert said.exit_code == 2
    assert "another version of the model" in said.stderr
    assert str(file) in said.stderr
    assert not runner.runs
