"""Ranges over the ensemble of parameters stand in the run folder, and survive an interruption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from study_cases import carry_out, order, tables_of, without_figures

from ifnfactory.foundation.errors import KeptError
from ifnfactory.foundation.progress import Silent
from ifnfactory.population.released import load_release
from ifnfactory.runs.executor import ThreadExecutor
from ifnfactory.runs.layout import read_table
from ifnfactory.runs.manifest_file import load_manifest
from ifnfactory.runs.store import LocalStore
from ifnfactory.runs.verify import verify
from ifnfactory.study import finish
from ifnfactory.study.manner import Manner
from ifnfactory.study.repeat import repeat
from ifnfactory.trial import uncertainty
from ifnfactory.trial.run import Simulator

RANGED = order(8, patients=12, ensemble=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ensemble") / "run"
    result = carry_out(RANGED, out)
    assert any(row.parameter_range is not None for row in result.rows)
    return out


def test_tables_report_and_manifest_have_the_ranges(finished: Path) -> None:
    table = read_table(finished, "endpoints")
    low, high = (table.column(f"parameters_{end}") for end in ("low", "high"))
    value, there = table.column("value"), ~np.ma.getmaskarray(low)
    assert there.sum() > 20
    assert np.all((low[there] <= value[there]) & (value[there] <= high[there]))
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert "what the parameters leave open" in page
    assert '<th class="n">Parameters</th>' in page
    store = LocalStore(finished)
    assert load_manifest(store).ensemble
    assert not verify(store, load_manifest(store), Silent()).faults


def test_repeating_makes_the_same_ranges(finished: Path) -> None:
    found = repeat(LocalStore(finished), ThreadExecutor(1), 1, Silent())
    assert not found.tables


@pytest.mark.parametrize("damage", [False, True])
def test_vectors_that_are_done_are_kept(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bool
) -> None:
    out, run, runs = tmp_path / "run", Simulator.run, list[int]()
    for name in ("compose", "render_page"):
        monkeypatch.setattr(finish, name, getattr(finish, name))
    without_figures()

    def stopped(self: Simulator, *what, **named):
        if len(runs) == 3:
            raise KeyboardInterrupt
        runs.append(1)
        return run(self, *what, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Simulator, "run", stopped)
        with pytest.raises(KeptError, match="6 finished tasks are kept"):
            carry_out(RANGED, out)
    kept = sorted((tmp_path / "run.unfinished" / ".work/scratch/ensemble").iterdir())
    assert len(kept) == 3
    if damage:
        kept[1].write_bytes(kept[1].read_bytes().replace(b"4", b"5", 1))

    def counted(self: Simulator, *what, **named):
        runs.append(1)
        return run(self, *what, **named)

    monkeypatch.setattr(Simulator, "run", counted)
    carry_out(RANGED, out, Manner(threads=1, resume=True))
    assert len(runs) == len(load_release().ensemble()) + damage
    assert tables_of(out) == tables_of(finished)


def test_another_wish_for_ranges_is_another_run(tmp_path: Path) -> None:
    assert RANGED.identity(load_release().population(), "").facts != (
        order(8, patients=12).identity(load_release().population(), "").facts
    )


def test_a_vector_treats_no_more_than_can_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    from synthetic import trial_result

    seen: list[int] = []

    def run(self: object, protocol: object, patients: int, seed: int) -> object:
        seen.append(patients)
        return trial_result(patients=4)

    monkeypatch.setattr(Simulator, "run", run)
    monkeypatch.setattr(uncertainty, "replace", lambda record, **_: record)
    simulator = Simulator.__new__(Simulator)
    result = trial_result(patients=4)
    for patients in (1, 100, 10_000_000):
        uncertainty.with_parameter_ranges(
            result, result.protocol, simulator, [(1.0, load_release().population())],
            patients, Silent(), lambda _, make: make()[:0],
        )  # fmt: skip
    assert seen == [1, 25, uncertainty.MOST]
