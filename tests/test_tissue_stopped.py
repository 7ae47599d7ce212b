"""A tissue whose numbers go wrong: it stops, what was computed stays, and everybody is told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.runs.tables import read_parquet
from ifnfactory.tissue import simulation
from ifnfactory.tissue.outcome import STOPPED, Ending, Outcome, commonest, contained
from ifnfactory.tissue.simulation import Simulation

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "examples" / "tissue" / "warned.toml"
SMALL = [str(EXAMPLE), "--size", "16", "--hours", "24", "--threads", "1"]
STOP = 12.0

Spoil = Callable[[Callable[[Simulation], bool]], None]


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tissue", *arguments])


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Return what puts an infinite amount of interferon into chosen tissues, after half a day."""
    real = Simulation.advance

    def chosen(which: Callable[[Simulation], bool]) -> None:
        def advance(self: Simulation, state: Any, until_hours: float, **how: Any) -> Any:
            if until_hours > STOP and which(self):
                state.fields[0][3, 3] = np.inf
            return real(self, state, until_hours, **how)

        monkeypatch.setattr(simulation.Simulation, "advance", advance)

    return chosen


def test_a_run_that_stops_says_so_and_keeps_what_it_has(tmp_path: Path, spoil: Spoil) -> None:
    import zarr

    spoil(lambda _: True)
    out = tmp_path / "run"
    said = ifn("run", *SMALL, "--out", str(out))
    assert said.exit_code == 1, said.output
    assert "when it was stopped" in said.stdout
    assert "1 × non_finite: a field or a cell became infinite" in said.stdout
    assert "contained" not in said.stdout
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == {"non_finite": 1}
    hours = np.asarray(read_parquet(out / "measures.parquet").column("hour"))
    assert STOP < hours[-1] < STOP + 1.0
    group = zarr.open_group(str(out / "snapshots.zarr"), mode="r")
    assert group["hour"][-1] == STOP
    assert group["ifn"].shape == (group["hour"].shape[0], 16, 16)
    assert np.isfinite(group["ifn"][:]).all()
    assert group["ifn"][-1].max() > 0.0
    ends = read_parquet(out / "outcomes.parquet")
    assert np.asarray(ends.column("ending")).tolist() == ["stopped"]
    assert np.ma.getmaskarray(ends.column("extent")).all()
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "1 × non_finite: a field or a cell became infinite" in page
    assert "No replicate reached its end" in page
    assert not (tmp_path / ".run.unfinished").exists()


def test_a_replicate_that_stops_is_left_out_and_counted(tmp_path: Path, spoil: Spoil) -> None:
    spoil(lambda one: one.seed == 1)  # the first replicate has the seed of the run
    out = tmp_path / "run"
    asked = ["run", *SMALL, "--replicates", "2", "--factory", "--out", str(out)]
    said = ifn(*asked, "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["status"] == {"non_finite": 1, "completed": 1}
    assert told["stopped"] == 1
    assert told["ending"] != "stopped"
    assert told["contained"]["value"] in {0.0, 1.0}
    assert told["front_speed"][0] is None
    assert told["factory"]["spread_number"][0] is None
    assert told["factory"]["spread_number"][1] is not None
    assert told["end"]["hour"][0] < told["end"]["hour"][1] == 24.0
    said = ifn(*asked, "--overwrite")
    assert said.exit_code == 0
    assert "24 to 24" in said.stdout
    assert "of 1 (95 % interval" in said.stdout
    assert "1 × non_finite" in said.stdout


@pytest.mark.parametrize(("all_of_them", "code"), [(False, 0), (True, 1)])
def test_a_scan_marks_the_points_that_stopped(spoil: Spoil, all_of_them: bool, code: int) -> None:
    spoil(lambda one: all_of_them or one.model.rate_value("producer_fraction") > 0.2)
    asked = ["scan", *SMALL, "--param", "producer_fraction=0:0.3:2", "--json"]
    said = ifn(*asked)
    assert said.exit_code == code, said.output
    told = json.loads(said.stdout)
    assert told["stopped"] == 1 + all_of_them
    first, last = told["points"]
    assert (first["ending"] == "stopped") is all_of_them
    assert (last["ending"], last["stopped"], last["extent"]) == ("stopped", 1, None)
    said = ifn(*asked[:-1])
    assert "S stopped" in said.stdout
    assert f"{1 + all_of_them} × non_finite" in said.stdout


def test_stopped_runs_judge_nothing() -> None:
    good, bad = Outcome(Ending.CONTAINED, 0.1, 0.0), Outcome(Ending.OVERRUN, 0.9, 0.2)
    assert contained((good, STOPPED, bad)).of == 2
    assert contained((STOPPED,)).interval == (0.0, 1.0)
    assert math.isnan(contained((STOPPED,)).value)
    assert commonest((STOPPED, STOPPED, good)) is Ending.CONTAINED
    assert commonest((STOPPED,)) is Ending.STOPPED
    assert commonest((good, bad)) is Ending.OVERRUN
