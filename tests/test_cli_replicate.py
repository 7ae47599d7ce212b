"""``ifn trial replicate``: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.runs.making import Making
from ifnfactory.runs.tables import read_parquet

IFN = str(Path(sys.executable).with_name("ifn"))
SMALL = ["trial", "replicate", "lau2005", "--replicates", "6", "--n", "12,10", "--looks", "2"]


@pytest.fixture(scope="module")
def runner() -> CliRunner:
    return CliRunner()


def test_prints_one_object(runner: CliRunner) -> None:
    done = runner.invoke(app, [*SMALL, "--json"])
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content["replicates"] == 6
    assert content["boundary"]["information"] == [0.5, 1.0]
    assert len(content["parameter_vectors"]) >= 10
    assert sum(each["replicates"] for each in content["parameter_vectors"]) == 6
    assert content["assurance"]["low"] <= content["assurance"]["high"]


@pytest.fixture(scope="module")
def unbroken(runner: CliRunner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("replicate") / "runs" / "six"
    done = runner.invoke(app, [*SMALL, "--futility", "0", "--out", str(out)])
    assert done.exit_code == 0, done.output
    for word in ("power", "type-I error", "assurance", "vectors"):
        assert word in done.stdout
    return out


def found_in(out: Path) -> dict[str, object]:
    content = json.loads((out / "replication.json").read_text(encoding="utf-8"))
    assert content.pop("wall_s") > 0.0
    return content


def test_writes_a_run_folder_and_prints_what_it_found(unbroken: Path) -> None:
    table = read_parquet(unbroken / "replicates.parquet")
    assert table.rows == 12
    page = (unbroken / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    for word in ("http://", "https://", "src="):
        assert word not in page.replace("http://www.w3.org", "")
    assert found_in(unbroken)["n"] == [12, 10]
    names = {path.name for path in unbroken.iterdir()}
    assert names == {"manifest.json", "replicates.parquet", "replication.json", "report.html"}


def test_killed_and_interrupted_it_goes_on_to_the_same_numbers(
    runner: CliRunner, tmp_path: Path, unbroken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "six"
    options = [*SMALL, "--futility", "0", "--out", str(out)]
    process = subprocess.Popen([IFN, *options], stderr=subprocess.DEVNULL)
    tasks = tmp_path / "six.unfinished" / ".work" / "tasks"
    while len(list(tasks.glob("*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    # What was being written at that moment is not there: it has another name.
    kept = {path: path.stat().st_mtime_ns for path in tasks.glob("*.json")}

    unasked = runner.invoke(app, options)
    assert unasked.exit_code == 2
    assert "go on with it by --resume" in unasked.output
    other = runner.invoke(app, [*options, "--seed", "2", "--resume"])
    assert other.exit_code == 2
    assert "has seed 1, not 2" in other.output

    add, made = Making.add, list[str]()

    def interrupted(self: Making, key: str, *what: Any) -> object:
        if made:
            raise KeyboardInterrupt
        made.append(key)
        return add(self, key, *what)

    with monkeypatch.context() as patch:
        patch.setattr(Making, "add", interrupted)
        stopped = runner.invoke(app, [*options, "--resume"])
    assert stopped.exit_code == 130
    assert f"{len(kept) + 1} finished tasks are kept" in stopped.output
    assert "go on with the same command and --resume" in stopped.output

    done = runner.invoke(app, [*options, "--resume"])
    assert done.exit_code == 0, done.output
    assert found_in(out) == found_in(unbroken)
    table = "replicates.parquet"
    assert (out / table).read_bytes() == (unbroken / table).read_bytes()
    assert not tasks.exists()


def test_without_a_folder_an_interruption_says_what_would_have_kept(
    runner: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ifnfactory.trial.run import Simulator

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Simulator, "run", stop)
    for command in ("replicate", "run"):
        done = runner.invoke(app, ["trial", command, "lau2005"])
        assert done.exit_code == 130
        assert "with --out FOLDER what is finished is kept" in done.output


def test_all_mistakes_at_once(runner: CliRunner, tmp_path: Path) -> None:
    done = runner.invoke(
        app,
        [
            *("trial", "replicate", "lau2006x", "--replicates", "1", "--n", "120,a"),
            *("--looks", "1,0.5", "--boundary", "fleming", "--alpha", "2", "--futility", "nan"),
            *("--population", str(tmp_path / "none.json"), "--threads", "0", "--overwrite"),
        ],
    )
    assert done.exit_code == 2
    said = done.output
    for where in (
        "--replicates 1",
        "--n 120,a",
        "lau2006x",
        "--looks 1,0.5",
        "--boundary",
        "--alpha 2",
        "--futility nan",
        "none.json",
        "--threads 0",
        "--overwrite",
    ):
        assert where in said, where
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_held_is_refused(runner: CliRunner) -> None:
    options = ["--replicates", "100000", "--n", "100000"]
    done = runner.invoke(app, ["trial", "replicate", "lau2005", *options])
    assert done.exit_code == 2
    assert "give 1,000 or fewer" in done.output
