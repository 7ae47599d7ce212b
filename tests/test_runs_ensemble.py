"""Ranges over the ensemble of parameters stand in the run folder, and survive an interruption."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from study_cases import carry_out, order, tables_of, without_figures

from ifnfactory.foundation.errors import KeptError, UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.population.released import load_release
from ifnfactory.runs.executor import Answer, Task, ThreadExecutor
from ifnfactory.runs.layout import read_table
from ifnfactory.runs.manifest_file import load_manifest
from ifnfactory.runs.store import LocalStore
from ifnfactory.runs.verify import verify
from ifnfactory.study import finish, ranges
from ifnfactory.study.manner import Manner
from ifnfactory.study.ranges import VectorTask, estimate
from ifnfactory.study.repeat import repeat
from ifnfactory.trial import uncertainty
from ifnfactory.trial.uncertainty import Estimate

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
    out, runs = tmp_path / "run", list[int]()
    for name in ("compose", "render_page"):
        monkeypatch.setattr(finish, name, getattr(finish, name))
    without_figures()

    def stopped(task: VectorTask) -> list[Estimate]:
        if len(runs) == 3:
            raise KeyboardInterrupt
        runs.append(1)
        return estimate(task)

    with monkeypatch.context() as patch:
        patch.setattr(ranges, "estimate", stopped)
        with pytest.raises(KeptError, match="6 finished tasks are kept"):
            carry_out(RANGED, out)
    kept = sorted((tmp_path / "run.unfinished" / ".work/scratch/ensemble").iterdir())
    assert len(kept) == 3
    if damage:
        kept[1].write_bytes(kept[1].read_bytes().replace(b"4", b"5", 1))

    def counted(task: VectorTask) -> list[Estimate]:
        runs.append(1)
        return estimate(task)

    monkeypatch.setattr(ranges, "estimate", counted)
    carry_out(RANGED, out, Manner(threads=1, resume=True))
    assert len(runs) == len(load_release().ensemble()) + damage
    assert tables_of(out) == tables_of(finished)


def test_another_wish_for_ranges_is_another_run(tmp_path: Path) -> None:
    assert RANGED.identity(load_release().population(), "").facts != (
        order(8, patients=12).identity(load_release().population(), "").facts
    )


def test_a_vector_treats_a_share_of_the_patients_and_no_more_than_tell_something() -> None:
    assert [uncertainty.patients_of_a_vector(n) for n in (1, 100, 10_000_000)] == [
        1, 25, uncertainty.MOST,
    ]  # fmt: skip


def test_vectors_are_done_by_the_executor(finished: Path, tmp_path: Path) -> None:
    """test_runs_cluster.py has them done by real workers."""

    class Counting(ThreadExecutor):
        seen: ClassVar[list[object]] = []

        def answers(self, work: Callable[[Task], Answer], tasks: Iterable[Task]):
            for task, answer in super().answers(work, tasks):
                self.seen.append(task)
                yield task, answer

    without_figures()
    carry_out(RANGED, tmp_path / "run", executor=Counting(1))
    vectors = [task for task in Counting.seen if isinstance(task, VectorTask)]
    assert len(vectors) == len(load_release().ensemble())
    assert pickle.loads(pickle.dumps(vectors[0])) == vectors[0]  # it can travel


def test_a_worker_with_another_ensemble_says_so() -> None:
    task = VectorTask(0, "another", RANGED.protocol, 1, 1, 1, 1)
    with pytest.raises(UserInputError, match="a worker has vector"):
        estimate(task)
