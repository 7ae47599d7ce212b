"""``ifn trial replicate``: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.runs.tables import read_parquet

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


def test_writes_a_run_folder_and_prints_what_it_found(runner: CliRunner, tmp_path: Path) -> None:
    out = tmp_path / "runs" / "six"
    done = runner.invoke(app, [*SMALL, "--futility", "0", "--out", str(out)])
    assert done.exit_code == 0, done.output
    for word in ("power", "type-I error", "assurance", "vectors"):
        assert word in done.stdout
    table = read_parquet(out / "replicates.parquet")
    assert table.rows == 12
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2
    for word in ("http://", "https://", "src="):
        assert word not in page.replace("http://www.w3.org", "")
    content = json.loads((out / "replication.json").read_text(encoding="utf-8"))
    assert content["n"] == [12, 10]


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
