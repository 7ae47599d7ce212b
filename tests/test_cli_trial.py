"""``ifn trial``: what a person sees, what a program reads, and what a mistake is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from synthetic import trial_result
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.foundation.progress import Progress
from ifnfactory.report.save import save_trial
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.store import Store
from ifnfactory.study.manner import Manner
from ifnfactory.study.order import Order
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import TrialResult


class Simulator(NamedTuple):
    """In the place of `trial.run.Simulator`, whose file is replaced here."""

    run_trial: Callable[..., TrialResult]
    threads: int | None

    def run(self, protocol: Protocol, patients: int, seed: int, progress: Progress) -> TrialResult:
        return self.run_trial(protocol, patients, seed, self.threads, progress)


Runs = list[tuple[str, int, int, int | None]]


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def replace_simulation(
    monkeypatch: pytest.MonkeyPatch, run_trial: Callable[..., TrialResult]
) -> None:
    """Put `run_trial` in the place of the real one, which is not even imported."""

    def run_study(
        order: Order, out: Store, executor: Executor, manner: Manner, progress: Progress
    ) -> TrialResult:
        result = run_trial(order.protocol, order.patients, order.seed, manner.threads, progress)
        assert out.local is not None
        save_trial(result, out.local, datetime.now(UTC), manner.command, manner.overwrite)
        return result

    def open_simulator(threads: int | None, progress: Progress) -> Simulator:
        return Simulator(run_trial, threads)

    functions: dict[str, Callable[..., object]]
    for name, functions in (
        ("ifnfactory.trial.run", {"open_simulator": open_simulator}),
        ("ifnfactory.study.run", {"run_study": run_study}),
    ):
        module = ModuleType(name)
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Replace the simulation by a synthetic one, and note how it was called."""
    calls: Runs = []

    def run_trial(
        protocol: Protocol, patients: int, seed: int, threads: int | None, progress: Progress
    ) -> TrialResult:
        calls.append((protocol.name, patients, seed, threads))
        progress.begin("Simulating", 1)
        progress.advance()
        progress.end()
        return trial_result(patients=8, failed=1)

    replace_simulation(monkeypatch, run_trial)
    return calls


def test_list_names_the_built_in_trials() -> None:
    said = ifn("trial", "list")
    assert said.exit_code == 0
    for name in ("lau2005", "marcellin2004", "janssen2005"):
        assert name in said.stdout


def test_show_prints_arms_calendar_and_eligibility_without_simulating(runs: Runs) -> None:
    said = ifn("trial", "show", "lau2005")
    assert said.exit_code == 0
    assert "peginterferon alfa-2a 180 ug once weekly, weeks 0-48" in said.stdout
    assert "start lamivudine 100 mg once daily" in said.stdout
    assert "stop peginterferon alfa-2a" in said.stdout
    assert "4 × peginterferon alfa-2a 180 ug" in said.stdout
    assert "HBeAg          positive" in said.stdout
    assert "88,914 IU/mL" in said.stdout
    assert "72  visit" in said.stdout
    assert runs == []


def test_show_reads_a_file(tmp_path: Path) -> None:
    text = trial_result(patients=1, failed=0).protocol.source_text
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert ifn("trial", "show", str(tmp_path / "mine.toml")).stdout == (
        ifn("trial", "show", "lau2005").stdout
    )


def test_run_prints_every_endpoint_beside_the_published_one(runs: Runs) -> None:
    said = ifn("trial", "run", "lau2005")
    assert said.exit_code == 0
    assert runs == [("lau2005", 500, 1, None)]
    line = next(
        line
        for line in said.stdout.splitlines()
        if line.startswith("peg_lam") and "hbeag_seroconversion" in line and " 72 " in line
    )
    assert "27.0 (21.8 to 32.6)" in line
    assert line.rstrip()[-1] in "✓✗"
    assert "1 step_limit" in said.stdout
    assert "For research, not for patient care." in said.stdout
    assert "Simulating" in said.stderr
    assert "Simulating" not in said.stdout


def test_run_passes_its_options_on(runs: Runs) -> None:
    options = ("--patients", "7", "--seed", "3", "--threads", "2")
    assert ifn("trial", "run", "janssen2005", *options).exit_code == 0
    assert runs == [("janssen2005", 7, 3, 2)]


def test_json_is_one_object_and_nothing_else(runs: Runs) -> None:
    said = ifn("trial", "run", "lau2005", "--json")
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    assert said.stdout.count("\n") == 1
    assert found["trial"] == "lau2005"
    assert found["status"]["step_limit"] == 1
    row = found["results"][0]
    assert {"arm", "endpoint", "week", "n_published", "patients", "value", "ci"} <= set(row)
    assert {"published", "published_ci", "inside"} <= set(row)
    assert len(found["results"]) == len(trial_result(patients=1).rows)


def test_out_writes_a_run_folder(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The runner does not set it, and what pytest was called with is not the program's command.
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ifn", "trial", "run", "my trial.toml"])
    said = ifn("trial", "run", "lau2005", "--out", str(tmp_path / "run"))
    assert said.exit_code == 0
    assert str(tmp_path / "run" / "report.html") in said.stdout
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "ifn trial run 'my trial.toml'"


def test_existing_folder_is_refused_before_anything_is_simulated(
    runs: Runs, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("keep")
    said = ifn("trial", "run", "lau2005", "--out", str(tmp_path / "run"))
    assert said.exit_code == 2
    assert "choose another --out or pass --overwrite" in said.stderr
    assert runs == []
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_overwrite_replaces_an_older_run(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text('{"program": "ifnfactory", "seed": 99}')
    arguments = ("trial", "run", "lau2005", "--out", str(tmp_path / "run"))
    assert ifn(*arguments).exit_code == 2
    assert ifn(*arguments, "--overwrite").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 1


def test_every_mistake_is_told_at_once(runs: Runs, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    protocol = tmp_path / "bad.toml"
    text = trial_result(patients=1).protocol.source_text
    protocol.write_text(text.replace('dose = "180 ug"', 'dose = "-180 ug"'), encoding="utf-8")
    said = ifn(
        "trial",
        "run",
        str(protocol),
        *("--patients", "0", "--threads", "0", "--out", str(tmp_path / "file" / "run")),
    )
    assert said.exit_code == 2
    assert said.stdout == ""
    lines = said.stderr.splitlines()
    assert len(lines) >= 4
    assert all(" — " in line for line in lines)
    assert any(line.startswith("--patients 0: ") for line in lines)
    assert any(line.startswith("--threads 0: ") for line in lines)
    assert any(line.startswith("--out ") for line in lines)
    assert any(line.startswith(f"{protocol}:") for line in lines)
    assert "Traceback" not in said.stderr
    assert runs == []


@pytest.mark.parametrize("command", ["show", "run"])
def test_unknown_trial_is_one_line_with_a_hint(command: str) -> None:
    said = ifn("trial", command, "lau205")
    assert said.exit_code == 2
    (line,) = said.stderr.splitlines()
    assert "lau2005" in line
    assert " — " in line


def test_overwrite_without_out_is_a_mistake(runs: Runs) -> None:
    said = ifn("trial", "run", "lau2005", "--overwrite")
    assert said.exit_code == 2
    assert "name a folder with --out" in said.stderr


def failing(error: BaseException) -> Callable[..., TrialResult]:
    def run_trial(*_: object) -> TrialResult:
        raise error

    return run_trial


def test_interruption_is_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    replace_simulation(monkeypatch, failing(KeyboardInterrupt()))
    said = ifn("trial", "run", "lau2005", "--out", str(tmp_path / "run"))
    assert said.exit_code == 130
    assert said.stderr.splitlines() == ["interrupted: nothing was written"]
    assert list(tmp_path.iterdir()) == []


def test_our_own_mistakes_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_simulation(monkeypatch, failing(ZeroDivisionError("ours")))
    said = ifn("trial", "run", "lau2005")
    assert isinstance(said.exception, ZeroDivisionError)
